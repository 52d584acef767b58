#include "policy/source_text.h"

#include <fmt/format.h>

#include "core/utf8.h"
#include "policy/policy_loader.h"

namespace mountguard::policy {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsControl(unsigned char byte) {
  return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
}

}  // namespace

std::string_view WithoutByteOrderMark(std::string_view text) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return text;
}

std::optional<YamlTree::Problem> FindUnreadable(std::string_view text, std::string_view what) {
  core::SourcePos position{1, 1};
  if (text.size() > kMaxPolicyFileSize) {
    return YamlTree::Problem{
        position, fmt::format("the file has {} bytes; {} file may have {}: split it", text.size(),
                              what, kMaxPolicyFileSize)};
  }
  for (std::string_view rest = text; !rest.empty();) {
    const auto byte = static_cast<unsigned char>(rest.front());
    const core::Rune rune = byte < 0x80 ? core::Rune{byte, 1, true} : core::DecodeRune(rest);
    if (!rune.valid) return YamlTree::Problem{position, "the file is not encoded in UTF-8"};
    if (IsControl(byte)) {
      return YamlTree::Problem{
          position, fmt::format("the control character U+{:04X} may not stand in {}", byte, what)};
    }
    position = byte == '\n' ? core::SourcePos{position.line + 1, 1}
                            : core::SourcePos{position.line, position.column + 1};
    rest.remove_prefix(rune.length);
  }
  return std::nullopt;
}

}  // namespace mountguard::policy
