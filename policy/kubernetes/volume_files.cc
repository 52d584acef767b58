#include "policy/kubernetes/volume_files.h"

#include <optional>
#include <string_view>
#include <utility>

#include "core/names.h"
#include "core/text_map.h"
#include "policy/kubernetes/field_check.h"
#include "policy/kubernetes/local_path.h"
#include "policy/kubernetes/quantity.h"

namespace mountguard::policy {
namespace {

using core::JsonValue;

bool IsFileMode(JsonValue mode) { return IsWithin(mode, 0, 0777); }

bool IsFilePath(std::string_view path) { return !path.empty() && IsLocalNonReserved(path); }

/// Source: validateKeyToPath.
bool IsValidKeyToPath(JsonValue item) {
  return HasText(item.Get("key")) && IsFilePath(item.Get("path").AsString()) &&
         IsFileMode(item.Get("mode"));
}

/// A field path such as `metadata.labels['app']`, taken apart; nothing if it has no subscript.
/// Source: fieldpath.SplitMaybeSubscriptedPath.
std::optional<std::pair<std::string_view, std::string_view>> SplitSubscript(std::string_view path) {
  constexpr std::string_view kOpen = "['";
  constexpr std::string_view kClose = "']";
  if (path.size() < kClose.size() || path.substr(path.size() - kClose.size()) != kClose) {
    return std::nullopt;
  }
  path.remove_suffix(kClose.size());
  const std::size_t open = path.find(kOpen);
  if (open == std::string_view::npos || open == 0) return std::nullopt;
  return std::pair(path.substr(0, open), path.substr(open + kOpen.size()));
}

/// Source: validateObjectFieldSelector, with what a volume may show.
bool IsValidFieldRef(JsonValue field_ref) {
  const std::string_view version = field_ref.Get("apiVersion").AsString();
  if (!version.empty() && version != "v1") return false;  // v1 by default
  const std::string_view path = field_ref.Get("fieldPath").AsString();
  if (const auto subscripted = SplitSubscript(path)) {
    const auto& [map, key] = *subscripted;
    if (map == "metadata.labels") return core::IsQualifiedName(key);
    return map == "metadata.annotations" && core::IsQualifiedName(core::GoToLower(key));
  }
  return IsOneOf(path, {"metadata.name", "metadata.namespace", "metadata.labels",
                        "metadata.annotations", "metadata.uid"});
}

/// Source: validateContainerResourceDivisor.
bool IsValidDivisor(JsonValue divisor, bool of_cpu) {
  if (SignOf(divisor) == 0) return true;  // unset
  const auto suffix = UnitSuffixOf(divisor);
  if (!suffix) return false;
  if (of_cpu) return IsOneOf(*suffix, {"", "m"});
  return !IsOneOf(*suffix, {"n", "u", "m"});
}

/// Source: validateContainerResourceFieldSelector.
bool IsValidResourceFieldRef(JsonValue resource_ref) {
  constexpr std::string_view kHugePages = "hugepages-";
  if (!HasText(resource_ref.Get("containerName"))) return false;
  std::string_view resource = resource_ref.Get("resource").AsString();
  const std::size_t dot = resource.find('.');
  if (!IsOneOf(resource.substr(0, dot), {"limits", "requests"})) return false;
  resource.remove_prefix(dot == std::string_view::npos ? resource.size() : dot + 1);
  const bool known = IsOneOf(resource, {"cpu", "memory", "ephemeral-storage"}) ||
                     resource.substr(0, kHugePages.size()) == kHugePages;
  return known && IsValidDivisor(resource_ref.Get("divisor"), resource == "cpu");
}

/// Source: validateDownwardAPIVolumeFile.
bool IsValidDownwardApiFile(JsonValue file) {
  if (!IsFilePath(file.Get("path").AsString()) || !IsFileMode(file.Get("mode"))) return false;
  const JsonValue field_ref = file.Get("fieldRef");
  const JsonValue resource_ref = file.Get("resourceFieldRef");
  if (IsSet(field_ref)) return !IsSet(resource_ref) && IsValidFieldRef(field_ref);
  return IsSet(resource_ref) && IsValidResourceFieldRef(resource_ref);
}

template <class IsValidItem>
bool AllItems(JsonValue items, IsValidItem is_valid) {
  for (JsonValue item : items.Elements()) {
    if (!is_valid(item)) return false;
  }
  return true;
}

/// A token's path may well be another source's: upstream does not compare it.
bool IsValidServiceAccountToken(JsonValue token) {
  constexpr std::int64_t kTenMinutes = 600;
  constexpr std::int64_t kLongest = std::int64_t{1} << 32;
  const JsonValue expiration = token.Get("expirationSeconds");
  const bool in_time = !IsSet(expiration) || IsWithin(expiration, kTenMinutes, kLongest);
  return in_time && IsFilePath(token.Get("path").AsString());
}

/// One entry of projected.sources; `paths` holds the files of those before it. An entry without any
/// source is fine. Source: validateProjectionSources.
bool IsValidProjection(JsonValue projection, core::TextSet* paths) {
  const auto is_new = [paths](JsonValue item) {
    return paths->Insert(item.Get("path").AsString());
  };
  int sources = 0;
  for (const auto& [field, source] : projection.Members()) {
    if (!IsSet(source)) continue;
    if (field == "secret" || field == "configMap") {
      ++sources;
      const bool valid =
          HasText(source.Get("name")) && AllItems(source.Get("items"), [&](auto item) {
            return IsValidKeyToPath(item) && is_new(item);
          });
      if (!valid) return false;
    } else if (field == "downwardAPI") {
      ++sources;
      const bool valid = AllItems(source.Get("items"), [&](auto item) {
        return IsValidDownwardApiFile(item) && is_new(item);
      });
      if (!valid) return false;
    } else if (field == "serviceAccountToken") {
      ++sources;
      if (!IsValidServiceAccountToken(source)) return false;
    }
  }
  return sources <= 1;
}

}  // namespace

bool IsValidConfigMap(JsonValue config_map) {
  return HasText(config_map.Get("name")) && IsFileMode(config_map.Get("defaultMode")) &&
         AllItems(config_map.Get("items"), IsValidKeyToPath);
}

bool IsValidSecret(JsonValue secret) {
  return HasText(secret.Get("secretName")) && IsFileMode(secret.Get("defaultMode")) &&
         AllItems(secret.Get("items"), IsValidKeyToPath);
}

bool IsValidDownwardApi(JsonValue downward_api) {
  return IsFileMode(downward_api.Get("defaultMode")) &&
         AllItems(downward_api.Get("items"), IsValidDownwardApiFile);
}

bool IsValidProjected(JsonValue projected) {
  core::TextSet paths;
  return IsFileMode(projected.Get("defaultMode")) &&
         AllItems(projected.Get("sources"),
                  [&](JsonValue projection) { return IsValidProjection(projection, &paths); });
}

}  // namespace mountguard::policy
