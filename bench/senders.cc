#include "bench/senders.h"

#include <cstdlib>

#include "bench/failure.h"

namespace streamd::bench {

std::string port_of(const std::string& address) {
  return address.substr(address.rfind(':') + 1);
}

std::string wait_for_daemon(Child& daemon) {
  const std::string port = port_of(daemon.wait_for("listening on "));
  daemon.wait_for("storing in ");
  return port;
}

std::string http_port_of(Child& daemon) {
  std::string port = port_of(daemon.wait_for("metrics on http://"));
  port.resize(port.find('/'));
  return port;
}

double number_behind(const std::string& output, std::string_view mark) {
  const auto found = output.find(mark);
  if (found == std::string::npos) fail("no \"{}\" in what a peer said: {}", mark, output);
  return std::strtod(output.c_str() + found + mark.size(), nullptr);
}

double send_file(const Workspace& space, const std::string& file, const std::string& port) {
  return number_behind(run_child({space.peer("socket_peer"), "send", file, port}).output, "first byte at ");
}

double send_acked(const Workspace& space, const std::string& file, const std::string& port, std::uint64_t lines) {
  const Finished producer = run_child({space.peer("producer_peer"), "send", file, port, std::to_string(lines)});
  return number_behind(producer.output, "first byte at ");
}

}  // namespace streamd::bench
