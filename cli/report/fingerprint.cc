#include "cli/report/fingerprint.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string_view>

#include "cli/report/wording.h"
#include "core/sha256.h"

namespace mountguard::cli {
namespace {

/// "spec.containers[].volumeMounts[].mountPropagation": a field without the indices, which change
/// when something is put before it.
std::string WithoutIndices(std::string_view field) {
  std::string out;
  bool inside = false;
  for (const char c : field) {
    if (c == ']') inside = false;
    if (!inside) out += c;
    if (c == '[') inside = true;
  }
  return out;
}

/// Texts joined so that no two lists give the same.
std::string Joined(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) {
    out += std::to_string(part.size());
    out += ':';
    out += part;
  }
  return out;
}

}  // namespace

std::string Fingerprinter::Of(const CheckResult& result) {
  return Numbered(Joined({result.rule, PathText(result.file), result.api_version, result.kind,
                          result.namespace_name, result.name, result.template_path,
                          result.container.value_or(""), result.volume.value_or(""),
                          result.mount_path.value_or(""), WithoutIndices(result.field)}));
}

std::string Fingerprinter::Of(const CheckError& error) {
  return Numbered(
      Joined({"error", PathText(error.file), std::to_string(error.document), error.message}));
}

std::string Fingerprinter::Numbered(const std::string& identity) {
  const std::uint64_t hash = std::hash<std::string>()(identity);
  int number = 0;
  if (IsSeen(hash)) {
    number = ++repeats_[hash];
  } else {
    Remember(hash);
  }
  return core::Sha256Hex(identity + std::to_string(number));
}

bool Fingerprinter::IsSeen(std::uint64_t hash) const {
  return recently_seen_.count(hash) > 0 || std::binary_search(seen_.begin(), seen_.end(), hash);
}

/// A set takes five times the memory of what is in it, so what is in it is moved on.
void Fingerprinter::Remember(std::uint64_t hash) {
  constexpr std::size_t kMostRecent = 100'000;
  recently_seen_.insert(hash);
  if (recently_seen_.size() < kMostRecent) return;
  const auto size = static_cast<std::ptrdiff_t>(seen_.size());
  seen_.insert(seen_.end(), recently_seen_.begin(), recently_seen_.end());
  recently_seen_.clear();
  std::sort(seen_.begin() + size, seen_.end());
  std::inplace_merge(seen_.begin(), seen_.begin() + size, seen_.end());
}

}  // namespace mountguard::cli
