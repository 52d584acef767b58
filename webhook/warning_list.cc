#include "webhook/warning_list.h"

#include <fmt/format.h>

#include <utility>

#include "core/utf8.h"

namespace mountguard::webhook {
namespace {

/// The API server cuts every warning to 256 characters once all together exceed this.
constexpr std::size_t kMaxRunes = 4'096;
/// Kept free for the sentence that says how many warnings were left out.
constexpr std::size_t kOmittedRunes = 64;

}  // namespace

std::string WithoutControlCharacters(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const core::Rune rune = core::DecodeRune(text);
    const bool control =
        rune.code_point < 0x20 || (rune.code_point >= 0x7F && rune.code_point < 0xA0);
    if (control) {
      clean += fmt::format("\\u{:04x}", static_cast<unsigned>(rune.code_point));
    } else {
      core::AppendRune(rune.code_point, &clean);
    }
    text.remove_prefix(rune.length);
  }
  return clean;
}

void WarningList::Add(std::string_view text) {
  std::string warning = WithoutControlCharacters(text);
  if (!seen_.insert(warning).second) return;
  const std::size_t length = core::CountRunes(warning);
  if (runes_ + length > kMaxRunes - kOmittedRunes) {
    ++omitted_;
    return;
  }
  runes_ += length;
  warnings_.push_back(std::move(warning));
}

std::vector<std::string> WarningList::Take() && {
  if (omitted_ > 0) {
    warnings_.push_back(fmt::format("mountguard left out {} more warnings", omitted_));
  }
  return std::move(warnings_);
}

}  // namespace mountguard::webhook
