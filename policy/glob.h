#ifndef MOUNTGUARD_POLICY_GLOB_H_
#define MOUNTGUARD_POLICY_GLOB_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mountguard::policy {

/// What {namespace} and {serviceAccount} in a pattern stand for, of one object. Nothing: unknown.
struct PlaceholderValues {
  std::optional<std::string_view> namespace_name;
  std::optional<std::string_view> service_account;
};

/// A text with placeholders after filling.
struct Filled {
  enum class State : std::uint8_t {
    kFilled,
    kUnfillable,  // a value is empty, or would change the pattern's meaning: nothing matches
    kUnknown,     // the namespace is not known here
  };
  State state = State::kFilled;
  std::string text;
};

/// The placeholders that patterns and paths may hold.
inline constexpr std::string_view kNamespacePlaceholder = "{namespace}";
inline constexpr std::string_view kServiceAccountPlaceholder = "{serviceAccount}";

bool HasPlaceholder(std::string_view text);

/// Puts the values in. Whoever writes a pod chooses its service account's name: a value with a
/// slash, a wildcard or only dots could name another place than the author meant, and fills
/// nothing.
Filled Fill(std::string_view text, const PlaceholderValues& values);

/// The longest pattern that a policy may hold, in bytes.
inline constexpr std::size_t kMaxGlobLength = 512;

/// True if `glob` matches all of `text`: `*` is any run without a slash, `**` any run, `?` one
/// character that is no slash, everything else itself. Time is at most the product of the lengths;
/// `glob` is at most kMaxGlobLength long.
bool GlobMatches(std::string_view glob, std::string_view text);

/// True only if `outer` matches every text that `inner` matches, whatever placeholders stand for.
bool GlobCovers(std::string_view outer, std::string_view inner);

/// False only if no text matches both patterns, whatever placeholders stand for.
bool GlobsMeet(std::string_view a, std::string_view b);

/// Where the first wildcard or placeholder begins, or the text's length.
std::size_t LiteralPrefixLength(std::string_view pattern);

/// How long the text behind the last wildcard and placeholder is; all of it where there is none.
std::size_t LiteralSuffixLength(std::string_view pattern);

/// A folder at or above whatever a path becomes when its placeholders are filled: "/srv" of
/// "/srv/a-{namespace}/b"; the path itself if it holds none. `path` is absolute and clean.
std::string_view FixedFolder(std::string_view path);

/// A list of patterns: a value matches if it matches a plain one (any value does, where there is
/// none) and no negated one. Each list is sorted, so that equal policies are equal.
struct Patterns {
  std::vector<std::string> literals;  // plain, without wildcard and placeholder
  std::vector<std::string> globs;     // plain, with
  std::vector<std::string> negated;   // without their "!"

  /// Sorts one pattern of a policy into the lists; Sort() when all are in.
  void Add(std::string_view pattern);
  void Sort();
  bool has_plain() const { return !literals.empty() || !globs.empty(); }
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_GLOB_H_
