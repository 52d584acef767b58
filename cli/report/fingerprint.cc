#include "cli/report/fingerprint.h"

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
  const int number = seen_[std::hash<std::string>()(identity)]++;
  return core::Sha256Hex(identity + std::to_string(number));
}

}  // namespace mountguard::cli
