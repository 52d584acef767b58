#include "node/program_version.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "core/scoped_fd.h"

namespace mountguard::node {
namespace {

constexpr std::size_t kMostOutput = 4096;
constexpr std::chrono::milliseconds kPatience{2000};

bool IsTrusted(const std::string& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const bool own = status.st_uid == 0 || status.st_uid == geteuid();
  return own && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 && (status.st_mode & 0111) != 0;
}

/// In the child: becomes the program. Only what is safe after a fork is called.
[[noreturn]] void Become(const char* root, const char* program, int out) {
  const int nowhere = open("/dev/null", O_RDWR);
  dup2(nowhere, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  if (*root != '\0' && (chroot(root) != 0 || chdir("/") != 0)) _exit(127);
  execl(program, program, "--version", static_cast<char*>(nullptr));
  _exit(127);
}

/// What comes out of the pipe until it is closed, there is enough, or patience ends.
std::string ReadAll(int pipe) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  std::string output;
  while (output.size() < kMostOutput) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd waiting = {pipe, POLLIN, 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) <= 0) break;
    std::array<char, 1024> piece{};
    const ssize_t size = read(pipe, piece.data(), piece.size());
    if (size <= 0) break;
    output.append(piece.data(), static_cast<std::size_t>(size));
  }
  return output;
}

}  // namespace

std::optional<std::string> ProgramVersion(const std::string& root, const std::string& program) {
  const std::string base = root == "/" ? "" : root;
  if (!IsTrusted(base + program)) return std::nullopt;
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  const core::ScopedFd from(ends[0]);
  pid_t child = -1;
  {
    const core::ScopedFd to(ends[1]);
    child = fork();
    if (child == 0) Become(base.c_str(), program.c_str(), to.get());
  }
  if (child < 0) return std::nullopt;
  std::string output = ReadAll(from.get());
  kill(child, SIGKILL);  // it has said what it has to say
  waitpid(child, nullptr, 0);
  if (output.empty()) return std::nullopt;
  return output;
}

}  // namespace mountguard::node
