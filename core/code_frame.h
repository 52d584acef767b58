#ifndef MOUNTGUARD_CORE_CODE_FRAME_H_
#define MOUNTGUARD_CORE_CODE_FRAME_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/source_pos.h"

namespace mountguard::core {

/// The lines of a text by their number, without their line ends. The text may be a part of a file;
/// `first_line` is then the number of its first line. Borrows the text. Immutable; thread-safe.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text, int first_line = 1);
  explicit LineIndex(std::string&& text, int first_line = 1) = delete;

  bool Has(int number) const {
    return number >= first_line_ && number < first_line_ + static_cast<int>(starts_.size());
  }
  /// "" for a line that is not there.
  std::string_view Line(int number) const;

 private:
  std::string_view text_;
  int first_line_;
  std::vector<std::size_t> starts_;
};

/// A place in a YAML or JSON text with the lines around it, ready to be printed: tabs are spaces,
/// control characters are replaced, lines are cut to a width. Owns its text.
struct CodeFrame {
  struct Line {
    int number = 0;
    std::string text;
  };
  std::vector<Line> lines;  // empty where the place is not known
  std::size_t target = 0;   // into lines: the one with the caret below it
  int caret_column = 0;     // columns of the terminal before the caret
  int caret_width = 1;      // columns that the value takes
  int value_length = 0;     // code points of the whole value, as far as it stands on this line

  bool empty() const { return lines.empty(); }
};

/// The frame of the value at `position`: its line and one before and after it, blank ones at the
/// ends left out, none wider than `width` columns of a terminal.
CodeFrame MakeCodeFrame(const LineIndex& lines, SourcePos position, int width);

/// `text` with everything replaced that could steer a terminal: control characters, text direction,
/// bytes that are no UTF-8.
std::string PrintableText(std::string_view text);
/// The same behind what `out` holds.
void AppendPrintable(std::string_view text, std::string* out);

/// What is put before and behind the parts of a frame: a terminal's escape sequences, or nothing.
struct FramePaint {
  std::string_view gutter;
  std::string_view caret;
  std::string_view end;
};

/// The frame as text, every line ended:
///    11 |   volumeMounts:
///    12 |   - mountPropagation: Bidirectional
///       |                       ^^^^^^^^^^^^^
///    13 |     name: host
std::string ToText(const CodeFrame& frame, const FramePaint& paint = {});

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_CODE_FRAME_H_
