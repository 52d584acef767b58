#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <system_error>
#include <utility>

namespace mountguard::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{1000};
constexpr std::chrono::milliseconds kInterval{200};
constexpr const char* kEraseLine = "\r\x1b[K";

}  // namespace

Progress::Progress(Environment& env, std::function<std::string()> tell)
    : env_(env), tell_(std::move(tell)) {
  if (!env_.progress_width) return;
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error&) {  // no thread to spare: no progress is told
  }
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  done_changed_.notify_all();
  thread_.join();
}

void Progress::Run() {
  std::unique_lock lock(mutex_);
  const auto is_done = [this] { return done_; };
  if (done_changed_.wait_for(lock, kPatience, is_done)) return;
  do {
    // A line that wraps could not be erased, and the last column may wrap already.
    const int room = std::max(0, env_.progress_width() - 1);
    env_.err << kEraseLine << tell_().substr(0, static_cast<std::size_t>(room)) << std::flush;
  } while (!done_changed_.wait_for(lock, kInterval, is_done));
  env_.err << kEraseLine << std::flush;
}

std::string DescribeProgress(std::size_t file, std::size_t files, std::size_t bytes) {
  constexpr double kMegabyte = 1e6;
  return fmt::format("checking: file {} of {}, {:.0f} MB", file, files,
                     static_cast<double>(bytes) / kMegabyte);
}

}  // namespace mountguard::cli
