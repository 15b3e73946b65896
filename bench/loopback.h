// Sockets of programs beside the daemon. Every failure ends the program.
#pragma once

#include <sys/types.h>

#include <string_view>

namespace streamd::bench {

// `result`, unless it says that the call before has failed.
int checked(ssize_t result, const char* action);
// To a port of 127.0.0.1; what is sent leaves at once.
int connect_loopback(const char* port);
// Listens on a free port of 127.0.0.1, says so on stdout ("listening on 127.0.0.1:…"), takes one connection.
int accept_loopback();
void send_all(int fd, std::string_view bytes);

}  // namespace streamd::bench
