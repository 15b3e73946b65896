// Values ↔ bytes, for what is kept on disk: little-endian, nothing between the values.
// A ByteSource never reads beyond its end: what is missing reads as zero, and ok() is false from then on.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace streamd {

static_assert(std::endian::native == std::endian::little, "files of the state dir are written as memory is");

class ByteSink {
 public:
  template <typename T>
  void put(T value) {
    static_assert(std::is_arithmetic_v<T>, "structs go field by field: their padding is no value");
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put_text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
  }
  void put_raw(std::string_view bytes) { bytes_.append(bytes); }

  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::exchange(bytes_, {}); }
  void clear() { bytes_.clear(); }
  void reserve(std::size_t size) { bytes_.reserve(size); }

 private:
  std::string bytes_;
};

class ByteSource {
 public:
  explicit ByteSource(std::string_view bytes) : rest_(bytes) {}

  template <typename T>
  T get() {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    if (const char* bytes = take(sizeof value)) std::memcpy(&value, bytes, sizeof value);
    return value;
  }
  // A view into the bytes that this reads.
  std::string_view get_text() { return get_raw(get<std::uint32_t>()); }
  std::string_view get_raw(std::size_t size) {
    const char* bytes = take(size);
    return bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
  }
  // A number of elements that follow, each of at least `element_bytes`; so a wrong one cannot ask for much memory.
  std::size_t get_count(std::size_t element_bytes) {
    const auto count = get<std::uint32_t>();
    if (count > rest_.size() / element_bytes) ok_ = false;
    return ok_ ? count : 0;
  }

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  const char* take(std::size_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return nullptr;
    }
    const char* bytes = rest_.data();
    rest_.remove_prefix(size);
    return bytes;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace streamd
