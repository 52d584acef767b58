#include "core/document_splitter.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/json_syntax.h"
#include "core/utf8.h"

namespace mountguard::core {
namespace {

constexpr std::string_view kSeparator = "---";
/// How far kubectl looks for the brace that makes a stream JSON.
constexpr std::size_t kGuessWindow = 4096;

std::string_view TrimSpace(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
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

/// The text up to the next separator line or the end.
struct Stretch {
  std::size_t size = 0;
  int lines = 0;
};

Stretch FindSeparator(std::string_view text) {
  Stretch stretch;
  while (text.compare(stretch.size, kSeparator.size(), kSeparator) != 0) {
    const std::size_t end = text.find('\n', stretch.size);
    if (end == std::string_view::npos) return {text.size(), stretch.lines};
    stretch.size = end + 1;
    ++stretch.lines;
  }
  return stretch;
}

/// What stands on the lines before the content: blank lines and comments.
struct Preamble {
  std::string_view helm_source;
  bool is_all = true;  // there is no content
};

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
    if (line.substr(0, kHelmSource.size()) == kHelmSource) {
      preamble.helm_source = trimmed.substr(kHelmSource.size());
    }
    text.remove_prefix(line.size());
  }
  return preamble;
}

}  // namespace

DocumentSplitter::DocumentSplitter(std::string_view manifest) : rest_(manifest), lines_(manifest) {
  const std::string_view window = TrimSpace(manifest.substr(0, kGuessWindow));
  json_ = !window.empty() && window.front() == '{';
}

std::optional<DocumentText> DocumentSplitter::Next() {
  if (json_) {
    if (auto document = NextJson()) return document;
  }
  return NextYaml();
}

/// Nothing at the end of the stream, and where JSON ends and YAML may go on.
std::optional<DocumentText> DocumentSplitter::NextJson() {
  Skip(CountSpace(rest_));
  if (rest_.empty()) return std::nullopt;
  if (const auto length = JsonValueLength(rest_)) {
    DocumentText document = Take(*length);
    Skip(*length);
    document.json = true;
    ++json_values_;
    return document;
  }
  json_ = false;
  if (json_values_ < 2) return std::nullopt;  // kubectl gives YAML a try
  DocumentText document = Take(rest_.size());
  Skip(rest_.size());
  document.refused = InputError{
      "this is no JSON value: a file that starts with several JSON values must go on with them, "
      "without `---`",
      document.start};
  return document;
}

std::optional<DocumentText> DocumentSplitter::NextYaml() {
  const Stretch stretch = FindSeparator(rest_);
  const Preamble preamble = ReadPreamble(rest_.substr(0, stretch.size));
  const bool counts = separated_ || !preamble.is_all || stretch.size == rest_.size();
  if (rest_.empty() && !separated_) return std::nullopt;
  DocumentText document = Take(stretch.size);
  SkipLines(stretch.size, stretch.lines);
  document.helm_source = preamble.helm_source;
  document.refused = std::move(refused_);
  refused_.reset();
  separated_ = false;
  if (!rest_.empty()) SkipSeparator();
  if (counts) return document;
  --index_;
  return NextYaml();
}

/// kubectl takes nothing but a comment behind the three dashes.
void DocumentSplitter::SkipSeparator() {
  const std::string_view line = FirstLine(rest_);
  const std::string_view behind = TrimSpace(line.substr(kSeparator.size()));
  if (!behind.empty() && behind.front() != '#') {
    refused_ = InputError{
        fmt::format("invalid Yaml document separator: {} (kubectl takes nothing but a comment "
                    "behind `---`; put the document on the next line)",
                    behind),
        pos_};
  }
  SkipLines(line.size(), 1);
  separated_ = true;
}

DocumentText DocumentSplitter::Take(std::size_t size) {
  DocumentText document;
  document.text = rest_.substr(0, size);
  document.lines = lines_.substr(0, lines_.size() - rest_.size() + size);
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
  if (line_start > 0) lines_.remove_prefix(lines_.size() - rest_.size() - last_line.size());
}

}  // namespace mountguard::core
