#ifndef MOUNTGUARD_CLI_PROGRESS_H_
#define MOUNTGUARD_CLI_PROGRESS_H_

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <string>
#include <thread>

namespace mountguard::cli {

/// Tells on a terminal how far long work has come: nothing during the first second, then a line
/// that is written over and over and gone at the end.
class Progress {
 public:
  /// `out` is null where nobody looks. `tell` puts a text into its argument, and is called on a
  /// thread of its own until the destructor returns.
  Progress(std::ostream* out, std::function<void(std::string*)> tell);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void Run();

  std::ostream* out_;
  std::function<void(std::string*)> tell_;
  std::mutex mutex_;
  std::condition_variable done_changed_;
  bool done_ = false;
  std::thread thread_;
};

/// "checking: file 12 of 1000, 45 MB".
std::string DescribeProgress(std::size_t file, std::size_t files, std::size_t bytes);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_PROGRESS_H_
