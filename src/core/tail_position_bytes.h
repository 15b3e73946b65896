// A tail position ↔ bytes, in the journal and in a snapshot.
#pragma once

#include "base/byte_codec.h"
#include "core/event.h"

namespace streamd {

inline void put_position(const TailPosition& position, ByteSink& bytes) {
  bytes.put(position.source);
  bytes.put_text(position.path);
  for (const std::uint64_t number :
       {position.device, position.inode, position.prefix_bytes, position.prefix_hash, position.offset}) {
    bytes.put(number);
  }
  bytes.put(static_cast<std::uint8_t>(position.finished));
}

inline TailPosition get_position(ByteSource& bytes) {
  TailPosition position;
  position.source = bytes.get<SourceId>();
  position.path = bytes.get_text();
  for (std::uint64_t* number : {&position.device, &position.inode, &position.prefix_bytes, &position.prefix_hash,
                                &position.offset}) {
    *number = bytes.get<std::uint64_t>();
  }
  position.finished = bytes.get<std::uint8_t>() != 0;
  return position;
}

}  // namespace streamd
