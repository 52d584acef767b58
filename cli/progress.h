#ifndef MOUNTGUARD_CLI_PROGRESS_H_
#define MOUNTGUARD_CLI_PROGRESS_H_

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "cli/environment.h"

namespace mountguard::cli {

/// Tells on a terminal how far long work has come: nothing during the first second, then a line
/// that is written over and over, cut to the width of the terminal, and gone at the end.
class Progress {
 public:
  /// Writes to env.err, where somebody looks at it; nobody else may write there meanwhile. `tell`
  /// gives a line of ASCII and is called on a thread of its own until the destructor returns.
  Progress(Environment& env, std::function<std::string()> tell);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void Run();

  Environment& env_;
  std::function<std::string()> tell_;
  std::mutex mutex_;
  std::condition_variable done_changed_;
  bool done_ = false;
  std::thread thread_;
};

/// "checking: file 12 of 1000, 45 MB".
std::string DescribeProgress(std::size_t file, std::size_t files, std::size_t bytes);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_PROGRESS_H_
