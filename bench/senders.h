// What sends to a daemon over TCP.
#pragma once

#include <string>

#include "bench/children.h"
#include "bench/workspace.h"

namespace streamd::bench {

// What follows the last colon of host:port.
std::string port_of(const std::string& address);
// Waits until the daemon has started; its port.
std::string wait_for_daemon(Child& daemon);
// Of one with --metrics-port, once it has started.
std::string http_port_of(Child& daemon);

// Sends the whole file; returns when the first byte went out. The receiver has closed by then, so has read it all.
double send_file(const Workspace& space, const std::string& file, const std::string& port);
// The same as a named producer, that waits for the ack of the last of `lines` lines.
double send_acked(const Workspace& space, const std::string& file, const std::string& port, std::uint64_t lines);

// The number behind `mark` in a program's output.
double number_behind(const std::string& output, std::string_view mark);

}  // namespace streamd::bench
