#include "cli/yaml_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

#include "core/utf8.h"

namespace mountguard::cli {
namespace {

/// How many columns a level stands to the right of the one around it.
constexpr int kIndent = 2;
/// From here on a text of one line is easier to read in a block of its own.
constexpr std::size_t kLongText = 60;

/// Words that some readers take for booleans and nulls.
bool IsReserved(std::string_view text) {
  constexpr std::array<std::string_view, 9> kWords = {"false", "n",    "no", "null", "off",
                                                      "on",    "true", "y",  "yes"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool IsPlain(std::string_view text) {
  if (text.empty() || !IsLetter(text.front()) || text.back() == ' ' || IsReserved(text)) {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return IsLetter(c) || (c >= '0' && c <= '9') ||
           std::string_view("._/()=- ").find(c) != std::string_view::npos;
  });
}

/// What YAML allows in a literal block, printable everywhere.
bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
}

/// A literal block keeps a text as it is, if neither its first nor its last line would be misread.
bool FitsBlock(std::string_view text) {
  const bool worth = text.size() > kLongText || text.find('\n') != std::string_view::npos ||
                     text.find_first_of("'\"\\") != std::string_view::npos;
  return worth && IsPrintable(text) && text.front() != ' ' && text.front() != '\n' &&
         text.back() != '\n';
}

/// A double-quoted text with nothing in it but what is printed the same everywhere.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const core::Rune rune = core::DecodeRune(text);
    const bool ascii = rune.code_point >= U' ' && rune.code_point <= U'~';
    if (rune.code_point == U'"' || rune.code_point == U'\\') {
      quoted += '\\';
      quoted += static_cast<char>(rune.code_point);
    } else if (ascii) {
      quoted += static_cast<char>(rune.code_point);
    } else {
      quoted += fmt::format("\\U{:08X}", static_cast<std::uint32_t>(rune.code_point));
    }
    text.remove_prefix(rune.length);
  }
  return quoted + '"';
}

class YamlWriter {
 public:
  explicit YamlWriter(std::ostream& out) : out_(out) {}

  /// Writes the value that a key, a dash or nothing stands before, and its line end. `indent` is
  /// the column of what stands before it; `after_key` if that is "key:".
  void Value(const Json& json, int indent, bool after_key) {
    if (json.is_object() && !json.empty()) {
      Members(json, indent, after_key);
    } else if (json.is_array() && !json.empty()) {
      Elements(json, indent, after_key);
    } else {
      if (after_key) out_ << ' ';
      Scalar(json, indent);
    }
  }

 private:
  void Indent(int columns) { out_ << std::string(static_cast<std::size_t>(columns), ' '); }

  void Members(const Json& json, int indent, bool after_key) {
    if (after_key) out_ << '\n';
    bool first = !after_key;  // stands on the line that is begun
    const int column = after_key ? indent + kIndent : indent;
    for (const auto& [key, value] : json.items()) {
      if (!first) Indent(column);
      first = false;
      out_ << (IsPlain(key) ? key : Quoted(key)) << ':';
      Value(value, column, true);
    }
  }

  /// Lists stand in the column of their key, as kubectl writes them.
  void Elements(const Json& json, int indent, bool after_key) {
    if (after_key) out_ << '\n';
    bool first = !after_key;
    for (const Json& element : json) {
      if (!first) Indent(indent);
      first = false;
      out_ << "- ";
      Value(element, indent + kIndent, false);
    }
  }

  void Scalar(const Json& json, int indent) {
    if (!json.is_string()) {
      out_ << json.dump() << '\n';
      return;
    }
    const auto& text = json.get_ref<const std::string&>();
    if (IsPlain(text) && text.size() <= kLongText) {
      out_ << text << '\n';
    } else if (!text.empty() && FitsBlock(text)) {
      Block(text, indent + kIndent);
    } else {
      out_ << Quoted(text) << '\n';
    }
  }

  void Block(std::string_view text, int indent) {
    out_ << "|-\n";
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      if (end > 0) Indent(indent);
      out_ << text.substr(0, end) << '\n';
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  std::ostream& out_;
};

}  // namespace

void WriteYaml(const Json& json, std::ostream& out) { YamlWriter(out).Value(json, 0, false); }

}  // namespace mountguard::cli
