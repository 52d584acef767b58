#include "node/mountinfo.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "core/code_frame.h"

namespace mountguard::node {
namespace {

constexpr std::string_view kDeleted = "//deleted";
constexpr std::size_t kMostShown = 60;  // bytes of a wrong field in a message

/// A field that is not what proc(5) says.
struct Wrong {
  std::string_view field;
  std::string_view expected;
  std::string_view got;
};

template <class Number>
bool ReadNumber(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size() && *number >= 0;
}

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

/// Decodes \040 and the like in place.
std::string_view Decoded(char* begin, char* end) {
  char* from = static_cast<char*>(std::memchr(begin, '\\', static_cast<std::size_t>(end - begin)));
  if (from == nullptr) return {begin, static_cast<std::size_t>(end - begin)};
  char* to = from;
  while (from < end) {
    // The kernel writes three digits, of which the first is at most 3.
    if (*from == '\\' && end - from >= 4 && from[1] >= '0' && from[1] <= '3' && IsOctal(from[2]) &&
        IsOctal(from[3])) {
      *to++ = static_cast<char>((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
      from += 4;
    } else {
      *to++ = *from++;
    }
  }
  return {begin, static_cast<std::size_t>(to - begin)};
}

/// The fields of one line. Exactly one blank is between two: an empty source shows as two blanks.
class LineReader {
 public:
  LineReader(char* begin, char* end) : at_(begin), end_(end) {}

  /// What is wrong with the line, or nothing.
  std::optional<Wrong> Read(Mount* mount) {
    if (auto wrong = ReadNumbers(mount)) return wrong;
    mount->root = NextDecoded();
    if (mount->root.empty()) return Wrong{"4 (root)", "a path", mount->root};
    if (mount->root.size() > kDeleted.size() &&
        mount->root.substr(mount->root.size() - kDeleted.size()) == kDeleted) {
      mount->root.remove_suffix(kDeleted.size());
      mount->root_deleted = true;
    }
    mount->mount_point = NextDecoded();
    if (mount->mount_point.empty() || mount->mount_point[0] != '/') {
      return Wrong{"5 (mount point)", "a path that begins with /", mount->mount_point};
    }
    mount->options = Next();
    if (mount->options.empty()) return Wrong{"6 (options)", "options such as rw", mount->options};
    if (auto wrong = ReadOptionalFields(mount)) return wrong;
    mount->type = NextDecoded();
    if (mount->type.empty()) return Wrong{"type", "a file system behind the -", mount->type};
    if (at_ == nullptr) return Wrong{"source", "a source behind the file system", ""};
    mount->source = NextDecoded();
    if (at_ == nullptr) return Wrong{"super options", "options behind the source", ""};
    // Not every file system escapes the blanks of its options.
    mount->super_options = {at_, static_cast<std::size_t>(end_ - at_)};
    return std::nullopt;
  }

 private:
  /// The end of the field at hand; `at_` goes behind its blank, or is null after the last field.
  char* Skip() {
    auto* blank = static_cast<char*>(std::memchr(at_, ' ', static_cast<std::size_t>(end_ - at_)));
    at_ = blank == nullptr ? nullptr : blank + 1;
    return blank == nullptr ? end_ : blank;
  }
  std::string_view Next() {
    if (at_ == nullptr) return {};
    char* const begin = at_;
    return {begin, static_cast<std::size_t>(Skip() - begin)};
  }
  std::string_view NextDecoded() {
    if (at_ == nullptr) return {};
    char* const begin = at_;
    return Decoded(begin, Skip());
  }

  std::optional<Wrong> ReadNumbers(Mount* mount) {
    constexpr std::string_view kNumber = "a whole number";
    std::string_view field = Next();
    if (!ReadNumber(field, &mount->id)) return Wrong{"1 (mount id)", kNumber, field};
    field = Next();
    if (!ReadNumber(field, &mount->parent)) return Wrong{"2 (parent id)", kNumber, field};
    field = Next();
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos ||
        !ReadNumber(field.substr(0, colon), &mount->device.major) ||
        !ReadNumber(field.substr(colon + 1), &mount->device.minor)) {
      return Wrong{"3 (major:minor)", "two numbers with a colon between them", field};
    }
    return std::nullopt;
  }

  std::optional<Wrong> ReadOptionalFields(Mount* mount) {
    const std::pair<std::string_view, int*> groups[] = {
        {"shared:", &mount->shared},
        {"master:", &mount->master},
        {"propagate_from:", &mount->propagate_from}};
    const char* others = nullptr;
    while (at_ != nullptr) {
      const std::string_view field = Next();
      if (field == "-") return std::nullopt;
      if (field == "unbindable") {
        mount->unbindable = true;
        continue;
      }
      const auto* const group = std::find_if(
          std::begin(groups), std::end(groups),
          [field](const auto& one) { return field.substr(0, one.first.size()) == one.first; });
      if (group != std::end(groups)) {
        if (!ReadNumber(field.substr(group->first.size()), group->second) || *group->second == 0) {
          return Wrong{"7 (optional fields)", "a peer group's number behind the colon", field};
        }
        continue;
      }
      // Unknown fields are kept as one text, with any known ones that stand between them.
      if (others == nullptr) others = field.data();
      mount->other_fields = {others,
                             static_cast<std::size_t>(field.data() + field.size() - others)};
    }
    return Wrong{"7 (optional fields)", "a - behind them", ""};
  }

  char* at_;  // the next field, or null
  char* const end_;
};

/// How many lines there are at most: memchr skips quicker than a count looks at each byte.
std::size_t CountLines(const char* at, const char* end) {
  std::size_t lines = 1;
  while (true) {
    at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (at == nullptr) return lines;
    ++lines;
    ++at;
  }
}

std::string Message(std::size_t line, const Wrong& wrong) {
  const std::string got =
      wrong.got.empty()
          ? "nothing"
          : fmt::format("\"{}\"{}", core::PrintableText(wrong.got.substr(0, kMostShown)),
                        wrong.got.size() > kMostShown ? "..." : "");
  return fmt::format(
      "line {}, field {}: expected {}, got {}; this is no whole /proc/PID/mountinfo "
      "(/proc/PID/mounts is written otherwise)",
      line, wrong.field, wrong.expected, got);
}

}  // namespace

std::string_view ToString(PropagationType type) {
  constexpr std::array<std::string_view, 5> kTypes = {"private", "shared", "slave", "slave+shared",
                                                      "unbindable"};
  return kTypes[static_cast<std::size_t>(type)];
}

PropagationType Mount::Propagation() const {
  if (shared != 0) {
    return master != 0 ? PropagationType::kSlaveAndShared : PropagationType::kShared;
  }
  if (master != 0) return PropagationType::kSlave;
  return unbindable ? PropagationType::kUnbindable : PropagationType::kPrivate;
}

core::Result<MountTable> ParseMountInfo(std::string text) {
  MountTable table;
  table.text_ = std::make_unique<std::string>(std::move(text));
  char* at = table.text_->data();
  char* const end = at + table.text_->size();
  table.mounts_.reserve(CountLines(at, end));
  while (at != end) {
    auto* line_end = static_cast<char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (line_end == nullptr) line_end = end;
    Mount& mount = table.mounts_.emplace_back();
    if (const auto wrong = LineReader(at, line_end).Read(&mount)) {
      return core::Failure(Message(table.mounts_.size(), *wrong));
    }
    at = line_end == end ? end : line_end + 1;
  }
  return table;
}

}  // namespace mountguard::node
