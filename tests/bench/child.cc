#include "tests/bench/child.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace mountguard::bench {
namespace {

constexpr int kServerCore = 0;

/// The port in the first "listening" line of what the child says; 0 if it ends without one.
std::uint16_t ReadPort(int pipe, std::string* said) {
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t count = read(pipe, buffer.data(), buffer.size());
    if (count <= 0) return 0;
    said->append(buffer.data(), static_cast<std::size_t>(count));
    const std::size_t line = said->find("\"listening\",\"address\":\"");
    if (line == std::string::npos) continue;
    const std::size_t end = said->find('"', line + 23);
    if (end == std::string::npos) continue;
    const std::size_t colon = said->rfind(':', end);
    return static_cast<std::uint16_t>(std::atoi(said->c_str() + colon + 1));
  }
}

int CountEntries(const std::string& directory) {
  const std::filesystem::directory_iterator entries(directory);
  return static_cast<int>(std::distance(begin(entries), end(entries)));
}

}  // namespace

void PinToCore(int core) {
  if (core >= static_cast<int>(std::thread::hardware_concurrency())) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  sched_setaffinity(0, sizeof set, &set);
}

Child::Child(const std::vector<std::string>& arguments) {
  std::array<int, 2> pipe_ends{};
  if (pipe(pipe_ends.data()) != 0) throw std::runtime_error("no pipe");
  pid_ = fork();
  if (pid_ == 0) {
    PinToCore(kServerCore);
    dup2(pipe_ends[1], STDERR_FILENO);
    close(pipe_ends[0]);
    std::vector<char*> argv;
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(pipe_ends[1]);
  std::string said;
  port_ = ReadPort(pipe_ends[0], &said);
  if (port_ == 0) {
    close(pipe_ends[0]);
    throw std::runtime_error(arguments.front() + " did not start: " + said);
  }
  // Keep the pipe drained, so that a talkative server never waits for us.
  std::thread([fd = pipe_ends[0]] {
    std::array<char, 4096> rest;
    while (read(fd, rest.data(), rest.size()) > 0) {
    }
    close(fd);
  }).detach();
}

Child::~Child() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string Child::ProcPath(const char* name) const {
  return "/proc/" + std::to_string(pid_) + "/" + name;
}

double Child::CpuMicroseconds() const {
  double nanoseconds = 0;
  for (const auto& task : std::filesystem::directory_iterator(ProcPath("task"))) {
    double on_cpu = 0;
    std::ifstream(task.path() / "schedstat") >> on_cpu;
    nanoseconds += on_cpu;
  }
  return nanoseconds / 1000;
}

double Child::ResidentMegabytes() const {
  double size = 0;
  double resident = 0;
  std::ifstream(ProcPath("statm")) >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

int Child::OpenFiles() const { return CountEntries(ProcPath("fd")); }
int Child::Threads() const { return CountEntries(ProcPath("task")); }

}  // namespace mountguard::bench
