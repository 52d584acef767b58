#include "core/json_reader.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace mountguard::core {
namespace {

/// Equality of one level; the pairs of children that remain to be compared go onto `pending`.
bool ShallowEqual(JsonValue a, JsonValue b,
                  std::vector<std::pair<JsonValue, JsonValue>>* pending) {
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case JsonType::kAbsent:
    case JsonType::kNull:
      return true;
    case JsonType::kBool:
      return a.AsBool() == b.AsBool();
    case JsonType::kInt64:
      return a.AsInt64() == b.AsInt64();
    case JsonType::kUint64:
    case JsonType::kDouble:
      return a.AsDouble() == b.AsDouble();
    case JsonType::kString:
      return a.AsString() == b.AsString();
    case JsonType::kArray: {
      if (a.Size() != b.Size()) return false;
      auto other = b.Elements().begin();
      for (JsonValue element : a.Elements()) {
        pending->emplace_back(element, *other);
        ++other;
      }
      return true;
    }
    case JsonType::kObject: {
      if (a.Size() != b.Size()) return false;
      auto other = b.Members().begin();
      for (const JsonValue::Member& member : a.Members()) {
        const JsonValue::Member same_place = *other;
        ++other;
        pending->emplace_back(member.value, same_place.key == member.key ? same_place.value
                                                                         : b.Get(member.key));
      }
      return true;
    }
  }
  return false;
}

/// What simdjson found wrong, in words; `text` serves to tell an empty body from a cut one.
std::string Describe(simdjson::error_code code, std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return "the text is empty";
  switch (code) {
    case simdjson::DEPTH_ERROR:
      return fmt::format("nested deeper than {} levels", JsonParser::kMaxDepth);
    case simdjson::UTF8_ERROR:
      return "not valid UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    case simdjson::NUMBER_ERROR:
      return "a number that JSON or a 64-bit value cannot hold";
    case simdjson::STRING_ERROR:
      return "a string holds a bad escape";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds an unescaped control character";
    case simdjson::MEMALLOC:
      return "too large for the memory at hand";
    default:
      return "not valid JSON";
  }
}

}  // namespace

std::optional<std::int64_t> JsonValue::AsInt64() const {
  std::int64_t value = 0;
  if (type() == JsonType::kInt64 && element_.get_int64().get(value) == simdjson::SUCCESS) {
    return value;
  }
  return std::nullopt;
}

std::optional<double> JsonValue::AsDouble() const {
  double value = 0;
  if (exists_ && element_.get_double().get(value) == simdjson::SUCCESS) return value;
  return std::nullopt;
}

JsonValue JsonValue::Get(std::string_view key) const {
  JsonValue found;
  for (const Member& member : Members()) {
    if (member.key == key) found = member.value;
  }
  return found;
}

JsonValue JsonValue::At(std::size_t index) const {
  simdjson::dom::array array;
  simdjson::dom::element element;
  if (!exists_ || element_.get_array().get(array) != simdjson::SUCCESS) return {};
  if (array.at(index).get(element) != simdjson::SUCCESS) return {};
  return JsonValue(element);
}

std::size_t JsonValue::Size() const {
  simdjson::dom::array array;
  simdjson::dom::object object;
  if (!exists_) return 0;
  if (element_.get_array().get(array) == simdjson::SUCCESS) return array.size();
  if (element_.get_object().get(object) == simdjson::SUCCESS) return object.size();
  return 0;
}

std::string JsonValue::ToText() const { return exists_ ? simdjson::minify(element_) : ""; }

bool DeepEqual(JsonValue a, JsonValue b) {
  std::vector<std::pair<JsonValue, JsonValue>> pending{{a, b}};
  while (!pending.empty()) {
    const auto [left, right] = pending.back();
    pending.pop_back();
    if (!ShallowEqual(left, right, &pending)) return false;
  }
  return true;
}

Result<void> JsonParser::Reserve(std::size_t capacity) {
  if (capacity <= parser_.capacity()) return {};
  if (parser_.allocate(capacity, kMaxDepth) != simdjson::SUCCESS) {
    return Failure(Describe(simdjson::MEMALLOC, "-"));
  }
  return {};
}

Result<JsonValue> JsonParser::Parse(std::string& text) {
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  if (auto reserved = Reserve(text.size()); !reserved) return Unexpected(reserved.error());
  simdjson::dom::element element;
  const simdjson::error_code code =
      parser_.parse(text.data(), text.size(), /*realloc_if_needed=*/false).get(element);
  if (code != simdjson::SUCCESS) return Failure(Describe(code, text));
  return JsonValue(element);
}

}  // namespace mountguard::core
