#ifndef MOUNTGUARD_TESTS_WEBHOOK_PROGRAM_H_
#define MOUNTGUARD_TESTS_WEBHOOK_PROGRAM_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/temporary_directory.h"

namespace mountguard::tests {

/// `mountguard serve` as a process of its own, with a certificate of its own, on free ports of
/// 127.0.0.1. Killed when this goes out of scope.
class Program {
 public:
  /// A pipe is read until the program listens, and no more.
  enum class LogTo { kFile, kPipe };

  /// Starts it with `flags` beside those for ports and certificate, and waits until it listens;
  /// throws std::runtime_error with what it said instead. `prepare` runs in the new process.
  explicit Program(const std::vector<std::string>& flags, const std::function<void()>& prepare = {},
                   LogTo log_to = LogTo::kFile);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  int port() const { return port_; }
  int metrics_port() const { return metrics_port_; }
  pid_t pid() const { return pid_; }
  /// Of a pipe what was read.
  std::string Log() const;
  std::string LogPath() const { return (work_ / "log").string(); }
  /// What GET /metrics says of a metric, named with its labels; -1 if it says nothing.
  double Metric(const std::string& name) const;

  void Signal(int number) const;
  /// Waits for its end: its exit code, or 128 and the signal that ended it.
  int Wait();

 private:
  int ListeningPort(const std::string& endpoint) const;
  void ReadPipe();

  TemporaryDirectory work_;
  int pipe_ = -1;  // the end that is read
  std::string read_;
  pid_t pid_ = -1;
  int port_ = 0;
  int metrics_port_ = 0;
};

/// Waits, generously, until `condition` holds; false if it never does.
bool Eventually(const std::function<bool()>& condition);

}  // namespace mountguard::tests

#endif  // MOUNTGUARD_TESTS_WEBHOOK_PROGRAM_H_
