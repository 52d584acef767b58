#include "tests/fuzz/places.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "core/field_path.h"
#include "core/utf8.h"

namespace mountguard::fuzz {
namespace {

using core::FieldPath;
using core::JsonType;
using core::JsonValue;
using core::SourcePos;

constexpr int kMostFields = 200;  // a look-up takes as long as the document
constexpr int kMostLevels = 30;

/// The text from a position on. Aborts if there is no such place; its end is one.
std::string_view TextAt(std::string_view text, SourcePos pos) {
  if (pos.line < 1 || pos.column < 1) std::abort();
  for (int line = 1; line < pos.line; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) std::abort();
    text.remove_prefix(end + 1);
  }
  for (int column = 1; column < pos.column; ++column) {
    if (text.empty()) std::abort();
    text.remove_prefix(core::DecodeRune(text).length);
  }
  return text;
}

bool BeginsLike(std::string_view text, JsonType type) {
  if (text.empty()) return false;
  switch (type) {
    case JsonType::kObject:
      return text.front() == '{';
    case JsonType::kArray:
      return text.front() == '[';
    case JsonType::kString:
      return text.front() == '"';
    case JsonType::kBool:
      return text.front() == 't' || text.front() == 'f';
    case JsonType::kNull:
      return text.front() == 'n';
    default:
      return text.front() == '-' || (text.front() >= '0' && text.front() <= '9');
  }
}

bool IsPlainKey(std::string_view key) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !key.empty() && key.find_first_not_of(kPlain) == std::string_view::npos;
}

class PlaceChecker {
 public:
  PlaceChecker(std::string_view manifest, const core::YamlDocument& document, Style style)
      : manifest_(manifest), document_(document), style_(style) {}

  void Check(JsonValue value, const FieldPath& path, int level) {
    if (++fields_ > kMostFields || level > kMostLevels) return;
    const core::FieldLocation found = document_.Find(path.ToString());
    if (!found.exact) std::abort();
    CheckPlace(manifest_, found);
    if (style_ == Style::kJson && !BeginsLike(TextAt(manifest_, found.value), value.type())) {
      std::abort();
    }
    int index = 0;
    for (const JsonValue element : value.Elements()) {
      if (fields_ > kMostFields) return;
      const FieldPath child = path.Index(index++);
      Check(element, child, level + 1);
    }
    for (const JsonValue::Member& member : value.Members()) {
      if (fields_ > kMostFields) return;
      if (!IsPlainKey(member.key)) continue;
      const FieldPath child = path.Child(member.key);
      Check(value.Get(member.key), child, level + 1);  // of a repeated key the last
    }
  }

 private:
  std::string_view manifest_;
  const core::YamlDocument& document_;
  Style style_;
  int fields_ = 0;
};

}  // namespace

void CheckPlace(std::string_view manifest, const core::FieldLocation& found) {
  TextAt(manifest, found.value);
  if (found.key.known()) TextAt(manifest, found.key);
  if (found.definition.known()) TextAt(manifest, found.definition);
}

void CheckPlaces(std::string_view manifest, const core::YamlDocument& document, JsonValue root,
                 Style style) {
  PlaceChecker(manifest, document, style).Check(root, FieldPath(""), 0);
}

}  // namespace mountguard::fuzz
