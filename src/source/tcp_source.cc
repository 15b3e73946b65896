#include "source/tcp_source.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>
#include <list>

#include "base/log.h"

namespace streamd {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kBacklog = 1024;
constexpr std::size_t kMaxOutputBytes = 64 << 20;  // of all connections: beyond it who does not fetch its own waits
constexpr std::size_t kAnsweredReadBytes = 4096;    // then, of those whose bad lines make more output
constexpr ElapsedMillis kLingerMs = 1000;          // of a closed connection, so that the peer gets its last answer
constexpr ElapsedMillis kLastAnswersMs = 10'000;   // to a peer that has ended its half
constexpr ElapsedMillis kTokenWithinMs = 10'000;   // of connecting

struct Connection {
  Connection(tcp::socket socket_, Protocol& protocol, std::string name, ElapsedMillis now_ms)
      : socket(std::move(socket_)), ingest(protocol, std::move(name)), connected_ms(now_ms) {}

  tcp::socket socket;
  IngestConnection ingest;
  ElapsedMillis connected_ms;
  bool readable = false;          // bytes or the end may be waiting
  bool has_ended = false;         // the peer sends no more
  bool awaits_room = false;       // the kernel took no more of the output
  ElapsedMillis gone_by_ms = std::numeric_limits<ElapsedMillis>::max();  // once it is closed
  std::size_t bytes_to_read = 0;  // when stopping: what had arrived by then
};

std::string peer_name(const tcp::socket& socket) {
  error_code failure;
  const auto peer = socket.remote_endpoint(failure);
  if (failure) return "tcp:gone";
  const std::string address = peer.address().to_string();
  return peer.address().is_v6() ? fmt::format("tcp:[{}]:{}", address, peer.port())
                                : fmt::format("tcp:{}:{}", address, peer.port());
}

}  // namespace

struct TcpSource::Impl {
  using Connections = std::list<Connection>;

  Impl(std::size_t max, Protocol& protocol_, Counters& counters_)
      : max_connections(max), protocol(protocol_), counters(counters_), acceptor(context) {}

  ElapsedMillis now_ms() const { return protocol.clock.elapsed_ms(); }
  static Error cannot_listen(const std::string& on_host, std::uint16_t port, const error_code& failure);
  void accept_next();
  void add(tcp::socket socket);
  void watch(Connection& connection);
  // Nearly all that it was answered so far; when all connections together are over the bound, all.
  bool fetches_answers(const Connection& connection) const {
    const IngestConnection& ingest = connection.ingest;
    return ingest.fetches_answers() && (output_bytes < kMaxOutputBytes || !ingest.has_output());
  }
  bool may_read(const Connection& connection) const {
    return fetches_answers(connection) && connection.ingest.may_read() && !connection.ingest.is_superseded();
  }
  // One piece. Returns false when the connection has ended.
  bool read_piece(Connection& connection);
  void wait_for_more(Connection& connection);
  void send(Connection& connection);
  Connections::iterator remove(Connections::iterator connection);
  void count_open() { counters.connections.set(connections.size()); }

  const std::size_t max_connections;
  Protocol& protocol;
  Counters& counters;
  asio::io_context context{1};
  tcp::acceptor acceptor;
  std::string host;  // that it is bound to
  Connections connections;
  Connections removed;          // with handlers that are still to come
  std::size_t readable = 0;
  bool more_to_read = false;    // read() will find something at once
  std::size_t output_bytes = 0;
  bool accepting = false;       // an accept is under way
  bool stopping = false;
  ElapsedMillis accept_again_ms = 0;  // not before, after a failure
  RateLimit full_log{60'000};
  RateLimit accept_log{10'000};
  std::vector<char> buffer = std::vector<char>(kReadBytes + kReadSlack);
};

TcpSource::TcpSource(std::size_t max_connections, Protocol& protocol, Counters& counters)
    : impl_(std::make_unique<Impl>(max_connections, protocol, counters)) {}
TcpSource::~TcpSource() { close(); }

Result<void> TcpSource::bind(const std::string& host, std::uint16_t port) {
  const auto failed = [&](const error_code& failure) { return impl_->cannot_listen(host, port, failure); };
  error_code failure;
  tcp::resolver resolver(impl_->context);
  const auto addresses = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, failure);
  if (failure) return failed(failure);
  const tcp::endpoint endpoint = addresses.begin()->endpoint();
  tcp::acceptor& acceptor = impl_->acceptor;
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
  if (!failure) acceptor.bind(endpoint, failure);
  if (!failure) acceptor.non_blocking(true, failure);
  if (failure) return failed(failure);
  impl_->host = host;
  return {};
}

Result<void> TcpSource::listen() {
  error_code failure;
  impl_->acceptor.listen(kBacklog, failure);
  if (failure) return impl_->cannot_listen(impl_->host, port(), failure);
  impl_->accept_next();
  return {};
}

Error TcpSource::Impl::cannot_listen(const std::string& on_host, std::uint16_t port, const error_code& failure) {
  const bool in_use = failure == asio::error::address_in_use;
  return {fmt::format("cannot listen on {}:{}: {}; {}choose another --port or --host", on_host, port,
                      failure.message(), in_use ? "is another daemon running? " : "")};
}

std::uint16_t TcpSource::port() const { return impl_->acceptor.local_endpoint().port(); }

void TcpSource::wake() {
  asio::post(impl_->context, [] {});
}

void TcpSource::Impl::accept_next() {
  if (accepting || stopping || !acceptor.is_open() || now_ms() < accept_again_ms) return;
  if (connections.size() >= max_connections) {
    if (full_log.allow(now_ms())) {
      log_warn("{} connections are open, as many as --max-connections allows; further ones wait", max_connections);
    }
    return;  // remove() makes room, and poll() comes back here
  }
  accepting = true;
  acceptor.async_accept([this](const error_code& failure, tcp::socket socket) {
    accepting = false;
    if (failure == asio::error::operation_aborted) return;
    if (failure) {  // too many open files, say: passes when connections close
      accept_again_ms = now_ms() + 100;
      if (accept_log.allow(now_ms())) log_error("cannot accept a connection: {}", failure.message());
      return;
    }
    add(std::move(socket));
    accept_next();
  });
}

void TcpSource::Impl::add(tcp::socket socket) {
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);  // a peer that vanished frees its place
  socket.set_option(tcp::no_delay(true), ignored);                  // answers are small, and somebody waits for them
  std::string name = peer_name(socket);
  Connection& connection = connections.emplace_back(std::move(socket), protocol, std::move(name), now_ms());
  counters.connections_total.add(1);
  count_open();
  log_debug("{} connected", connection.ingest.name());
  watch(connection);
}

void TcpSource::Impl::watch(Connection& connection) {
  connection.socket.async_wait(tcp::socket::wait_read, [this, &connection](const error_code& failure) {
    if (failure == asio::error::operation_aborted) return;
    connection.readable = true;
    ++readable;
  });
}

// Its handlers were aborted, but are called by the next poll only: until then it must live.
TcpSource::Impl::Connections::iterator TcpSource::Impl::remove(Connections::iterator connection) {
  log_debug("{} disconnected", connection->ingest.name());
  if (connection->readable) --readable;
  error_code ignored;
  connection->socket.close(ignored);
  const auto next = std::next(connection);
  removed.splice(removed.end(), connections, connection);
  count_open();
  return next;
}

void TcpSource::poll(int at_most_ms) {
  Impl& impl = *impl_;
  impl.accept_next();
  impl.context.restart();
  if (at_most_ms > 0 && !impl.more_to_read) impl.context.run_one_for(std::chrono::milliseconds(at_most_ms));
  impl.context.poll();
  impl.removed.clear();
}

bool TcpSource::read() {
  Impl& impl = *impl_;
  bool any = false;
  for (std::size_t left = impl.readable == 0 ? 0 : impl.connections.size(); left > 0 && !impl.protocol.intake.batch_is_full(); --left) {
    const auto current = impl.connections.begin();
    impl.connections.splice(impl.connections.end(), impl.connections, current);  // each has its turn
    if (!current->readable || !impl.may_read(*current)) continue;
    any = true;
    const std::size_t output_before = current->ingest.output().size();
    const bool goes_on = impl.read_piece(*current);
    impl.output_bytes += current->ingest.output().size() - output_before;
    if (goes_on) continue;
    current->ingest.end();
    if (!current->ingest.has_answers()) {
      impl.remove(current);
    } else {  // it may have ended its own half only
      current->has_ended = true;
      current->gone_by_ms = impl.now_ms() + kLastAnswersMs;
    }
  }
  impl.more_to_read = any && impl.readable > 0;
  return any;
}

bool TcpSource::Impl::read_piece(Connection& connection) {
  const bool bounded = output_bytes >= kMaxOutputBytes && connection.ingest.answers_rejects();
  const std::size_t size = bounded ? kAnsweredReadBytes : kReadBytes;
  const ssize_t count = ::recv(connection.socket.native_handle(), buffer.data(), size, 0);
  if (count < 0 && errno == EINTR) return true;
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    connection.bytes_to_read = 0;
    wait_for_more(connection);
    return true;
  }
  if (count <= 0) {
    connection.readable = false;
    --readable;
    if (count < 0) log_debug("{}: {}", connection.ingest.name(), std::strerror(errno));
    return false;
  }
  const auto bytes = static_cast<std::size_t>(count);
  connection.ingest.feed({buffer.data(), bytes});
  connection.bytes_to_read -= std::min(bytes, connection.bytes_to_read);
  if (bytes < size) wait_for_more(connection);  // that was all
  return true;
}

void TcpSource::Impl::wait_for_more(Connection& connection) {
  connection.readable = false;
  --readable;
  watch(connection);
}

void TcpSource::add_undrained(std::vector<BusySource>& busy) const {
  if (impl_->readable == 0) return;
  for (const Connection& connection : impl_->connections) {
    if (connection.readable && connection.ingest.source() != 0) {
      busy.push_back({connection.ingest.source(), false, true});
    }
  }
}

void TcpSource::end_batch() { impl_->protocol.end_batch(); }

void TcpSource::Impl::send(Connection& connection) {
  std::string& output = connection.ingest.output();
  if (output.empty() || connection.awaits_room) return;
  const ssize_t count = ::send(connection.socket.native_handle(), output.data(), output.size(), MSG_NOSIGNAL);
  if (count > 0) output.erase(0, static_cast<std::size_t>(count));
  if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) output.clear();  // reading will tell
  if (output.empty()) return;
  connection.awaits_room = true;
  connection.socket.async_wait(tcp::socket::wait_write, [&connection](const error_code& failure) {
    if (failure != asio::error::operation_aborted) connection.awaits_room = false;
  });
}

void TcpSource::answer() {
  Impl& impl = *impl_;
  impl.protocol.desk.deliver();
  const ElapsedMillis now_ms = impl.now_ms();
  impl.output_bytes = 0;
  for (auto connection = impl.connections.begin(); connection != impl.connections.end();) {
    IngestConnection& ingest = connection->ingest;
    impl.send(*connection);
    impl.output_bytes += ingest.output().size();
    bool goes = ingest.is_superseded() || now_ms >= connection->gone_by_ms;
    if (ingest.is_closed() && !goes) {
      if (connection->gone_by_ms == std::numeric_limits<ElapsedMillis>::max()) {  // refused: it has its last answer
        connection->gone_by_ms = now_ms + kLingerMs;
        if (ingest.output().empty()) ::shutdown(connection->socket.native_handle(), SHUT_WR);
      } else {
        goes = connection->has_ended && !ingest.has_answers();
      }
    }
    const bool is_silent = !ingest.is_authorized() && now_ms - connection->connected_ms > kTokenWithinMs;
    if (is_silent && !ingest.is_closed()) ingest.refuse();
    connection = goes ? impl.remove(connection) : std::next(connection);
  }
}

bool TcpSource::has_answers() const {
  return std::any_of(impl_->connections.begin(), impl_->connections.end(),
                     [](const Connection& connection) { return connection.ingest.has_answers(); });
}

void TcpSource::stop() {
  Impl& impl = *impl_;
  impl.stopping = true;
  while (impl.acceptor.is_open() && impl.connections.size() < impl.max_connections) {
    error_code failure;
    tcp::socket socket(impl.context);
    impl.acceptor.accept(socket, failure);
    if (failure) break;
    impl.add(std::move(socket));
  }
  error_code ignored;
  impl.acceptor.close(ignored);
  for (Connection& connection : impl.connections) {
    int available = 0;
    if (::ioctl(connection.socket.native_handle(), FIONREAD, &available) == 0 && available > 0) {
      connection.bytes_to_read = static_cast<std::size_t>(available);
    }
  }
}

// Who does not fetch its answers is not read, and a stop does not wait for it.
std::uint64_t TcpSource::bytes_to_read() const {
  std::uint64_t sum = 0;
  for (const Connection& connection : impl_->connections) {
    if (impl_->fetches_answers(connection)) sum += connection.bytes_to_read;
  }
  return sum;
}

void TcpSource::finish() {
  for (Connection& connection : impl_->connections) connection.ingest.finish_lines();
}

void TcpSource::close() {
  Impl& impl = *impl_;
  for (auto connection = impl.connections.begin(); connection != impl.connections.end();) {
    connection = impl.remove(connection);
  }
  impl.context.restart();
  impl.context.poll();  // aborted waits must not outlive their connections
  impl.removed.clear();
}

}  // namespace streamd
