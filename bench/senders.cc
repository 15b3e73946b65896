#include "bench/senders.h"

#include <chrono>
#include <cstdlib>

#include "bench/failure.h"
#include "bench/symbol_names.h"

namespace streamd::bench {
namespace {

std::string list_of_symbols() {
  std::string list;
  for (const std::string& name : symbol_names(kLoadSymbols)) list += (list.empty() ? "" : ",") + name;
  return list;
}

double wall_s() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace

SentLoad main_load(const Workspace& space, SentLoad::Form form) {
  SentLoad load;
  load.lines = space.sized(10'000'000);
  load.span_s = static_cast<double>(space.sized(600));
  load.form = form;
  return load;
}

std::uint64_t bars_of(const SentLoad& load) { return kLoadSymbols * static_cast<std::uint64_t>(load.span_s); }

std::vector<std::string> sender_command(const Workspace& space, const SentLoad& load, const std::string& port) {
  std::vector<std::string> command = {space.sender, "--port", port, "--symbols", list_of_symbols(),
                                      "--send-only", "--json", "--rate", fmt::format("{}", load.rate)};
  const auto add = [&](std::vector<std::string> more) { command.insert(command.end(), more.begin(), more.end()); };
  if (load.seconds > 0) {
    add({"--seconds", fmt::format("{}", load.seconds)});
  } else {
    add({"--lines", std::to_string(load.lines), "--from", std::to_string(kFirstSecond * 1000), "--span",
         fmt::format("{}", load.span_s)});
  }
  if (load.form == SentLoad::Form::acked) add({"--ack"});
  if (load.form == SentLoad::Form::numbered) add({"--seq"});
  if (!load.marks_file.empty()) add({"--marks", load.marks_file});
  return command;
}

double begun_s(const Finished& sender) {
  return now_s() - (wall_s() - number_behind(sender.output, "\"start_us\":") / 1e6);
}

double lines_per_s(const Finished& sender) { return number_behind(sender.output, "\"rate\":"); }

double ack_ms(const Finished& sender, std::string_view percentile) {
  return number_behind(sender.output, fmt::format("\"{}\":", percentile));
}

double send_load(const Workspace& space, const SentLoad& load, const std::string& port) {
  return begun_s(run_child(sender_command(space, load, port)));
}

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

}  // namespace streamd::bench
