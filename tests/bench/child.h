#ifndef MOUNTGUARD_TESTS_BENCH_CHILD_H_
#define MOUNTGUARD_TESTS_BENCH_CHILD_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mountguard::bench {

/// A server under test: its own process, on the first core (the load runs on the second), stopped
/// by pid when this goes out of scope.
class Child {
 public:
  /// Starts `arguments` and waits until it says {"msg":"listening","address":"127.0.0.1:PORT"...}
  /// on its standard error. Throws std::runtime_error with what it said instead.
  explicit Child(const std::vector<std::string>& arguments);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::uint16_t port() const { return port_; }
  /// User and system time of all its threads so far, in microseconds.
  double CpuMicroseconds() const;
  double ResidentMegabytes() const;
  int OpenFiles() const;
  int Threads() const;

 private:
  std::string ProcPath(const char* name) const;

  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

/// Binds the calling thread to a core, if the machine has it.
void PinToCore(int core);

}  // namespace mountguard::bench

#endif  // MOUNTGUARD_TESTS_BENCH_CHILD_H_
