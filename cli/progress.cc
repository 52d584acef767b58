#include "cli/progress.h"

#include <fmt/format.h>

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

Progress::Progress(std::ostream* out, std::function<void(std::string*)> tell)
    : out_(out), tell_(std::move(tell)) {
  if (out_ == nullptr) return;
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
  std::string text;
  do {
    tell_(&text);
    *out_ << kEraseLine << text << std::flush;
  } while (!done_changed_.wait_for(lock, kInterval, is_done));
  *out_ << kEraseLine << std::flush;
}

std::string DescribeProgress(std::size_t file, std::size_t files, std::size_t bytes) {
  constexpr double kMegabyte = 1e6;
  return fmt::format("checking: file {} of {}, {:.0f} MB", file, files,
                     static_cast<double>(bytes) / kMegabyte);
}

}  // namespace mountguard::cli
