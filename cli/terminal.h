#ifndef MOUNTGUARD_CLI_TERMINAL_H_
#define MOUNTGUARD_CLI_TERMINAL_H_

#include <string>
#include <string_view>

#include "cli/environment.h"

namespace mountguard::cli {

/// What is known of the terminal behind a file descriptor. Colour needs a terminal that is not
/// "dumb" and an environment without NO_COLOR (https://no-color.org).
Terminal TerminalOf(int file_descriptor);

/// True for a terminal on which a line can be erased.
bool CanRewriteLines(int file_descriptor);

/// The columns of a terminal; 80 where it does not say.
int ColumnsOf(int file_descriptor);

/// True for a pipe or socket whose other end was closed: nobody wants to read the rest.
bool ReaderIsGone(int file_descriptor);

/// What a stretch of text means; its colour follows from that.
enum class Style { kDeny, kWarn, kAudit, kGood, kStrong, kFaint, kRemedy };

/// The escape sequences around a styled text; "" on a terminal without colour.
std::string_view StartOf(const Terminal& terminal, Style style);
std::string_view EndOfStyle(const Terminal& terminal);

/// `text` in the style's colour, or as it is on a terminal without.
std::string Styled(const Terminal& terminal, Style style, std::string_view text);

/// `text`, which begins at `column`, with line ends for spaces where the terminal would break it;
/// the lines that follow begin with `indent` spaces. As it is where nobody looks at it: programs
/// that read a line want all of it. A word is never broken, so that paths can be copied.
std::string Wrapped(const Terminal& terminal, std::string_view text, int column, int indent);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_TERMINAL_H_
