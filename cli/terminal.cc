#include "cli/terminal.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/display_width.h"

namespace mountguard::cli {
namespace {

constexpr int kNarrowest = 40;
constexpr int kWidest = 160;

/// In the order of Style: ECMA-48 "select graphic rendition".
constexpr std::array<std::string_view, 7> kStarts = {
    "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m", "\x1b[1;32m", "\x1b[1m", "\x1b[2m", "\x1b[36m"};
constexpr std::string_view kEnd = "\x1b[0m";

bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool IsDumb() {
  const char* term = std::getenv("TERM");
  return term != nullptr && std::string_view(term) == "dumb";
}

}  // namespace

Terminal TerminalOf(int file_descriptor) {
  Terminal terminal;
  if (isatty(file_descriptor) == 0) return terminal;
  terminal.wraps = true;
  terminal.colour = !IsSet("NO_COLOR") && !IsDumb();
  winsize size{};
  if (ioctl(file_descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.width = std::clamp<int>(size.ws_col, kNarrowest, kWidest);
  }
  return terminal;
}

bool CanRewriteLines(int file_descriptor) { return isatty(file_descriptor) != 0 && !IsDumb(); }

int ColumnsOf(int file_descriptor) {
  constexpr int kUsual = 80;
  winsize size{};
  const bool told = ioctl(file_descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return told ? size.ws_col : kUsual;
}

bool ReaderIsGone(int file_descriptor) {
  pollfd watched = {file_descriptor, POLLOUT, 0};
  return poll(&watched, 1, 0) == 1 && (watched.revents & (POLLERR | POLLHUP)) != 0;
}

std::string_view StartOf(const Terminal& terminal, Style style) {
  return terminal.colour ? kStarts[static_cast<std::size_t>(style)] : "";
}

std::string_view EndOfStyle(const Terminal& terminal) { return terminal.colour ? kEnd : ""; }

std::string Styled(const Terminal& terminal, Style style, std::string_view text) {
  if (text.empty()) return "";
  return fmt::format("{}{}{}", StartOf(terminal, style), text, EndOfStyle(terminal));
}

std::string Wrapped(const Terminal& terminal, std::string_view text, int column, int indent) {
  if (!terminal.wraps) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    const int width = core::DisplayWidth(word);
    if (!out.empty() && column + 1 + width > terminal.width) {
      out.append("\n").append(static_cast<std::size_t>(indent), ' ');
      column = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width;
  }
  return out;
}

}  // namespace mountguard::cli
