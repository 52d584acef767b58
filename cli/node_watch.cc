#include "cli/node_watch.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <poll.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "cli/node/mount_event.h"
#include "cli/node/selection_flags.h"
#include "core/code_frame.h"
#include "node/mount_monitor.h"
#include "node/process.h"
#include "node/survey.h"

namespace mountguard::cli {
namespace {

constexpr int kCheckMillis = 500;  // how often it is asked whether processes have ended

/// A namespace that is watched.
struct Watched {
  node::MountNamespace space;  // its table is the last one that was read
  node::MountMonitor monitor;
};

class Watcher {
 public:
  Watcher(const node::ProcessReader& reader, bool json, int most_events, Environment& env)
      : reader_(reader), json_(json), events_left_(most_events), env_(env) {}

  ExitCode Run(node::Survey survey) {
    ExitCode code = Begin(std::move(survey));
    while (!watched_.empty() && !done_) {
      std::vector<pollfd> files;
      for (const Watched& one : watched_) files.push_back({one.monitor.fd(), POLLPRI, 0});
      const int ready = ::poll(files.data(), files.size(), kCheckMillis);
      if (ready < 0 && errno != EINTR) return Combine(code, ExitCode::kUnreadable);
      for (std::size_t i = 0; i < files.size() && !done_; ++i) {
        if (ready > 0 && (files[i].revents & POLLPRI) != 0) {
          code = Combine(code, Update(&watched_[i]));
        }
      }
      if (ready <= 0) DropEnded();
      if (!env_.out) break;  // nobody reads any more
    }
    return code;
  }

 private:
  ExitCode Begin(node::Survey survey) {
    ExitCode code = ExitCode::kClean;
    for (std::size_t i = survey.asked_from; i < survey.namespaces.size(); ++i) {
      node::MountNamespace& space = survey.namespaces[i];
      auto monitor = node::MountMonitor::Open(reader_.PathOf(space.pid, "mountinfo"));
      auto table = monitor ? monitor->Read() : core::Unexpected(monitor.error());
      if (!table) {
        code = Combine(code, Unread(space, table.error().message));
        continue;
      }
      space.table = std::make_unique<const node::MountTable>(*std::move(table));
      space.tree = std::make_unique<const node::MountTree>(*space.table);
      fmt::print(env_.err, "watching {}\n", core::PrintableText(node::TitleOf(space)));
      watched_.push_back({std::move(space), *std::move(monitor)});
    }
    env_.err.flush();
    return code;
  }

  ExitCode Unread(const node::MountNamespace& space, const std::string& why) {
    fmt::print(env_.err, "not seen: {}: {}\n", core::PrintableText(node::TitleOf(space)),
               core::PrintableText(why));
    return ExitCode::kUnreadable;
  }

  ExitCode Update(Watched* one) {
    auto read = one->monitor.Read();
    if (!read) return Unread(one->space, read.error().message);
    auto table = std::make_unique<const node::MountTable>(*std::move(read));
    auto tree = std::make_unique<const node::MountTree>(*table);
    const auto changes = node::ChangesBetween(*one->space.table, *table);
    // Who else there is may have changed as well, so all of them are read anew.
    std::optional<node::Survey> others;
    if (!changes.empty()) {
      if (auto survey = node::SurveyNode(reader_, kEveryone)) others = *std::move(survey);
    }
    for (const node::MountChange& change : changes) {
      MountEvent event;
      event.time = env_.clock.Now();
      event.where = &one->space;
      event.change = change;
      if (others) {
        event.survey = &*others;
        event.audience = AudienceOf(change, *tree, one->space, *others);
      }
      env_.out << (json_ ? EventJson(event) : EventLine(event)) << std::endl;
      if (events_left_ > 0 && --events_left_ == 0) {
        done_ = true;
        break;
      }
    }
    one->space.table = std::move(table);
    one->space.tree = std::move(tree);
    return ExitCode::kClean;
  }

  static std::vector<node::Spectator> AudienceOf(const node::MountChange& change,
                                                 const node::MountTree& tree,
                                                 const node::MountNamespace& where,
                                                 const node::Survey& others) {
    switch (change.kind) {
      case node::MountChange::Kind::kGone:
        return node::KeepersOf(*change.before, where, others);
      case node::MountChange::Kind::kAppeared:
        if (const node::Mount* parent = tree.Parent(*change.after)) {
          return node::SpectatorsOf(*change.after, *parent, where, others);
        }
        break;
      case node::MountChange::Kind::kChanged:
        break;
    }
    return {};
  }

  void DropEnded() {
    for (auto one = watched_.begin(); one != watched_.end();) {
      if (reader_.IsAlive(one->space.pid)) {
        ++one;
        continue;
      }
      fmt::print(env_.err, "ended: {}\n", core::PrintableText(node::TitleOf(one->space)));
      one = watched_.erase(one);
    }
  }

  static inline const node::Selection kEveryone = {{}, {}, {}, true};

  const node::ProcessReader& reader_;
  const bool json_;
  int events_left_;  // 0 for no end
  bool done_ = false;
  Environment& env_;
  std::vector<Watched> watched_;
};

ExitCode RunNodeWatch(const Command& command, const Arguments& arguments, Environment& env) {
  SelectionFlags flags;
  std::string format = "text";
  int events = 0;
  const std::vector<FlagGroup> groups = {
      flags.Group(),
      {"Result",
       {{"-o,--output", &format, "text|json", "how to print an event (text)"},
        {"--events", &events, "N", "end after so many events (0: never)"}}}};
  if (const auto done = ParseFlags(command, groups, nullptr, arguments, env)) return *done;
  const auto selection = flags.Selection();
  if (!selection) return WrongUsage(command, selection.error().message, env);
  if (events < 0) return WrongUsage(command, "--events: expected 0 or more", env);

  const node::ProcessReader reader(env.files, flags.root);
  auto survey = node::SurveyNode(reader, *selection);
  if (!survey) {
    fmt::print(env.err, "{}\n", core::PrintableText(survey.error().message));
    return ExitCode::kUnreadable;
  }
  return Watcher(reader, format == "json", events, env).Run(*std::move(survey));
}

}  // namespace

const Command kNodeWatchCommand = {
    "node watch",
    "",
    "follow what is mounted and unmounted, and say which containers see it",
    "One line an event, as soon as the kernel tells of it: what appeared, changed or is gone, "
    "where,\n"
    "which containers see it, which see only the directory below it and why, and of what is gone "
    "who\n"
    "still keeps it mounted. Without a flag it watches the host (process 1); it ends with the last "
    "of\n"
    "the processes. What comes and goes between two looks is not told.",
    "  mountguard node watch\n"
    "  mountguard node watch --pod storage/csi-node-x2 -o json\n",
    &RunNodeWatch,
};

}  // namespace mountguard::cli
