#include "policy/yaml_decoder.h"

#include <fmt/format.h>

#include <unordered_map>

#include "core/code_frame.h"
#include "core/did_you_mean.h"
#include "core/text_hash.h"
#include "core/utf8.h"
#include "policy/source_text.h"

namespace mountguard::policy {
namespace {

/// Up to so many words are all told as what was expected, even where one of them is near.
constexpr std::size_t kFewWords = 8;

/// YAML 1.2's core schema: what a plain scalar is if it is no text.
enum class PlainKind { kText, kBool, kNumber };
PlainKind KindOfPlain(std::string_view text) {
  for (std::string_view word : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
    if (text == word) return PlainKind::kBool;
  }
  std::string_view digits = text;
  if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) digits.remove_prefix(1);
  const bool starts = !digits.empty() && digits.front() >= '0' && digits.front() <= '9';
  const bool only_numeric = digits.find_first_not_of("0123456789.") == std::string_view::npos &&
                            std::count(digits.begin(), digits.end(), '.') <= 1;
  return starts && only_numeric ? PlainKind::kNumber : PlainKind::kText;
}

}  // namespace

std::string Quoted(std::string_view text) {
  constexpr std::size_t kMaxRunes = 80;
  std::size_t bytes = 0;
  for (std::size_t runes = 0; bytes < text.size() && runes < kMaxRunes; ++runes) {
    bytes += core::DecodeRune(text.substr(bytes)).length;
  }
  return fmt::format("\"{}{}\"", core::PrintableText(text.substr(0, bytes)),
                     bytes < text.size() ? "…" : "");
}

std::string Describe(YamlNode node) {
  switch (node.type()) {
    case YamlType::kNull:
      return "nothing";
    case YamlType::kSequence:
      return "a list";
    case YamlType::kMap:
      return "a map";
    case YamlType::kScalar:
      break;
  }
  const PlainKind kind = node.plain() ? KindOfPlain(node.text()) : PlainKind::kText;
  constexpr std::array<std::string_view, 3> kNames = {"the text", "the boolean", "the number"};
  return fmt::format("{} {}", kNames[static_cast<std::size_t>(kind)], Quoted(node.text()));
}

std::string Unknown(std::string_view what, std::string_view word, std::string_view where,
                    const Words& known) {
  const std::string near = core::DidYouMean(word, known);
  const std::string expected = near.empty() || known.size() <= kFewWords
                                   ? fmt::format("; expected one of {}", fmt::join(known, ", "))
                                   : "";
  return fmt::format("unknown {} {}{}{}{}", what, Quoted(word), where, expected, near);
}

YamlNode MemberOf(YamlNode map, std::string_view key) {
  YamlNode value = map;
  for (const YamlNode::Member& member : map.Members()) {
    if (member.key.text() == key) value = member.value;
  }
  return value;
}

bool YamlDecoder::Header(YamlNode root, std::string_view kind) {
  if (root.type() != YamlType::kMap) {
    Error(root, fmt::format("expected a {}, found {}", kind, Describe(root)));
    return false;
  }
  const auto has = [&](std::string_view key, std::string_view wanted) {
    const YamlNode value = MemberOf(root, key);
    if (value.text() == wanted) return true;
    Error(value, fmt::format("expected {}: {}, found {}", key, wanted,
                             value.type() == YamlType::kMap ? "none" : Describe(value)));
    return false;
  };
  return has("kind", kind) && has("apiVersion", kApiVersion);
}

std::vector<YamlNode::Member> YamlDecoder::FreeMap(YamlNode node, std::string_view what) {
  std::vector<YamlNode::Member> members;
  if (node.type() != YamlType::kMap) {
    Error(node, fmt::format("expected a map for {}, found {}", what, Describe(node)));
    return members;
  }
  std::unordered_map<std::string_view, YamlNode, core::TextHash> seen;
  for (const YamlNode::Member& member : node.Members()) {
    const YamlNode key = member.key;
    if (key.type() != YamlType::kScalar) {
      Error(key, fmt::format("expected a text as key in {}, found {}", what, Describe(key)));
    } else if (key.plain() && key.text() == "<<") {
      Error(key,
            "merge keys (<<) are not read in policies: write the fields out, or use an alias "
            "for a whole value");
    } else if (const auto [first, is_new] = seen.emplace(key.text(), key); !is_new) {
      const core::SourcePos at = first->second.position();
      Error(key, fmt::format("{} is given twice in {}; previously defined at line {}, column {}",
                             Quoted(key.text()), what, at.line, at.column));
    } else {
      members.push_back(member);
    }
  }
  return members;
}

std::vector<YamlNode> YamlDecoder::List(YamlNode node, std::string_view what) {
  if (node.type() != YamlType::kSequence) {
    const std::string_view remedy =
        node.type() == YamlType::kScalar ? ": put it in [brackets]" : "";
    Error(node,
          fmt::format("expected a list for \"{}\", found {}{}", what, Describe(node), remedy));
    return {};
  }
  if (node.size() == 0) {
    Error(node, fmt::format("the list \"{}\" is empty; leave the field out, or name what it shall "
                            "hold",
                            what));
  }
  return node.Elements();
}

bool YamlDecoder::Text(YamlNode node, std::string_view what, std::string* out) {
  const bool scalar = node.type() == YamlType::kScalar;
  if (!scalar || (node.plain() && KindOfPlain(node.text()) != PlainKind::kText)) {
    Error(node, fmt::format("expected a text for \"{}\", found {}{}", what, Describe(node),
                            scalar ? ": put it in quotes" : ""));
    return false;
  }
  if (node.text().empty()) {
    Error(node, fmt::format("\"{}\" is empty; leave it out, or say what it shall be", what));
    return false;
  }
  out->assign(node.text());
  return true;
}

bool YamlDecoder::Bool(YamlNode node, bool* out) {
  const bool boolean = node.type() == YamlType::kScalar && node.plain() &&
                       KindOfPlain(node.text()) == PlainKind::kBool;
  if (boolean) {
    *out = node.text().front() == 't' || node.text().front() == 'T';
  } else {
    Error(node, fmt::format("expected true or false, found {}", Describe(node)));
  }
  return boolean;
}

std::vector<std::string> YamlDecoder::Texts(YamlNode node, std::string_view what) {
  std::vector<std::string> texts;
  for (YamlNode element : List(node, what)) {
    if (std::string text; Text(element, what, &text)) texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace mountguard::policy
