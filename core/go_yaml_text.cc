#include "core/go_yaml_text.h"

#include <algorithm>

#include "core/utf8.h"

namespace mountguard::core {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
/// Stand-ins come from the characters of private use, and from those behind them if a text has all.
constexpr char32_t kFirstStandIn = 0xE000;

bool IsTagCharacter(char c) {
  const bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return letter || std::string_view("_-;/?:@&=+$,.!~*'()[]%").find(c) != std::string_view::npos;
}

void ReplaceAll(std::string_view what, std::string_view with, std::string* text) {
  for (std::size_t at = text->find(what); at != std::string::npos;
       at = text->find(what, at + with.size())) {
    text->replace(at, what.size(), with);
  }
}

/// True if the backslash at `at` begins an escape, were the text around it double-quoted: the
/// backslashes before it come in pairs.
bool BeginsEscape(std::string_view text, std::size_t at) {
  std::size_t first = at;
  while (first > 0 && text[first - 1] == '\\') --first;
  return (at - first) % 2 == 0;
}

}  // namespace

GoYamlText::GoYamlText(std::string_view text) : text_(text), next_stand_in_(kFirstStandIn) {
  const bool escapes =
      text.find("\\'") != std::string_view::npos || text.find("\\/") != std::string_view::npos;
  const bool marks = text.find(kByteOrderMark, 1) != std::string_view::npos;
  if (!escapes && !marks) return;
  slash_ = PickStandIn();
  backslash_ = PickStandIn();
  mark_ = PickStandIn();
  changed_ = true;
  rewritten_.reserve(text.size() + text.size() / 8);
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (at > 0 && text.substr(at, kByteOrderMark.size()) == kByteOrderMark) {
      rewritten_ += mark_;
      at += kByteOrderMark.size() - 1;
    } else if (text[at] == '\\' && next == '\'' && BeginsEscape(text, at)) {
      rewritten_ += backslash_;
    } else if (text[at] == '\\' && next == '/' && BeginsEscape(text, at)) {
      rewritten_ += '\\' + slash_;
      ++at;
    } else {
      rewritten_ += text[at];
    }
  }
}

/// A character that the text does not have.
std::string GoYamlText::PickStandIn() {
  std::string stand_in;
  do {
    stand_in.clear();
    AppendRune(next_stand_in_++, &stand_in);
  } while (text_.find(stand_in) != std::string_view::npos);
  return stand_in;
}

std::string GoYamlText::Restore(std::string_view value, bool double_quoted) const {
  std::string restored(value);
  if (!slash_.empty()) {
    ReplaceAll(slash_, "/", &restored);
    ReplaceAll(backslash_, double_quoted ? "" : "\\", &restored);
    ReplaceAll(mark_, kByteOrderMark, &restored);
  }
  if (!colon_.empty()) ReplaceAll(colon_, ":", &restored);
  return restored;
}

bool GoYamlText::IsEscapedSlash(std::size_t offset) const {
  return !slash_.empty() && text().substr(offset, 1 + slash_.size()) == '\\' + slash_;
}

bool GoYamlText::MakeLetter(std::size_t offset) {
  if (offset >= text().size() || text()[offset] != ':') return false;
  if (colon_.empty()) colon_ = PickStandIn();
  Replace(offset, 1, colon_);
  return true;
}

/// The letters are lost: no tag that has one of these means anything.
bool GoYamlText::ExtendTag(std::size_t offset) {
  const std::string_view tag = text().substr(std::min(offset, text().size()));
  if (tag.empty() || tag.front() != '!' || tag.substr(0, 2) == "!<") return false;
  bool extended = false;
  for (std::size_t i = 1; i < text().size() - offset && IsTagCharacter(text()[offset + i]); ++i) {
    if (std::string_view(",[]").find(text()[offset + i]) == std::string_view::npos) continue;
    Replace(offset + i, 1, ".");
    extended = true;
  }
  return extended;
}

void GoYamlText::Replace(std::size_t offset, std::size_t size, const std::string& stand_in) {
  if (!changed_) rewritten_ = text_;
  changed_ = true;
  rewritten_.replace(offset, size, stand_in);
}

}  // namespace mountguard::core
