// Programs that end well, badly, late or not at all.
#include "plot/child_program.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "support/plot_lines.h"

namespace streamd::plot {
namespace {

using namespace std::chrono_literals;
using Outcome = ChildProgram::Outcome;

class ChildProgramTest : public testing::Test {
 protected:
  ChildProgram run(const std::string& shell, ChildProgram::Input input = ChildProgram::Input::none) {
    auto program = ChildProgram::start({"/bin/sh", "-c", shell}, folder_.path + "/errors", input);
    EXPECT_TRUE(program);
    return std::move(program).value();
  }
  // It has written its number to that file.
  pid_t number_in(const std::string& name) {
    pid_t pid = 0;
    while (pid == 0) std::ifstream(folder_.path + "/" + name) >> pid;
    return pid;
  }

  PlotFolder folder_;
  std::atomic<bool> stopped_{false};
};

TEST_F(ChildProgramTest, TellsHowItEnded) {
  EXPECT_EQ(run("exit 0").wait(60s, stopped_), Outcome::done);
  ChildProgram bad = run("echo first >&2; echo 'second  thing' >&2; echo '  ^' >&2; exit 3");
  EXPECT_EQ(bad.wait(60s, stopped_), Outcome::failed);
  EXPECT_EQ(bad.complaint(), "failed: second  thing");
  ChildProgram killed = run("kill -9 $$");
  EXPECT_EQ(killed.wait(60s, stopped_), Outcome::failed);
  EXPECT_EQ(killed.complaint(), "was ended by signal 9: it said nothing");
  EXPECT_FALSE(ChildProgram::start({"/nowhere/a"}, folder_.path + "/errors", ChildProgram::Input::none));
}

TEST_F(ChildProgramTest, TellsItAlsoWhereAParentIgnoresEndsOfChildren) {
  ::signal(SIGCHLD, SIG_IGN);
  ChildProgram program = run("echo nevertheless >&2");
  EXPECT_EQ(program.wait(60s, stopped_), Outcome::done);
  EXPECT_EQ(program.said(), "nevertheless");
}

TEST_F(ChildProgramTest, GetsAllThatIsWritten) {
  const std::string much(3'000'000, 'x');
  ChildProgram program = run("sleep 0.1; cat >" + folder_.path + "/copy", ChildProgram::Input::written);
  EXPECT_EQ(program.write(much, 60s, stopped_), Outcome::done);
  EXPECT_EQ(program.write("end", 60s, stopped_), Outcome::done);
  program.close_input();
  EXPECT_EQ(program.wait(60s, stopped_), Outcome::done);
  EXPECT_EQ(text_of(folder_.path + "/copy"), much + "end");
}

TEST_F(ChildProgramTest, OneThatEndsEarlyTakesNoMore) {
  ChildProgram program = run("exit 1", ChildProgram::Input::written);
  EXPECT_EQ(program.write(std::string(3'000'000, 'x'), 60s, stopped_), Outcome::failed);
  EXPECT_EQ(program.wait(60s, stopped_), Outcome::failed);
}

TEST_F(ChildProgramTest, OneThatHangsIsLateAndCanBeStopped) {
  const std::string much(3'000'000, 'x');
  ChildProgram program = run("sleep 1000", ChildProgram::Input::written);
  EXPECT_EQ(program.write(much, 50ms, stopped_), Outcome::late);
  EXPECT_EQ(program.wait(50ms, stopped_), Outcome::late);
  ChildProgram other = run("sleep 1000", ChildProgram::Input::written);
  stopped_ = true;
  EXPECT_EQ(other.write(much, 60s, stopped_), Outcome::stopped);
  EXPECT_EQ(other.wait(60s, stopped_), Outcome::stopped);
}

TEST_F(ChildProgramTest, IsKilledWithTheObjectAndWithWhatItStarted) {
  pid_t child = 0, grandchild = 0;
  {
    const ChildProgram program = run("cd " + folder_.path + "; sleep 1000 & echo $! >grandchild; echo $$ >child; wait");
    child = number_in("child");
    grandchild = number_in("grandchild");
    EXPECT_EQ(::getpgid(child), child) << "Ctrl-C would reach it";
  }
  EXPECT_EQ(::kill(child, 0), -1);
  const auto is_running = [](pid_t pid) {
    const std::string text = text_of("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t name_end = text.rfind(") ");
    return name_end != std::string::npos && text[name_end + 2] != 'Z';
  };
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (is_running(grandchild) && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(is_running(grandchild));
}

}  // namespace
}  // namespace streamd::plot
