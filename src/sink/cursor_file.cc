#include "sink/cursor_file.h"

#include <xxhash.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace streamd {
namespace {

constexpr std::string_view kMagic = "SDCURS1\n";
constexpr std::uint64_t kSlotDistance = 4096;  // so that no sector holds both

// `checksum` is XXH3 (64 bits) of all before it. The slot is number % 2.
struct Slot {
  char magic[8];
  std::uint64_t number;  // grows with each that is written
  std::uint64_t position;
  std::uint64_t synced_position;
  std::uint64_t peer_acknowledges;
  std::uint64_t device;
  std::uint64_t inode;
  std::uint64_t bytes;
  std::uint64_t checksum;
};
static_assert(sizeof(Slot) == 72 && std::is_trivially_copyable_v<Slot>);

std::uint64_t slot_checksum(const Slot& slot) { return XXH3_64bits(&slot, offsetof(Slot, checksum)); }

}  // namespace

Result<CursorFile> CursorFile::open(Disk& disk, const std::string& path) {
  auto file = disk.open(path, Disk::Mode::write);
  if (!file && file.error().kind == ErrorKind::not_found) file = disk.open(path, Disk::Mode::create);
  if (!file) return file.error();
  CursorFile cursor(std::move(file).value());
  for (std::uint64_t i = 0; i < 2; ++i) {
    std::array<char, sizeof(Slot)> bytes;
    auto count = cursor.file_->read_at(i * kSlotDistance, bytes.data(), bytes.size());
    if (!count) return count.error();
    if (*count < bytes.size() || std::string_view(bytes.data(), kMagic.size()) != kMagic) continue;
    Slot slot;
    std::memcpy(&slot, bytes.data(), sizeof slot);
    if (slot.checksum != slot_checksum(slot) || slot.number <= cursor.number_) continue;
    cursor.number_ = slot.number;
    cursor.kept_ = SinkCursor{slot.position, slot.synced_position, slot.peer_acknowledges != 0,
                              OutputFile{slot.device, slot.inode, slot.bytes}};
  }
  return cursor;
}

Result<void> CursorFile::keep(const SinkCursor& cursor) {
  if (kept_ == cursor) return {};
  Slot slot{};
  kMagic.copy(slot.magic, sizeof slot.magic);
  slot.number = number_ + 1;
  slot.position = cursor.position;
  slot.synced_position = cursor.synced_position;
  slot.peer_acknowledges = cursor.peer_acknowledges ? 1 : 0;
  slot.device = cursor.output.device;
  slot.inode = cursor.output.inode;
  slot.bytes = cursor.output.bytes;
  slot.checksum = slot_checksum(slot);
  const std::string_view bytes(reinterpret_cast<const char*>(&slot), sizeof slot);
  if (auto written = file_->write_at(slot.number % 2 * kSlotDistance, {&bytes, 1}); !written) return written;
  number_ = slot.number;
  kept_ = cursor;
  return {};
}

}  // namespace streamd
