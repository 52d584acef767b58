#include "webhook/policy_source.h"

#include <algorithm>
#include <utility>

namespace mountguard::webhook {
namespace {

/// Readings that disagree before it is given up: the next change is told by the watcher anyway.
constexpr int kMaxReadings = 10;

using Files = core::Result<std::vector<policy::PolicyFile>>;

bool Agree(const Files& a, const Files& b) {
  if (!a || !b) return false;
  return std::equal(a->begin(), a->end(), b->begin(), b->end(),
                    [](const policy::PolicyFile& x, const policy::PolicyFile& y) {
                      return x.name == y.name && x.content == y.content;
                    });
}

}  // namespace

Files ReadPolicySnapshot(const std::vector<std::string>& paths, const core::FileReader& reader) {
  Files before = policy::ReadPolicyFiles(paths, reader);
  for (int reading = 1; reading < kMaxReadings; ++reading) {
    Files now = policy::ReadPolicyFiles(paths, reader);
    // A file that is not there twice in a row is not there; once, it may be between two names.
    if (Agree(before, now) || (!before && !now)) return now;
    before = std::move(now);
  }
  if (!before) return before;
  return core::Failure("the policy files change while they are read");
}

}  // namespace mountguard::webhook
