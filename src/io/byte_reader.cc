#include "io/byte_reader.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <optional>
#include <vector>

#include "io/file.h"

namespace streamd {
namespace {

constexpr std::size_t kRawBufferBytes = 256 * 1024;

bool ends_with(const std::string& path, std::string_view ending) {
  return path.size() > ending.size() && path.compare(path.size() - ending.size(), ending.size(), ending) == 0;
}

class PlainReader final : public ByteReader {
 public:
  PlainReader(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    auto count = read_at(fd_, path_, buffer, size, offset_);
    if (count) offset_ += *count;
    return count;
  }
  bool seek(std::uint64_t offset) override {
    offset_ = offset;
    return true;
  }
  std::uint64_t raw_offset() const override { return offset_; }

 private:
  int fd_;
  std::string path_;
  std::uint64_t offset_ = 0;
};

class GzipReader final : public ByteReader {
 public:
  GzipReader(int fd, std::string path) : raw_(fd, path), path_(std::move(path)), input_(kRawBufferBytes) {
    STREAMD_CHECK(inflateInit2(&stream_, 15 + 32) == Z_OK);  // 32: a gzip or zlib header
  }
  ~GzipReader() override { inflateEnd(&stream_); }

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    if (damage_) return *damage_;
    stream_.next_out = reinterpret_cast<Bytef*>(buffer);
    stream_.avail_out = static_cast<uInt>(size);
    while (stream_.avail_out > 0) {
      if (stream_.avail_in == 0) {
        auto count = raw_.read(input_.data(), input_.size());
        if (!count) return count;
        if (*count == 0) break;
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(*count);
      }
      if (member_ended_) {  // another member follows
        inflateReset(&stream_);
        member_ended_ = false;
      }
      const int state = inflate(&stream_, Z_NO_FLUSH);
      if (state == Z_STREAM_END) {
        member_ended_ = true;
      } else if (state != Z_OK && state != Z_BUF_ERROR) {
        damage_ = Error{fmt::format("{}: damaged gzip data before byte {}", path_, raw_.raw_offset())};
        break;
      }
    }
    const std::size_t count = size - stream_.avail_out;
    if (count == 0 && damage_) return *damage_;
    if (count == 0 && !member_ended_ && raw_.raw_offset() > 0) {
      return Error{fmt::format("{}: the gzip data ends too early; the file is cut off", path_)};
    }
    return count;
  }
  std::uint64_t raw_offset() const override { return raw_.raw_offset(); }

 private:
  PlainReader raw_;
  std::string path_;
  std::vector<char> input_;
  z_stream stream_{};
  bool member_ended_ = false;
  std::optional<Error> damage_;  // found behind bytes that are good
};

class ZstdReader final : public ByteReader {
 public:
  ZstdReader(int fd, std::string path)
      : raw_(fd, path), path_(std::move(path)), buffer_(kRawBufferBytes), stream_(ZSTD_createDStream()) {
    STREAMD_CHECK(stream_ != nullptr);
  }
  ~ZstdReader() override { ZSTD_freeDStream(stream_); }

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    if (damage_) return *damage_;
    ZSTD_outBuffer output{buffer, size, 0};
    while (output.pos < output.size) {
      if (input_.pos == input_.size) {
        auto count = raw_.read(buffer_.data(), buffer_.size());
        if (!count) return count;
        if (*count == 0) break;
        input_ = {buffer_.data(), *count, 0};
      }
      const std::size_t state = ZSTD_decompressStream(stream_, &output, &input_);
      if (ZSTD_isError(state)) {
        damage_ = Error{fmt::format("{}: damaged zstd data before byte {}: {}", path_, raw_.raw_offset(),
                                    ZSTD_getErrorName(state))};
        break;
      }
      frame_ended_ = state == 0;
    }
    if (output.pos == 0 && damage_) return *damage_;
    if (output.pos == 0 && !frame_ended_ && raw_.raw_offset() > 0) {
      return Error{fmt::format("{}: the zstd data ends too early; the file is cut off", path_)};
    }
    return output.pos;
  }
  std::uint64_t raw_offset() const override { return raw_.raw_offset(); }

 private:
  PlainReader raw_;
  std::string path_;
  std::vector<char> buffer_;
  ZSTD_DStream* stream_;
  ZSTD_inBuffer input_{nullptr, 0, 0};
  bool frame_ended_ = false;
  std::optional<Error> damage_;  // found behind bytes that are good
};

}  // namespace

std::unique_ptr<ByteReader> ByteReader::open(int fd, const std::string& path) {
  if (ends_with(path, ".gz")) return std::make_unique<GzipReader>(fd, path);
  if (ends_with(path, ".zst")) return std::make_unique<ZstdReader>(fd, path);
  return std::make_unique<PlainReader>(fd, path);
}

bool ByteReader::is_compressed(const std::string& path) { return ends_with(path, ".gz") || ends_with(path, ".zst"); }

}  // namespace streamd
