#include "tests/bench/run_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace mountguard::bench {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

/// A program that was started, with its output thrown away.
struct Running {
  std::vector<std::string> words;
  std::chrono::steady_clock::time_point start;
  pid_t pid = 0;
};

[[noreturn]] void DidNotRun(const std::vector<std::string>& words) {
  fmt::print(stderr, "{} did not run\n", fmt::join(words, " "));
  std::exit(1);
}

/// `input` becomes its standard input.
Running Start(const std::vector<std::string>& words, const std::string& input = "/dev/null") {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  Running running{words, std::chrono::steady_clock::now()};
  if (posix_spawn(&running.pid, argv[0], &actions, nullptr, argv.data(), environ) != 0) {
    DidNotRun(words);
  }
  posix_spawn_file_actions_destroy(&actions);
  return running;
}

/// Waits for the end. The program must not exit with more than `most`.
Usage Finish(const Running& running, int most = 1) {
  int status = 0;
  rusage used{};
  if (wait4(running.pid, &status, 0, &used) != running.pid || !WIFEXITED(status) ||
      WEXITSTATUS(status) > most) {
    DidNotRun(running.words);
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - running.start;
  return {elapsed.count(), Seconds(used.ru_utime) + Seconds(used.ru_stime),
          static_cast<double>(used.ru_maxrss) / 1024};
}

}  // namespace

void Usage::TakeBest(const Usage& other) {
  seconds = std::min(seconds, other.seconds);
  cpu_seconds = std::min(cpu_seconds, other.cpu_seconds);
  megabytes = std::min(megabytes, other.megabytes);
}

Usage Run(const std::vector<std::string>& words, const std::string& input, int most) {
  return Finish(Start(words, input), most);
}

Usage RunTwice(const std::vector<std::string>& words) {
  const Running first = Start(words);
  const Running second = Start(words);
  Usage slower = Finish(first);
  slower.seconds = std::max(slower.seconds, Finish(second).seconds);
  return slower;
}

}  // namespace mountguard::bench
