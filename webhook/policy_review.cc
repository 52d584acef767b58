#include "webhook/policy_review.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <utility>

#include "core/base64.h"
#include "policy/policy_lint.h"

namespace mountguard::webhook {
namespace {

using core::JsonValue;
using policy::PolicyFile;
using policy::PolicyProblem;

bool IsLabelled(JsonValue config_map) {
  return config_map.Get("metadata").Get("labels").Get(kPolicyLabel).AsString() == "true";
}

/// The policies of one ConfigMap: a file a key.
struct PolicyKeys {
  std::map<std::string, std::string> contents;   // by key
  std::map<std::string, std::string_view> part;  // of every key: data or binaryData
  std::vector<PolicyRemark> errors;              // keys that could not be read

  bool Has(std::string_view name) const { return contents.count(std::string(name)) != 0; }
};

std::string FieldOf(std::string_view part, std::string_view key) {
  return fmt::format("{}[{}]", part, key);
}

void ReadKeys(JsonValue members, std::string_view part, bool base64, PolicyKeys* keys) {
  for (const JsonValue::Member& member : members.Members()) {
    const std::string key(member.key);
    if (!policy::IsPolicyFileName(key)) continue;
    std::optional<std::string> content;
    if (member.value.IsString()) content = std::string(member.value.AsString());
    if (content && base64) content = core::DecodeBase64(*content);
    if (!content) {
      keys->errors.push_back(
          {FieldOf(part, key), base64 ? "expected a text in base64" : "expected a text"});
      continue;
    }
    keys->contents[key] = *std::move(content);
    keys->part[key] = part;
  }
}

PolicyKeys ReadConfigMap(JsonValue config_map) {
  PolicyKeys keys;
  ReadKeys(config_map.Get("data"), "data", false, &keys);
  ReadKeys(config_map.Get("binaryData"), "binaryData", true, &keys);
  return keys;
}

std::string_view DirectoryOf(const PolicyFile& file) {
  const std::size_t slash = file.name.rfind('/');
  return slash == std::string::npos ? std::string_view()
                                    : std::string_view(file.name).substr(0, slash);
}

std::string_view BaseName(const PolicyFile& file) {
  return std::string_view(file.name).substr(file.name.rfind('/') + 1);
}

/// A directory that the ConfigMap may be mounted at, and what speaks for it.
struct Place {
  std::size_t same_texts = 0;  // files that hold what the old ConfigMap does
  std::size_t same_names = 0;  // files that have the name of a key
};

/// The places that the ConfigMap can have: directories in force, or a new one.
class Places {
 public:
  Places(const PolicyKeys& now, const PolicyKeys& before, const std::vector<PolicyFile>& in_force)
      : now_(now), before_(before), in_force_(in_force) {
    for (const PolicyFile& file : in_force) {
      if (!Replaces(file)) continue;
      Place& place = directories_[DirectoryOf(file)];
      ++place.same_names;
      const auto old = before.contents.find(std::string(BaseName(file)));
      if (old != before.contents.end() && old->second == file.content) ++place.same_texts;
    }
  }

  /// The sets of files that would be in force, the likeliest first.
  std::vector<std::vector<PolicyFile>> Sets() const {
    std::vector<std::pair<std::string_view, Place>> ranked(directories_.begin(),
                                                           directories_.end());
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
      return std::pair(a.second.same_texts, a.second.same_names) >
             std::pair(b.second.same_texts, b.second.same_names);
    });
    const bool known = !ranked.empty() && ranked.front().second.same_texts > 0;
    if (known) ranked.resize(1);
    std::vector<std::vector<PolicyFile>> sets;
    for (const auto& [directory, place] : ranked) {
      sets.push_back(SetWithout([this, directory = directory](const PolicyFile& file) {
        return DirectoryOf(file) == directory && Replaces(file);
      }));
    }
    if (!known) sets.push_back(SetWithout([](const PolicyFile&) { return false; }));
    return sets;
  }

 private:
  bool Replaces(const PolicyFile& file) const {
    return now_.Has(BaseName(file)) || before_.Has(BaseName(file));
  }

  /// The ConfigMap's files stand last, so that what is defined twice is told of them.
  template <class F>
  std::vector<PolicyFile> SetWithout(const F& replaced) const {
    std::vector<PolicyFile> files;
    for (const PolicyFile& file : in_force_) {
      if (!replaced(file)) files.push_back(file);
    }
    for (const auto& [key, content] : now_.contents) files.push_back({key, content});
    return files;
  }

  const PolicyKeys& now_;
  const PolicyKeys& before_;
  const std::vector<PolicyFile>& in_force_;
  std::map<std::string_view, Place> directories_;
};

/// The first set without an error, or that with the fewest.
policy::LoadedPolicies LoadBest(const std::vector<std::vector<PolicyFile>>& sets) {
  policy::LoadedPolicies best;
  for (const std::vector<PolicyFile>& set : sets) {
    policy::LoadedPolicies loaded = policy::LoadPolicies(set);
    if (loaded.policies != nullptr) return loaded;
    if (best.problems.empty() || loaded.problems.size() < best.problems.size()) {
      best = std::move(loaded);
    }
  }
  return best;
}

std::string AtPosition(core::SourcePos position, std::string_view message) {
  if (!position.known()) return std::string(message);
  return fmt::format("line {}, column {}: {}", position.line, position.column, message);
}

PolicyRemark RemarkOf(const PolicyProblem& problem, const PolicyKeys& keys) {
  const auto part = keys.part.find(problem.file);
  if (part != keys.part.end()) {
    return {FieldOf(part->second, problem.file), AtPosition(problem.position, problem.message)};
  }
  return {"data", fmt::format("it would break {}, which is in force: {}", problem.file,
                              AtPosition(problem.position, problem.message))};
}

PolicyRemark WarningOf(const PolicyProblem& problem, const PolicyKeys& keys) {
  PolicyRemark remark = RemarkOf(problem, keys);
  remark.message += fmt::format(" [{}]", problem.id);
  return remark;
}

}  // namespace

PolicyReview ReviewPolicies(JsonValue object, JsonValue old_object,
                            const std::vector<PolicyFile>& in_force, core::WallTime time) {
  PolicyReview review;
  review.labelled = IsLabelled(object) || IsLabelled(old_object);
  if (!review.labelled) return review;
  const PolicyKeys now = ReadConfigMap(object);
  const PolicyKeys before = ReadConfigMap(old_object);
  review.errors = now.errors;
  if (now.contents.empty() && now.errors.empty()) {
    review.warnings.push_back(
        {"data", "no key ends in .yaml or .yml: mountguard finds no policy in this ConfigMap"});
    return review;
  }
  const policy::LoadedPolicies loaded = LoadBest(Places(now, before, in_force).Sets());
  for (const PolicyProblem& problem : loaded.problems) {
    review.errors.push_back(RemarkOf(problem, now));
  }
  if (loaded.policies == nullptr) return review;
  for (const PolicyProblem& warning : policy::LintPolicies(*loaded.policies, time)) {
    // What is doubtful in other files is not the doing of this ConfigMap's author.
    if (now.Has(warning.file)) review.warnings.push_back(WarningOf(warning, now));
  }
  return review;
}

}  // namespace mountguard::webhook
