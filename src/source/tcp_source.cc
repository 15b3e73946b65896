#include "source/tcp_source.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <list>

#include "base/log.h"

namespace streamd {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kBacklog = 1024;

struct Connection {
  Connection(tcp::socket socket_, std::string name, std::size_t max_line_bytes)
      : socket(std::move(socket_)), stream(std::move(name), max_line_bytes) {}

  tcp::socket socket;
  LineStream stream;
  bool started = false;          // it has sent something, so it is a source
  bool readable = false;         // bytes or the end may be waiting
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
  Impl(std::size_t max, LineIntake& intake_, Counters& counters_, const Clock& clock_)
      : max_connections(max), intake(intake_), counters(counters_), clock(clock_), acceptor(context) {}

  void accept_next();
  void add(tcp::socket socket);
  void watch(Connection& connection);
  // One piece. Returns false when the connection has ended.
  bool read_piece(Connection& connection);
  void wait_for_more(Connection& connection);
  void end(Connection& connection);
  void count_open() { counters.connections.set(connections.size()); }

  const std::size_t max_connections;
  LineIntake& intake;
  Counters& counters;
  const Clock& clock;
  asio::io_context context{1};
  tcp::acceptor acceptor;
  std::list<Connection> connections;
  std::size_t readable = 0;
  bool accepting = false;       // an accept is under way
  bool stopping = false;
  ElapsedMillis accept_again_ms = 0;  // not before, after a failure
  RateLimit full_log{60'000};
  RateLimit accept_log{10'000};
  std::vector<char> buffer = std::vector<char>(kReadBytes + kReadSlack);
};

TcpSource::TcpSource(std::size_t max_connections, LineIntake& intake, Counters& counters, const Clock& clock)
    : impl_(std::make_unique<Impl>(max_connections, intake, counters, clock)) {}
TcpSource::~TcpSource() = default;

Result<void> TcpSource::listen(const std::string& host, std::uint16_t port) {
  const auto failed = [&](const error_code& failure) {
    return Error{fmt::format("cannot listen on {}:{}: {}; is another daemon running? choose another --port or --host",
                             host, port, failure.message())};
  };
  error_code failure;
  tcp::resolver resolver(impl_->context);
  const auto addresses = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, failure);
  if (failure) return failed(failure);
  const tcp::endpoint endpoint = addresses.begin()->endpoint();
  tcp::acceptor& acceptor = impl_->acceptor;
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
  if (!failure) acceptor.bind(endpoint, failure);
  if (!failure) acceptor.listen(kBacklog, failure);
  if (!failure) acceptor.non_blocking(true, failure);
  if (failure) return failed(failure);
  impl_->accept_next();
  return {};
}

std::uint16_t TcpSource::port() const { return impl_->acceptor.local_endpoint().port(); }

void TcpSource::Impl::accept_next() {
  if (accepting || stopping || !acceptor.is_open() || clock.elapsed_ms() < accept_again_ms) return;
  if (connections.size() >= max_connections) {
    if (full_log.allow(clock.elapsed_ms())) {
      log_warn("{} connections are open, as many as --max-connections allows; further ones wait", max_connections);
    }
    return;  // end() comes back here
  }
  accepting = true;
  acceptor.async_accept([this](const error_code& failure, tcp::socket socket) {
    accepting = false;
    if (failure == asio::error::operation_aborted) return;
    if (failure) {  // too many open files, say: passes when connections close
      accept_again_ms = clock.elapsed_ms() + 100;
      if (accept_log.allow(clock.elapsed_ms())) log_error("cannot accept a connection: {}", failure.message());
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
  std::string name = peer_name(socket);
  Connection& connection =
      connections.emplace_back(std::move(socket), std::move(name), intake.limits().max_line_bytes);
  counters.connections_total.add(1);
  count_open();
  log_debug("{} connected", connection.stream.name);
  watch(connection);
}

void TcpSource::Impl::watch(Connection& connection) {
  connection.socket.async_wait(tcp::socket::wait_read, [this, &connection](const error_code& failure) {
    if (failure == asio::error::operation_aborted) return;
    connection.readable = true;
    ++readable;
  });
}

void TcpSource::poll(int at_most_ms) {
  impl_->accept_next();
  impl_->context.restart();
  if (at_most_ms > 0 && impl_->readable == 0) {
    impl_->context.run_one_for(std::chrono::milliseconds(at_most_ms));
  }
  impl_->context.poll();
}

bool TcpSource::read() {
  if (impl_->readable == 0) return false;
  auto& connections = impl_->connections;
  for (std::size_t left = connections.size(); left > 0 && !impl_->intake.batch_is_full(); --left) {
    const auto current = connections.begin();
    connections.splice(connections.end(), connections, current);  // each has its turn
    if (!current->readable) continue;
    if (impl_->read_piece(*current)) continue;
    impl_->end(*current);
    impl_->connections.erase(current);
    impl_->count_open();
    impl_->accept_next();
  }
  return true;
}

bool TcpSource::Impl::read_piece(Connection& connection) {
  const ssize_t count = ::recv(connection.socket.native_handle(), buffer.data(), kReadBytes, 0);
  if (count < 0 && errno == EINTR) return true;
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    connection.bytes_to_read = 0;
    wait_for_more(connection);
    return true;
  }
  if (count <= 0) {
    connection.readable = false;
    --readable;
    if (count < 0) log_debug("{}: {}", connection.stream.name, std::strerror(errno));
    return false;
  }
  if (!connection.started) {
    connection.started = true;
    connection.stream.source = intake.start_source("");
  }
  const auto bytes = static_cast<std::size_t>(count);
  intake.feed(connection.stream, {buffer.data(), bytes});
  connection.bytes_to_read -= std::min(bytes, connection.bytes_to_read);
  if (bytes < kReadBytes) wait_for_more(connection);  // that was all
  return true;
}

void TcpSource::Impl::wait_for_more(Connection& connection) {
  connection.readable = false;
  --readable;
  watch(connection);
}

void TcpSource::Impl::end(Connection& connection) {
  log_debug("{} disconnected", connection.stream.name);
  if (!connection.started) return;
  intake.finish(connection.stream);
  intake.end_source(connection.stream.source, clock.wall_ms());
}

void TcpSource::add_undrained(std::vector<BusySource>& busy) const {
  if (impl_->readable == 0) return;
  for (const Connection& connection : impl_->connections) {
    if (connection.readable && connection.started) busy.push_back({connection.stream.source, false, true});
  }
}

void TcpSource::stop_accepting() {
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

std::uint64_t TcpSource::bytes_to_read() const {
  std::uint64_t sum = 0;
  for (const Connection& connection : impl_->connections) sum += connection.bytes_to_read;
  return sum;
}

void TcpSource::close_all() {
  for (Connection& connection : impl_->connections) {
    if (connection.started) impl_->intake.finish(connection.stream);
    error_code ignored;
    connection.socket.close(ignored);
  }
  impl_->context.restart();
  impl_->context.poll();  // aborted waits must not outlive their connections
  impl_->connections.clear();
  impl_->count_open();
}

}  // namespace streamd
