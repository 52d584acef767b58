#include "policy/glob.h"

#include <algorithm>
#include <array>

#include "core/utf8.h"

namespace mountguard::policy {
namespace {

/// One step of a pattern, and the bytes that it takes there.
struct Step {
  enum Kind { kLiteral, kOne, kRun, kDeepRun } kind;
  std::size_t length;
};

Step StepAt(std::string_view glob) {
  if (glob[0] == '?') return {Step::kOne, 1};
  if (glob[0] != '*') return {Step::kLiteral, core::DecodeRune(glob).length};
  const std::size_t stars = std::min(glob.find_first_not_of('*'), glob.size());
  return {stars > 1 ? Step::kDeepRun : Step::kRun, stars};
}

/// How far a pattern has come, at once for every way to read the text: the set of byte offsets into
/// the pattern at which what follows must still match.
class Positions {
 public:
  void Insert(std::string_view glob, std::size_t at) {
    // A run may be empty: behind it is reached at once.
    while (!set_[at]) {
      set_[at] = true;
      if (at == glob.size() || glob[at] != '*') return;
      at += StepAt(glob.substr(at)).length;
    }
  }
  bool Contains(std::size_t at) const { return set_[at]; }

 private:
  std::array<bool, kMaxGlobLength + 1> set_{};
};

/// The same set after a run in another pattern: only a run takes all that a run may stand for.
Positions AdvanceByRun(std::string_view glob, const Positions& from, bool deep) {
  Positions to;
  for (std::size_t at = 0; at < glob.size(); ++at) {
    if (!from.Contains(at)) continue;
    const Step::Kind kind = StepAt(glob.substr(at)).kind;
    if (kind == Step::kDeepRun || (kind == Step::kRun && !deep)) to.Insert(glob, at);
  }
  return to;
}

/// A pattern that matches whatever `pattern` may match once its placeholders are filled: values
/// hold no slash.
std::string WithoutPlaceholders(std::string_view pattern) {
  std::string text(pattern);
  for (std::string_view placeholder : {kNamespacePlaceholder, kServiceAccountPlaceholder}) {
    for (std::size_t at = text.find(placeholder); at != std::string::npos;
         at = text.find(placeholder)) {
      text.replace(at, placeholder.size(), 1, '*');
    }
  }
  return text;
}

struct Token {
  Step::Kind kind;
  std::string_view text;

  bool run() const { return kind == Step::kRun || kind == Step::kDeepRun; }
  bool slash() const { return text == "/"; }
};

std::vector<Token> TokensOf(std::string_view glob) {
  std::vector<Token> tokens;
  while (!glob.empty()) {
    const Step step = StepAt(glob);
    tokens.push_back({step.kind, glob.substr(0, step.length)});
    glob.remove_prefix(step.length);
  }
  return tokens;
}

/// True if some one character can be taken by both.
bool ShareCharacter(const Token& a, const Token& b) {
  if (a.kind == Step::kLiteral && b.kind == Step::kLiteral) return a.text == b.text;
  if (a.kind == Step::kLiteral) return b.kind == Step::kDeepRun || !a.slash();
  if (b.kind == Step::kLiteral) return a.kind == Step::kDeepRun || !b.slash();
  return true;
}

/// The positions after one more character of the text.
Positions Advance(std::string_view glob, const Positions& from, std::string_view character) {
  const bool slash = character == "/";
  Positions to;
  for (std::size_t at = 0; at < glob.size(); ++at) {
    if (!from.Contains(at)) continue;
    const Step step = StepAt(glob.substr(at));
    switch (step.kind) {
      case Step::kLiteral:
        if (glob.substr(at, step.length) == character) to.Insert(glob, at + step.length);
        break;
      case Step::kOne:
        if (!slash) to.Insert(glob, at + step.length);
        break;
      case Step::kRun:
        if (!slash) to.Insert(glob, at);
        break;
      case Step::kDeepRun:
        to.Insert(glob, at);
        break;
    }
  }
  return to;
}

/// Why `value` may not stand for a placeholder, or that it may.
Filled::State Fillable(const std::optional<std::string_view>& value) {
  if (!value) return Filled::State::kUnknown;
  const bool only_dots = value->find_first_not_of('.') == std::string_view::npos;  // "" as well
  const bool meaning = value->find_first_of("/*?!{}") != std::string_view::npos;
  return only_dots || meaning ? Filled::State::kUnfillable : Filled::State::kFilled;
}

}  // namespace

bool HasPlaceholder(std::string_view text) {
  return text.find(kNamespacePlaceholder) != std::string_view::npos ||
         text.find(kServiceAccountPlaceholder) != std::string_view::npos;
}

Filled Fill(std::string_view text, const PlaceholderValues& values) {
  Filled filled;
  while (!text.empty()) {
    const bool namespaced = text.substr(0, kNamespacePlaceholder.size()) == kNamespacePlaceholder;
    const std::string_view placeholder =
        namespaced ? kNamespacePlaceholder : kServiceAccountPlaceholder;
    if (text.substr(0, placeholder.size()) != placeholder) {
      filled.text.push_back(text[0]);
      text.remove_prefix(1);
      continue;
    }
    const auto& value = namespaced ? values.namespace_name : values.service_account;
    const Filled::State state = Fillable(value);
    if (state == Filled::State::kUnfillable) return {state, {}};
    if (state == Filled::State::kUnknown) filled.state = state;
    filled.text.append(value.value_or(std::string_view()));
    text.remove_prefix(placeholder.size());
  }
  return filled;
}

bool GlobMatches(std::string_view glob, std::string_view text) {
  const std::size_t prefix = std::min(glob.find_first_of("*?"), glob.size());
  if (text.substr(0, prefix) != glob.substr(0, prefix)) return false;
  glob.remove_prefix(prefix);
  text.remove_prefix(prefix);
  if (glob.empty()) return text.empty();
  if (glob == "**") return true;
  if (glob == "*") return text.find('/') == std::string_view::npos;

  Positions positions;
  positions.Insert(glob, 0);
  while (!text.empty()) {
    const std::size_t length = core::DecodeRune(text).length;
    positions = Advance(glob, positions, text.substr(0, length));
    text.remove_prefix(length);
  }
  return positions.Contains(glob.size());
}

bool GlobCovers(std::string_view outer, std::string_view inner) {
  if (outer == inner || outer == "**") return true;
  // What is no pattern of a policy may be longer: an image's, in full form.
  if (HasPlaceholder(outer) || outer.size() > kMaxGlobLength) return false;
  const std::string widest = WithoutPlaceholders(inner);
  Positions positions;
  positions.Insert(outer, 0);
  for (const Token& token : TokensOf(widest)) {
    switch (token.kind) {
      case Step::kLiteral:
        positions = Advance(outer, positions, token.text);
        break;
      case Step::kOne:
        // Any character but a slash: a private one, which stands in no pattern, stands for all.
        positions = Advance(outer, positions, "?");
        break;
      case Step::kRun:
      case Step::kDeepRun:
        positions = AdvanceByRun(outer, positions, token.kind == Step::kDeepRun);
        break;
    }
  }
  return positions.Contains(outer.size());
}

bool GlobsMeet(std::string_view a, std::string_view b) {
  const std::string wide_a = WithoutPlaceholders(a), wide_b = WithoutPlaceholders(b);
  const std::vector<Token> left = TokensOf(wide_a), right = TokensOf(wide_b);
  // reached[i][j]: some text takes both patterns as far as that.
  const std::size_t width = right.size() + 1;
  std::vector<bool> reached((left.size() + 1) * width);
  reached[0] = true;
  for (std::size_t i = 0; i <= left.size(); ++i) {
    for (std::size_t j = 0; j < width; ++j) {
      if (!reached[i * width + j]) continue;
      const Token* l = i < left.size() ? &left[i] : nullptr;
      const Token* r = j < right.size() ? &right[j] : nullptr;
      // A run may be empty, or go on while the other pattern takes a character.
      if (l != nullptr && l->run()) reached[(i + 1) * width + j] = true;
      if (r != nullptr && r->run()) reached[i * width + j + 1] = true;
      if (l == nullptr || r == nullptr || !ShareCharacter(*l, *r)) continue;
      if (!l->run() && !r->run()) reached[(i + 1) * width + j + 1] = true;
      if (l->run() && !r->run()) reached[i * width + j + 1] = true;
      if (!l->run() && r->run()) reached[(i + 1) * width + j] = true;
    }
  }
  return reached.back();
}

std::size_t LiteralPrefixLength(std::string_view pattern) {
  return std::min({pattern.find_first_of("*?"), pattern.find(kNamespacePlaceholder),
                   pattern.find(kServiceAccountPlaceholder), pattern.size()});
}

std::size_t LiteralSuffixLength(std::string_view pattern) {
  const auto length_behind = [pattern](std::size_t found, std::size_t size) {
    return found == std::string_view::npos ? pattern.size() : pattern.size() - found - size;
  };
  const auto behind = [&](std::string_view placeholder) {
    return length_behind(pattern.rfind(placeholder), placeholder.size());
  };
  return std::min({length_behind(pattern.find_last_of("*?"), 1), behind(kNamespacePlaceholder),
                   behind(kServiceAccountPlaceholder)});
}

std::string_view FixedFolder(std::string_view path) {
  const std::size_t literal = LiteralPrefixLength(path);
  if (literal == path.size()) return path;
  const std::string_view folder =
      path.substr(0, std::max<std::size_t>(path.rfind('/', literal), 1));
  // What is filled in may make it /var/run, which is /run.
  return folder == "/var" ? "/" : folder;
}

void Patterns::Add(std::string_view pattern) {
  if (!pattern.empty() && pattern.front() == '!') {
    negated.emplace_back(pattern.substr(1));
  } else if (LiteralPrefixLength(pattern) == pattern.size()) {
    literals.emplace_back(pattern);
  } else {
    globs.emplace_back(pattern);
  }
}

void Patterns::Sort() {
  for (auto* list : {&literals, &globs, &negated}) std::sort(list->begin(), list->end());
}

}  // namespace mountguard::policy
