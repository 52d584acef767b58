#include "core/code_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/display_width.h"
#include "core/utf8.h"

namespace mountguard::core {
namespace {

constexpr int kTabStop = 8;
constexpr std::string_view kEllipsis = "…";
constexpr char32_t kControlPicture = 0x2400;  // U+2400 + c shows the control character c
constexpr char32_t kDeletePicture = 0x2421;
constexpr char32_t kReplacement = 0xFFFD;

/// What is put on the terminal for a code point, so that nothing in a file can steer it.
char32_t Printable(const Rune& rune) {
  const char32_t c = rune.code_point;
  if (!rune.valid) return kReplacement;
  if (c < 0x20) return kControlPicture + c;
  if (c == 0x7F) return kDeletePicture;
  const bool bidi = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  if (c == 0xFEFF || (c >= 0x80 && c < 0xA0) || bidi) return kReplacement;
  return c;
}

/// Walks a line code point by code point: visit(column of the terminal, its width, printable text).
template <class Visit>
void WalkColumns(std::string_view line, const Visit& visit) {
  int column = 0;
  std::string text;
  while (!line.empty()) {
    const Rune rune = DecodeRune(line);
    line.remove_prefix(rune.length);
    text.clear();
    int width = 0;
    if (rune.code_point == '\t' && rune.valid) {
      width = kTabStop - column % kTabStop;
      text.append(static_cast<std::size_t>(width), ' ');
    } else {
      AppendRune(Printable(rune), &text);
      width = DisplayWidth(Printable(rune));
    }
    if (!visit(column, width, std::string_view(text))) return;
    column += width;
  }
}

/// Columns of the terminal that the first `runes` code points of `line` take.
int ColumnsOf(std::string_view line, int runes) {
  int end = 0;
  WalkColumns(line, [&](int column, int width, std::string_view) {
    if (runes-- <= 0) return false;
    end = column + width;
    return true;
  });
  return end;
}

/// The stretch [first, first + width) of a line's columns, with an ellipsis where something was
/// left out.
std::string Window(std::string_view line, int first, int width) {
  const int shown_from = first > 0 ? first + 1 : 0;  // the ellipsis takes a column
  std::string out(first > 0 && !line.empty() ? kEllipsis : "");
  bool started = false;
  bool cut = false;
  WalkColumns(line, [&](int column, int columns, std::string_view text) {
    cut = column + columns > first + width;
    if (column < shown_from || cut) return !cut;
    // A wide character may have stood across the edge.
    if (!started) out.append(static_cast<std::size_t>(column - shown_from), ' ');
    started = true;
    out += text;
    return true;
  });
  if (cut) out += kEllipsis;
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

/// `text` without its first `runes` code points, eight at a time where they are ASCII: a minified
/// JSON text is one line of megabytes.
std::string_view DropRunes(std::string_view text, int runes) {
  constexpr int kWord = sizeof(std::uint64_t);
  constexpr std::uint64_t kNotAscii = 0x8080808080808080;
  while (runes > 0 && !text.empty()) {
    std::uint64_t word = kNotAscii;
    if (runes >= kWord && text.size() >= sizeof word) std::memcpy(&word, text.data(), sizeof word);
    const bool ascii = (word & kNotAscii) == 0;
    text.remove_prefix(ascii ? sizeof word : DecodeRune(text).length);
    runes -= ascii ? kWord : 1;
  }
  return text;
}

/// How many code points at the start of a line need no look because they lie far left of what is
/// shown around the one behind `runes_before`.
int FarLeft(int runes_before, int width) {
  constexpr int kFar = 4096;
  return runes_before > kFar + 2 * width ? runes_before - 2 * width : 0;
}

/// The start of `line`: enough of it to fill a window of `width` columns behind `runes` code
/// points.
std::string_view Near(std::string_view line, int runes, int width) {
  const std::string_view rest = DropRunes(line, runes + 2 * width);
  return line.substr(0, line.size() - rest.size());
}

/// The value at the start of `text`: a quoted scalar, or a plain one up to what ends it in YAML or
/// JSON.
std::string_view ValueAt(std::string_view text) {
  if (text.empty()) return text;
  const char quote = text[0];
  if (quote == '"' || quote == '\'') {
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '\\' && quote == '"') {
        ++i;
      } else if (text[i] == quote) {
        return text.substr(0, i + 1);
      }
    }
    return text;
  }
  if (quote == '{' || quote == '[') return text.substr(0, 1);
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    const char c = text[end];
    const char next = end + 1 < text.size() ? text[end + 1] : ' ';
    const bool spaced = next == ' ' || next == '\t';
    if ((c == ':' && spaced) || (c == ',' && spaced) || c == '}' || c == ']') break;
    if (c == ' ' && next == '#') break;
  }
  text = text.substr(0, end);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

LineIndex::LineIndex(std::string_view text, int first_line)
    : text_(text), first_line_(first_line), starts_{0} {
  std::size_t at = text.find('\n');
  for (; at != std::string_view::npos; at = text.find('\n', at + 1)) starts_.push_back(at + 1);
}

std::string_view LineIndex::Line(int number) const {
  if (!Has(number)) return {};
  const auto index = static_cast<std::size_t>(number - first_line_);
  const std::size_t start = starts_[index];
  const std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] - 1 : text_.size();
  std::string_view line = text_.substr(start, end - start);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

CodeFrame MakeCodeFrame(const LineIndex& lines, SourcePos position, int width) {
  CodeFrame frame;
  if (!lines.Has(position.line)) return frame;
  const int before = std::max(position.column, 1) - 1;
  const int far_left = FarLeft(before, width);
  const int runes_before = before - far_left;
  const std::string_view rest = DropRunes(lines.Line(position.line), far_left);
  const std::string_view value = ValueAt(DropRunes(rest, runes_before));
  frame.value_length = static_cast<int>(CountRunes(value));
  const std::string_view target = Near(rest, runes_before, width);
  const int caret = ColumnsOf(target, runes_before);
  const int value_width = ColumnsOf(target, runes_before + frame.value_length) - caret;
  // Far to the right the window follows the caret, with some of what stands before it; it goes no
  // further than to the end of the line.
  int first = 0;
  if (caret + std::min(value_width, width / 2) >= width) {
    const int line_width = ColumnsOf(target, static_cast<int>(CountRunes(target)));
    first = std::min(caret - width / 2, line_width - width);
  }
  for (int number = position.line - 1; number <= position.line + 1; ++number) {
    const std::string_view line =
        number == position.line ? target : DropRunes(lines.Line(number), far_left);
    const bool blank = line.find_first_not_of(" \t") == std::string_view::npos;
    if (number != position.line && blank) continue;
    std::string shown = Window(line, first, width);
    if (number == position.line) {
      frame.target = frame.lines.size();
    } else if (shown == kEllipsis) {
      continue;  // all of it stands left of the window
    }
    frame.lines.push_back({number, std::move(shown)});
  }
  frame.caret_column = caret - first;
  frame.caret_width = std::clamp(value_width, 1, std::max(width - frame.caret_column, 1));
  return frame;
}

std::string PrintableText(std::string_view text) {
  std::string out;
  AppendPrintable(text, &out);
  return out;
}

void AppendPrintable(std::string_view text, std::string* out) {
  if (IsPrintableAscii(text)) {
    out->append(text);
    return;
  }
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    AppendRune(Printable(rune), out);
    text.remove_prefix(rune.length);
  }
}

std::string ToText(const CodeFrame& frame, const FramePaint& paint) {
  std::string out;
  if (frame.empty()) return out;
  const std::size_t digits = fmt::formatted_size("{}", frame.lines.back().number);
  for (std::size_t i = 0; i < frame.lines.size(); ++i) {
    const CodeFrame::Line& line = frame.lines[i];
    out += fmt::format("{}  {:>{}} |{}{}{}\n", paint.gutter, line.number, digits, paint.end,
                       line.text.empty() ? "" : " ", line.text);
    if (i != frame.target) continue;
    const std::string caret(static_cast<std::size_t>(frame.caret_width), '^');
    out += fmt::format("{}  {:>{}} |{} {:{}}{}{}{}\n", paint.gutter, "", digits, paint.end, "",
                       frame.caret_column, paint.caret, caret, paint.end);
  }
  return out;
}

}  // namespace mountguard::core
