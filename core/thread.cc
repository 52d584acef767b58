#include "core/thread.h"

#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

namespace mountguard::core {

Result<std::thread> StartThread(const char* name, std::function<void()> run) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  std::optional<std::error_code> problem;
  try {
    thread = std::thread(std::move(run));
  } catch (const std::system_error& error) {
    problem = error.code();
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (problem) {
    return Failure(
        fmt::format("cannot start a thread ({}): {}; raise the limit on processes and threads "
                    "(ulimit -u, pids of the container)",
                    name, problem->message()));
  }
  ::pthread_setname_np(thread.native_handle(), name);
  return thread;
}

}  // namespace mountguard::core
