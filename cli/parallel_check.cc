#include "cli/parallel_check.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "cli/input_feed.h"
#include "cli/progress.h"

namespace mountguard::cli {
namespace {

/// Puts the parts of a report into the order of the input, as they come. Thread-safe.
class ReportCollector {
 public:
  void Add(const InputPiece& piece, CheckReport part) {
    const std::lock_guard lock(mutex_);
    early_.emplace(Place{piece.file, piece.number}, Part{piece.last, std::move(part)});
    for (auto next = early_.begin(); next != early_.end() && next->first == next_;
         next = early_.erase(next)) {
      next_ = next->second.last ? Place{next_.first + 1, 0} : Place{next_.first, next_.second + 1};
      Append(next->second.report, &report_);
    }
  }

  CheckReport Release() { return std::move(report_); }

 private:
  using Place = std::pair<std::size_t, std::size_t>;  // file, piece
  struct Part {
    bool last = false;  // of its file
    CheckReport report;
  };

  std::mutex mutex_;
  Place next_{0, 0};
  std::map<Place, Part> early_;  // what waits for parts before it
  CheckReport report_;
};

/// As many threads as there can be, at most `count`: fewer are slower, and nothing worse.
template <class Work>
std::vector<std::thread> Start(int count, const Work& work) {
  std::vector<std::thread> threads;
  try {
    for (int i = 0; i < count; ++i) threads.emplace_back(work);
  } catch (const std::system_error&) {
  }
  return threads;
}

}  // namespace

CheckReport CheckInParallel(const std::vector<std::string>& files, const policy::Engine& engine,
                            const CheckSettings& settings, int jobs, Environment& env) {
  InputFeed feed(files, env.files, env.in);
  ReportCollector collector;
  const auto work = [&] {
    Checker checker(engine, settings, env.files, env.in);
    while (const auto piece = feed.Next()) {
      const std::string& file = files[piece->file];
      collector.Add(*piece, piece->manifest ? checker.CheckPiece(file, *piece->manifest)
                                            : checker.Unreadable(file, piece->failure));
    }
  };
  const auto tell = [&](std::string* text) {
    const InputFeed::Progress done = feed.progress();
    *text = DescribeProgress(done.files, files.size(), done.bytes);
  };
  Progress progress(env.progress ? &env.err : nullptr, tell);
  std::vector<std::thread> threads = Start(jobs - 1, work);
  work();
  for (std::thread& thread : threads) thread.join();
  return collector.Release();
}

}  // namespace mountguard::cli
