#include "feed/stream_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "wire/json_text.h"

namespace streamd::feed {
namespace {

constexpr std::string_view kMessageBegin = R"({"method":"SUBSCRIBE","params":[)";
constexpr std::size_t kMaxEndBytes = std::string_view(R"(],"id":18446744073709551615})").size();

class MessageMaker {
 public:
  explicit MessageMaker(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void add(std::string_view stream) {
    std::string name;
    append_json_string(name, stream);
    const bool fits = kMessageBegin.size() + names_.size() + 1 + name.size() + kMaxEndBytes <= max_bytes_;
    if (!names_.empty() && !fits) end_message();
    if (!names_.empty()) names_.push_back(',');
    names_ += name;
  }

  std::vector<SubscribeMessage> finish() {
    end_message();
    return std::move(messages_);
  }

 private:
  void end_message() {
    const std::uint64_t before = messages_.size();
    messages_.push_back({before + 1, static_cast<std::int64_t>(before) * kSubscribePauseMs,
                         fmt::format("{}{}],\"id\":{}}}", kMessageBegin, names_, before + 1)});
    names_.clear();
  }

  const std::size_t max_bytes_;
  std::string names_;
  std::vector<SubscribeMessage> messages_;
};

}  // namespace

std::string stream_name(std::string_view symbol) {
  std::string name(symbol);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name + "@aggTrade";
}

std::vector<PlannedConnection> plan_streams(const std::vector<std::string>& symbols, const PlanLimits& limits) {
  STREAMD_CHECK(limits.max_streams > 0);
  std::vector<PlannedConnection> plan((symbols.size() + limits.max_streams - 1) / limits.max_streams);
  for (std::size_t i = 0; i < symbols.size(); ++i) plan[i % plan.size()].symbols.push_back(symbols[i]);
  for (PlannedConnection& connection : plan) {
    MessageMaker maker(limits.max_message_bytes);
    for (const std::string& symbol : connection.symbols) maker.add(stream_name(symbol));
    connection.messages = maker.finish();
  }
  return plan;
}

}  // namespace streamd::feed
