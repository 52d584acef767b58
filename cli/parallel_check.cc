#include "cli/parallel_check.h"

#include <cstddef>
#include <future>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "cli/input_feed.h"
#include "cli/input_paths.h"
#include "cli/progress.h"

namespace mountguard::cli {
namespace {

/// Puts the parts of a report into the order of the input, as they come. Thread-safe.
class ReportCollector {
 public:
  void Add(const InputPiece& piece, CheckReport part) {
    std::unique_lock lock(mutex_);
    early_.emplace(Place{piece.file, piece.number}, Part{piece.last, std::move(part)});
    if (appending_) return;  // whoever does so takes this one, too
    appending_ = true;
    while (!early_.empty() && early_.begin()->first == next_) {
      Part next = std::move(early_.extract(early_.begin()).mapped());
      next_ = next.last ? Place{next_.first + 1, 0} : Place{next_.first, next_.second + 1};
      lock.unlock();
      Append(std::move(next.report), &report_);
      lock.lock();
    }
    appending_ = false;
  }

  /// The whole report, when no thread adds any more.
  CheckReport Release() { return std::move(report_); }

 private:
  using Place = std::pair<std::size_t, std::size_t>;  // file, piece
  struct Part {
    bool last = false;  // of its file
    CheckReport report;
  };

  CheckReport report_;  // of the thread that appends

  std::mutex mutex_;  // of what follows
  Place next_{0, 0};
  std::map<Place, Part> early_;  // what waits for parts before it
  bool appending_ = false;       // a thread does, without the lock
};

}  // namespace

CheckReport CheckInParallel(const std::vector<std::string>& paths,
                            const std::function<const policy::Engine*()>& load,
                            const CheckSettings& settings, int jobs, Environment& env) {
  InputFeed feed(env.files, env.in);
  ReportCollector collector;
  std::promise<const policy::Engine*> promise;
  const std::shared_future<const policy::Engine*> loaded = promise.get_future().share();
  const auto work = [&](const policy::Engine* engine) {
    if (engine == nullptr) return;
    Checker checker(*engine, settings, env.files, env.in);
    while (const auto piece = feed.Next()) {
      collector.Add(*piece, piece->manifest ? checker.CheckPiece(*piece->name, *piece->manifest)
                                            : checker.Unreadable(*piece->name, piece->failure));
    }
  };
  CheckReport report;
  const InputSink failures = {
      nullptr, nullptr, [&report](const InputFailure& failure) {
        report.errors.Add({std::string(failure.place.file), 0, {}, {}, failure.message});
      }};
  const auto find = [&] {
    FindInputFiles(paths, env.files, failures,
                   [&feed](std::string file) { feed.Add(std::move(file)); });
    feed.Close();
  };

  // As many threads as there can be: fewer are slower, and nothing worse.
  std::vector<std::thread> threads;
  try {
    for (int i = 1; i < jobs; ++i) {
      threads.emplace_back([&, loaded, first = i == 1] {
        if (first) find();
        work(loaded.get());
      });
    }
  } catch (const std::system_error&) {
  }
  const policy::Engine* const engine = load();
  const Progress progress(env, [&feed] {
    const InputFeed::Progress done = feed.progress();
    return DescribeProgress(done.files, done.found, done.bytes);
  });
  promise.set_value(engine);
  if (threads.empty() && engine != nullptr) find();
  work(engine);
  for (std::thread& thread : threads) thread.join();
  report.files = feed.ReleaseFiles();
  Append(collector.Release(), &report);
  return report;
}

}  // namespace mountguard::cli
