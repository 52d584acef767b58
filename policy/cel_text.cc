#include "policy/cel_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "policy/glob.h"

namespace mountguard::policy {
namespace {

/// A stretch of a pattern: a placeholder, or text without any.
struct Piece {
  bool placeholder;
  std::string_view text;
};

/// The length of the placeholder at the start of `text`, or 0.
std::size_t PlaceholderLength(std::string_view text) {
  for (std::string_view known : {kNamespacePlaceholder, kServiceAccountPlaceholder}) {
    if (text.substr(0, known.size()) == known) return known.size();
  }
  return 0;
}

std::vector<Piece> PiecesOf(std::string_view text) {
  std::vector<Piece> pieces;
  while (!text.empty()) {
    std::size_t length = PlaceholderLength(text);
    const bool placeholder = length > 0;
    if (!placeholder) {
      length = 1;
      while (length < text.size() && PlaceholderLength(text.substr(length)) == 0) ++length;
    }
    pieces.push_back({placeholder, text.substr(0, length)});
    text.remove_prefix(length);
  }
  return pieces;
}

/// The regular expression (RE2) of a pattern's stretch without placeholders.
std::string Regex(std::string_view glob) {
  std::string regex;
  while (!glob.empty()) {
    const char c = glob.front();
    std::size_t length = 1;
    if (c == '*') {
      length = std::min(glob.find_first_not_of('*'), glob.size());
      regex += length > 1 ? "(?s:.*)" : "[^/]*";
    } else if (c == '?') {
      regex += "[^/]";
    } else {
      if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) regex += '\\';
      regex += c;
    }
    glob.remove_prefix(length);
  }
  return regex;
}

/// A regular expression as a literal; raw, which spares the eyes its backslashes, where it can be.
std::string RegexLiteral(const std::string& regex) {
  const bool raw = std::all_of(regex.begin(), regex.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != '\'';
  });
  return raw ? "r'" + regex + "'" : CelString(regex);
}

/// Literals and expressions joined by +, with neighbouring literals in one.
std::string Concatenation(const std::vector<Piece>& pieces, const CelPlaceholders& placeholders,
                          bool as_regex) {
  std::vector<std::string> terms;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    std::string text = as_regex && i == 0 ? "^" : "";
    if (!piece.placeholder) text += as_regex ? Regex(piece.text) : std::string(piece.text);
    if (piece.placeholder) {
      if (!text.empty()) terms.push_back(RegexLiteral(text));
      if (piece.text == kNamespacePlaceholder) {
        terms.emplace_back(placeholders.namespace_name);
      } else {
        // Of what a service account's name may hold, only the dot means something to a regex.
        terms.push_back(fmt::format("{}{}", placeholders.service_account,
                                    as_regex ? ".replace('.', '[.]')" : ""));
      }
      text.clear();
    }
    if (as_regex && i + 1 == pieces.size()) text += '$';
    if (!text.empty()) terms.push_back(as_regex ? RegexLiteral(text) : CelString(text));
  }
  return fmt::format("{}", fmt::join(terms, " + "));
}

std::string MatchPieces(std::string_view value, std::string_view pattern,
                        const std::vector<Piece>& pieces, const CelPlaceholders& placeholders) {
  if (pattern == "**") return std::string(kCelTrue);
  if (pattern.find_first_of("*?") == std::string_view::npos) {
    return fmt::format("{} == {}", value, Concatenation(pieces, placeholders, false));
  }
  return fmt::format("{}.matches({})", value, Concatenation(pieces, placeholders, true));
}

}  // namespace

std::string CelString(std::string_view text) {
  std::string literal = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') {
      literal += '\\';
      literal += c;
    } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      literal += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      literal += c;
    }
  }
  return literal + "'";
}

std::string CelStrings(const std::vector<std::string>& texts) {
  std::vector<std::string> literals;
  literals.reserve(texts.size());
  for (const std::string& text : texts) literals.push_back(CelString(text));
  return fmt::format("[{}]", fmt::join(literals, ", "));
}

std::string CelAll(const std::vector<std::string>& terms) {
  std::vector<std::string_view> kept;
  for (const std::string& term : terms) {
    if (term == kCelFalse) return term;
    if (term != kCelTrue) kept.push_back(term);
  }
  if (kept.empty()) return std::string(kCelTrue);
  return fmt::format("{}", fmt::join(kept, " && "));
}

std::string CelAny(const std::vector<std::string>& terms) {
  std::vector<std::string_view> kept;
  for (const std::string& term : terms) {
    if (term == kCelTrue) return term;
    if (term != kCelFalse) kept.push_back(term);
  }
  if (kept.empty()) return std::string(kCelFalse);
  if (kept.size() == 1) return std::string(kept.front());
  return fmt::format("({})", fmt::join(kept, " || "));
}

std::string CelNot(std::string_view term) {
  if (term == kCelTrue) return std::string(kCelFalse);
  if (term == kCelFalse) return std::string(kCelTrue);
  return fmt::format("!({})", term);
}

std::string CelMatches(std::string_view value, std::string_view pattern,
                       const CelPlaceholders& placeholders) {
  return MatchPieces(value, pattern, PiecesOf(pattern), placeholders);
}

std::string CelMatches(std::string_view value, std::string_view pattern) {
  return MatchPieces(value, pattern, {{false, pattern}}, {});
}

std::string CelFilled(std::string_view text, const CelPlaceholders& placeholders) {
  return Concatenation(PiecesOf(text), placeholders, false);
}

}  // namespace mountguard::policy
