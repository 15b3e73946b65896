#include "source/reject_log.h"

#include <fmt/format.h>

#include "wire/json_text.h"

namespace streamd {

RejectLog::RejectLog(Counters& counters, const Clock& clock) : counters_(counters), clock_(clock) {}

Result<void> RejectLog::open_file(const std::string& path) {
  auto file = open_for_appending(path);
  if (!file) return file.error();
  path_ = path;
  file_ = std::move(file).value();
  return {};
}

void RejectLog::reopen_file() {
  if (path_.empty()) return;
  flush();
  if (auto opened = open_file(path_); !opened) log_error("reject file: {}; going on with the old one", opened.error().message);
}

void RejectLog::add(RejectReason reason, std::string_view source, std::uint64_t offset, std::string_view line) {
  line = mask_.hide(line, masked_);
  count_and_log(reason, source, offset, line);
  if (file_) write_record(reject_text(reason), source, offset, line, "");
}

void RejectLog::add_piece(std::string_view source, std::uint64_t offset, std::string_view piece,
                          std::uint64_t piece_number, bool last) {
  piece = mask_.hide(piece, masked_);
  if (last) count_and_log(RejectReason::line_too_long, source, offset, piece);
  if (file_) {
    write_record(reject_text(RejectReason::line_too_long), source, offset, piece,
                 fmt::format(",\"piece\":{},\"last\":{}", piece_number, last));
  }
}

void RejectLog::count_and_log(RejectReason reason, std::string_view source, std::uint64_t offset,
                              std::string_view line) {
  by_reason_[static_cast<std::size_t>(reason)].add(1);
  counters_.rejected.add(1);
  if (logged_ >= kLoggedFirst) {
    ++unlogged_;
    return;
  }
  ++logged_;
  constexpr std::size_t kShown = 120;
  std::string shown;
  append_json_string(shown, line.substr(0, kShown));
  log_warn("rejected {}: {} at byte {}: {}{}", reject_text(reason), source, offset, shown,
           line.size() > kShown ? " …" : "");
  if (logged_ == kLoggedFirst) log_warn("further rejected lines are summed up every 10 s");
  last_summary_ms_ = clock_.elapsed_ms();
}

void RejectLog::write_record(std::string_view reason, std::string_view source, std::uint64_t offset,
                             std::string_view line, std::string_view extra) {
  waiting_.append("{\"reason\":");
  append_json_string(waiting_, reason);
  waiting_.append(",\"source\":");
  append_json_string(waiting_, source);
  waiting_.append(fmt::format(",\"offset\":{}{}", offset, extra));
  if (is_utf8(line)) {
    waiting_.append(",\"line\":");
    append_json_string(waiting_, line);
  } else {
    waiting_.append(",\"line_base64\":\"");
    append_base64(waiting_, line);
    waiting_.push_back('"');
  }
  waiting_.append("}\n");
}

void RejectLog::flush(bool at_end) {
  if (!waiting_.empty()) {
    std::size_t written = 0;
    auto done = write_all(file_.get(), path_, waiting_, written);
    waiting_.erase(0, written);
    if (!done && failure_log_.allow(clock_.elapsed_ms())) {
      log_error("reject file: {}; {} bytes wait, reading pauses when they are {}", done.error().message,
                waiting_.size(), kMaxWaitingBytes);
    }
  }
  if (unlogged_ > 0 && (at_end || clock_.elapsed_ms() - last_summary_ms_ >= 10'000)) log_summary();
}

void RejectLog::log_summary() {
  log_warn("rejected {} more lines; so far: {}", unlogged_, summary());
  unlogged_ = 0;
  last_summary_ms_ = clock_.elapsed_ms();
}

std::string RejectLog::summary() const {
  std::string text;
  for (std::size_t i = 0; i < kRejectReasons; ++i) {
    if (by_reason_[i].get() == 0) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", kRejectTexts[i], by_reason_[i].get());
  }
  return text;
}

}  // namespace streamd
