#include "exchange/stream_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/clock.h"
#include "exchange/http_service.h"
#include "exchange/query_text.h"

namespace streamd::exchange {
namespace {

using boost::asio::ip::tcp;
namespace websocket = boost::beast::websocket;
using Text = StreamSession::Text;

constexpr std::size_t kAttemptsIn5Min = 300;
constexpr std::int64_t kFiveMinutesMs = 300'000;

std::int64_t wall_ms() {
  return SystemClock().wall_ms();
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

std::string combined_json(const std::string& stream, const std::string& data) {
  return fmt::format(R"({{"stream":"{}","data":{}}})", stream, data);
}

}  // namespace

StreamServer::StreamServer(boost::asio::io_context& context, TlsContext tls, const Market& market,
                           const StreamLimits& limits, const Faults& faults, Ledger& ledger, std::uint64_t seed)
    : context_(context),
      acceptor_(context),
      tls_(std::move(tls)),
      market_(market),
      limits_(limits),
      faults_(faults),
      ledger_(ledger),
      random_(seed),
      shared_{*this, limits_, faults_, ledger_, random_},
      attempts_(kAttemptsIn5Min, kFiveMinutesMs),
      subscribers_(market.symbols().size()) {
  for (std::size_t i = 0; i < market.symbols().size(); ++i) {
    stream_of_symbol_.push_back(lower_case(market.symbols()[i]) + "@aggTrade");
    symbol_of_stream_[stream_of_symbol_.back()] = i;
  }
}

Result<int> StreamServer::listen(int port) {
  auto listened = listen_on_loopback(acceptor_, port);
  if (listened) accept();
  return listened;
}

void StreamServer::accept() {
  acceptor_.async_accept([this](boost::system::error_code failure, tcp::socket socket) {
    if (failure == boost::asio::error::operation_aborted) return;
    if (!failure) admit(std::move(socket));
    accept();
  });
}

void StreamServer::admit(tcp::socket socket) {
  const std::int64_t now_ms = wall_ms();
  ++ledger_.attempts;
  if (!attempts_.add(now_ms)) {
    return ledger_.violation("connection_attempts", fmt::format("more than {} in 5 minutes", kAttemptsIn5Min), now_ms);
  }
  if (now_ms < faults_.refusing_until_ms) return;
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  auto session = std::make_shared<StreamSession>(std::move(socket), tls_(), shared_);
  sessions_[session.get()] = session;
  session->start();
}

bool StreamServer::opened(StreamSession& session, const std::string& target) {
  const auto [path, parameters] = split_target(target);
  std::vector<std::string> streams;
  if (path == "/stream") {
    session.is_combined = true;
    const auto given = parameters.find("streams");
    if (given != parameters.end()) streams = split(given->second, '/');
  } else if (path == "/ws" || path.starts_with("/ws/")) {
    streams = split(path.substr(3), '/');
  } else {
    return false;
  }
  if (!add_streams(session, streams)) return false;
  ++ledger_.connections;
  ++ledger_.open_connections;
  ledger_.most_open_connections = std::max(ledger_.most_open_connections, ledger_.open_connections);
  counted_.insert(&session);
  return true;
}

void StreamServer::ended(StreamSession& session) {
  unsubscribe(session, {session.streams.begin(), session.streams.end()});
  if (counted_.erase(&session) > 0) --ledger_.open_connections;
  sessions_.erase(&session);
}

void StreamServer::said(StreamSession& session, std::string_view text) {
  const auto read = read_stream_request(text);
  if (const auto* refusal = std::get_if<StreamRefusal>(&read)) {
    ledger_.violation("refused_request", refusal->message, wall_ms());
    return session.say(refusal_json(*refusal));
  }
  using Method = StreamRequest::Method;
  const auto& request = std::get<StreamRequest>(read);
  switch (request.method) {
    case Method::subscribe:
      return subscribe(session, request);
    case Method::unsubscribe:
      unsubscribe(session, request.streams);
      return session.say(result_json("null", request.id));
    case Method::list:
      return session.say(result_json(names_json({session.streams.begin(), session.streams.end()}), request.id));
    case Method::set_combined:
      session.is_combined = request.combined;
      return session.say(result_json("null", request.id));
    case Method::get_combined:
      return session.say(result_json(session.is_combined ? "true" : "false", request.id));
  }
}

void StreamServer::subscribe(StreamSession& session, const StreamRequest& request) {
  if (add_streams(session, request.streams)) return session.say(result_json("null", request.id));
  session.say(refusal_json({"Invalid request: too many streams", request.id}));
}

bool StreamServer::add_streams(StreamSession& session, const std::vector<std::string>& streams) {
  std::set<std::string> all = session.streams;
  all.insert(streams.begin(), streams.end());
  ledger_.most_streams = std::max(ledger_.most_streams, all.size());
  if (all.size() > limits_.streams) {
    ledger_.violation("streams_per_connection", fmt::format("{}", all.size()), wall_ms());
    return false;
  }
  for (const std::string& stream : streams) {
    const auto symbol = symbol_of_stream_.find(stream);
    if (symbol == symbol_of_stream_.end()) {  // the exchange takes it, and never says anything
      ledger_.violation("unknown_stream", stream, wall_ms());
      continue;
    }
    subscribers_[symbol->second].insert(&session);
    ever_subscribed_.insert(symbol->second);
  }
  session.streams = std::move(all);
  return true;
}

void StreamServer::unsubscribe(StreamSession& session, const std::vector<std::string>& streams) {
  for (const std::string& stream : streams) {
    session.streams.erase(stream);
    const auto symbol = symbol_of_stream_.find(stream);
    if (symbol != symbol_of_stream_.end()) subscribers_[symbol->second].erase(&session);
  }
}

void StreamServer::publish(std::size_t symbol, const AggTrade& trade, std::int64_t now_ms) {
  if (subscribers_[symbol].empty()) return;
  const auto raw = std::make_shared<const std::string>(event_json(market_.symbols()[symbol], trade));
  Text combined;
  for (StreamSession* session : subscribers_[symbol]) {
    if (session->is_combined && !combined) {
      combined = std::make_shared<const std::string>(combined_json(stream_of_symbol_[symbol], *raw));
    }
    session->offer(session->is_combined ? combined : raw, now_ms);
  }
}

void StreamServer::tick(std::int64_t now_ms) {
  const auto sessions = sessions_;
  for (const auto& [key, session] : sessions) session->tick(now_ms);
}

std::size_t StreamServer::streams() const {
  return static_cast<std::size_t>(
      std::count_if(subscribers_.begin(), subscribers_.end(), [](const auto& sessions) { return !sessions.empty(); }));
}

std::vector<std::shared_ptr<StreamSession>> StreamServer::some_open(std::uint64_t count) {
  std::vector<std::shared_ptr<StreamSession>> open;
  for (const auto& [key, session] : sessions_) {
    if (session->is_open() && !session->is_frozen()) open.push_back(session);
  }
  while (open.size() > count) {
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(random_.below(static_cast<std::uint32_t>(open.size()))));
  }
  return open;
}

void StreamServer::apply(const FaultCommand& command, std::int64_t now_ms) {
  constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
  for (const auto& session : some_open(command.drop_connections.value_or(0))) session->drop();
  for (const auto& session : some_open(command.freeze.value_or(0))) session->freeze();
  if (command.rotate) {
    for (const auto& session : some_open(kAll)) session->close(websocket::close_code::normal, now_ms);
  }
  if (!command.server_shutdown) return;
  const std::string event = fmt::format(R"({{"e":"serverShutdown","E":{}}})", now_ms);
  for (const auto& session : some_open(kAll)) {
    session->say(session->is_combined ? combined_json("!serverShutdown", event) : event);
    session->close_at(now_ms + command.grace_ms);
  }
}

}  // namespace streamd::exchange
