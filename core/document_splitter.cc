#include "core/document_splitter.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/json_syntax.h"
#include "core/utf8.h"

namespace mountguard::core {
namespace {

constexpr std::string_view kSeparator = "---";
/// How much of a line before a JSON value is kept for a frame.
constexpr std::size_t kLongestLine = std::size_t{1} << 20;

/// unicode.IsSpace.
bool IsUnicodeSpace(char32_t c) {
  return (c >= '\t' && c <= '\r') || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

/// The bytes of white space, as Go sees it, at the start of a text.
std::size_t CountUnicodeSpace(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size()) {
    const Rune rune = DecodeRune(text.substr(count));
    if (!rune.valid || !IsUnicodeSpace(rune.code_point)) break;
    count += rune.length;
  }
  return count;
}

std::string_view TrimSpace(std::string_view text) {
  text.remove_prefix(CountUnicodeSpace(text));
  return text.substr(0, text.find_last_not_of(" \t\n\v\f\r") + 1);
}

/// The first line of `text` with its line break.
std::string_view FirstLine(std::string_view text) {
  const std::size_t end = text.find('\n');
  return text.substr(0, end == std::string_view::npos ? end : end + 1);
}

std::size_t CountSpace(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), IsJsonSpace);
  return static_cast<std::size_t>(end - text.begin());
}

/// What stands on the lines before the content: blank lines and comments.
struct Preamble {
  std::string_view helm_source;
  bool is_all = true;    // there is no content
  bool is_plain = true;  // nothing in it that YAML could refuse
};

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= ' ' && c < 0x7F) || c == '\n' || c == '\t'; });
}

Preamble ReadPreamble(std::string_view text) {
  constexpr std::string_view kHelmSource = "# Source: ";
  Preamble preamble;
  while (!text.empty()) {
    const std::string_view line = FirstLine(text);
    const std::string_view trimmed = TrimSpace(line);
    if (!trimmed.empty() && trimmed.front() != '#') {
      preamble.is_all = false;
      break;
    }
    preamble.is_plain = preamble.is_plain && IsPlain(line);
    if (line.substr(0, kHelmSource.size()) == kHelmSource) {
      preamble.helm_source = TrimSpace(line.substr(kHelmSource.size()));
    }
    text.remove_prefix(line.size());
  }
  return preamble;
}

}  // namespace

DocumentSplitter::DocumentSplitter(std::string_view window, bool last)
    : rest_(window), lines_(window), last_(last) {
  const std::string_view start = TrimSpace(window.substr(0, kGuessWindow));
  json_ = !start.empty() && start.front() == '{';
}

void DocumentSplitter::Continue(std::string_view window, bool last) {
  const std::size_t read = lines_.size() - rest_.size();
  lines_ = window;
  rest_ = window.substr(read);
  last_ = last;
}

std::optional<DocumentText> DocumentSplitter::Next() {
  if (done_) return std::nullopt;
  if (json_) {
    auto document = NextJson();
    if (document || json_) return document;
  }
  return NextYaml();
}

/// Nothing at the end of the stream, where the window is too small, and, with json_ reset, where
/// YAML may go on.
std::optional<DocumentText> DocumentSplitter::NextJson() {
  const std::string_view space = rest_.substr(0, CountSpace(rest_));
  const std::string_view text = rest_.substr(space.size());
  if (text.empty()) return std::nullopt;
  const JsonExtent value = MeasureJsonValue(text);
  const bool may_go_on = value.kind == JsonExtent::Kind::kUnfinished ||
                         value.length == text.size() || rest_.size() < kGuessWindow;
  if (may_go_on && !last_) return std::nullopt;
  if (value.kind == JsonExtent::Kind::kValue) {
    Skip(space.size());
    DocumentText document = Take(value.length);
    Skip(value.length);
    ForgetLongLine();
    document.json = true;
    ++json_values_;
    return document;
  }
  if (json_values_ < 2) {  // kubectl gives YAML a try
    json_ = false;
    if (SkipSpaceBeforeYaml()) return std::nullopt;
    return Refuse("text behind a JSON value that is neither JSON nor YAML: remove it");
  }
  Skip(space.size());
  return Refuse(
      "this is no JSON value: a file that starts with several JSON values must go on with them, "
      "without `---`");
}

/// The rest of the window as a document that is refused; kubectl looks no further.
DocumentText DocumentSplitter::Refuse(const char* message) {
  DocumentText document = Take(rest_.size());
  rest_ = lines_ = {};
  done_ = true;
  document.refused = InputError{message, document.start};
  return document;
}

/// Between a JSON value and YAML kubectl drops white space up to the end of the line. It looks at
/// four bytes at a time, and fails where there are fewer, or no UTF-8.
bool DocumentSplitter::SkipSpaceBeforeYaml() {
  constexpr std::size_t kLookedAt = 4;
  std::size_t size = 0;
  while (true) {
    const std::string_view text = rest_.substr(size);
    if (text.size() < kLookedAt) return false;
    const Rune rune = DecodeRune(text);
    if (!rune.valid || rune.code_point == 0xFFFD) return false;
    if (!IsUnicodeSpace(rune.code_point)) break;
    size += rune.length;
    if (rune.code_point == '\n') break;
  }
  Skip(size);
  return true;
}

std::optional<DocumentText> DocumentSplitter::NextYaml() {
  while (!rest_.empty() || separated_) {
    const bool found = FindSeparator();
    const bool line_is_whole = rest_.find('\n', scanned_.size) != std::string_view::npos;
    if (!last_ && !(found && line_is_whole)) return std::nullopt;
    const Preamble preamble = ReadPreamble(rest_.substr(0, scanned_.size));
    const bool counts = separated_ || !preamble.is_all || !found;
    const bool nothing_before = kept_separator_ + scanned_.size == 0;
    DocumentText document = TakeStretch();
    document.helm_source = preamble.helm_source;
    document.preamble = !counts;
    document.lacks_line_feed = !document.text.empty() && document.text.back() != '\n';
    if (!counts) --index_;
    if (found) SkipSeparator(nothing_before);
    if (counts || !preamble.is_plain) return document;
  }
  return std::nullopt;
}

/// Moves scanned_ on to the next separator line, or to the last line of the window.
bool DocumentSplitter::FindSeparator() {
  while (rest_.compare(scanned_.size, kSeparator.size(), kSeparator) != 0) {
    const std::size_t end = rest_.find('\n', scanned_.size);
    if (end == std::string_view::npos) {
      if (last_) scanned_.size = rest_.size();
      return false;
    }
    scanned_.size = end + 1;
    ++scanned_.lines;
  }
  return true;
}

/// The text up to scanned_, with the line before it if that belongs to it.
DocumentText DocumentSplitter::TakeStretch() {
  DocumentText document = Take(scanned_.size);
  if (kept_separator_ > 0) {
    document.text = document.lines;
    --document.start.line;
  }
  document.refused = std::move(refused_);
  refused_.reset();
  separated_ = false;
  kept_separator_ = 0;
  SkipLines(scanned_.size, scanned_.lines);
  scanned_ = {};
  return document;
}

/// kubectl takes nothing but a comment behind the three dashes; the line becomes a part of the next
/// document if there is nothing before it.
void DocumentSplitter::SkipSeparator(bool nothing_before) {
  const std::string_view line = FirstLine(rest_);
  const std::string_view behind = TrimSpace(line.substr(kSeparator.size()));
  if (!behind.empty() && behind.front() != '#') {
    refused_ = InputError{
        fmt::format("invalid Yaml document separator: {} (kubectl takes nothing but a comment "
                    "behind `---`; put the document on the next line)",
                    behind),
        pos_};
  }
  const std::string_view from_separator = rest_;
  SkipLines(line.size(), 1);
  separated_ = true;
  if (!nothing_before || refused_) return;
  kept_separator_ = line.size();
  lines_ = from_separator;
}

DocumentText DocumentSplitter::Take(std::size_t size) {
  DocumentText document;
  document.text = rest_.substr(0, size);
  if (!line_is_cut_) document.lines = lines_.substr(0, lines_.size() - rest_.size() + size);
  document.index = index_++;
  document.start = pos_;
  return document;
}

/// Steps over whole lines whose number is known.
void DocumentSplitter::SkipLines(std::size_t size, int lines) {
  rest_.remove_prefix(size);
  lines_ = rest_;
  pos_ = {pos_.line + lines, 1};
}

void DocumentSplitter::Skip(std::size_t size) {
  const std::string_view skipped = rest_.substr(0, size);
  rest_.remove_prefix(size);
  std::size_t line_start = 0;
  for (std::size_t at = skipped.find('\n'); at != std::string_view::npos;
       at = skipped.find('\n', line_start)) {
    line_start = at + 1;
    ++pos_.line;
    pos_.column = 1;
  }
  const std::string_view last_line = skipped.substr(line_start);
  pos_.column += static_cast<int>(CountRunes(last_line));
  if (line_start == 0) return;
  lines_.remove_prefix(lines_.size() - rest_.size() - last_line.size());
  line_is_cut_ = false;
}

/// JSON values without line ends between them must not keep each other in memory.
void DocumentSplitter::ForgetLongLine() {
  if (lines_.size() - rest_.size() <= kLongestLine) return;
  lines_ = rest_;
  line_is_cut_ = true;
}

}  // namespace mountguard::core
