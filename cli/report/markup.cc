#include "cli/report/markup.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "core/code_frame.h"
#include "core/sha256.h"

namespace mountguard::cli {
namespace {

int HexValue(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

/// "sha256-..." in base64, as a content security policy names an inline script or style.
std::string PolicyHash(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "sha256-";
  unsigned bits = 0;
  int count = 0;
  for (const char digit : core::Sha256Hex(text)) {
    bits = (bits << 4U) | static_cast<unsigned>(HexValue(digit));
    count += 4;
    if (count < 6) continue;
    count -= 6;
    out += kDigits[(bits >> static_cast<unsigned>(count)) & 63U];
  }
  // 256 bits are 42 digits and 4 bits more.
  return out + kDigits[(bits << 2U) & 63U] + "=";
}

}  // namespace

std::string Escaped(std::string_view text) {
  std::string printable = core::PrintableText(text);
  if (printable.find_first_of("&<>\"") == std::string::npos) return printable;
  std::string out;
  for (const char c : printable) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void WritePageHead(std::string_view title, const PageAssets& assets, std::ostream& out) {
  fmt::print(out,
             "<!DOCTYPE html>\n"
             "<html lang=\"en\">\n"
             "<head>\n"
             "<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src '{}'; script-src '{}'; form-action 'none'; base-uri 'none'\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<title>mountguard: {}</title>\n"
             "<style>{}</style>\n"
             "</head>\n"
             "<body>\n",
             PolicyHash(assets.css), PolicyHash(assets.js), Escaped(title), assets.css);
}

}  // namespace mountguard::cli
