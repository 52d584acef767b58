#include "core/json_reader.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <utility>
#include <vector>

namespace mountguard::core {
namespace {

/// Equality of one level; the pairs of children that remain to be compared go onto `pending`.
bool ShallowEqual(JsonValue a, JsonValue b, std::vector<std::pair<JsonValue, JsonValue>>* pending) {
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
        pending->emplace_back(member.value,
                              same_place.key == member.key ? same_place.value : b.Get(member.key));
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
  if (!exists() || Tag() != 'l') return std::nullopt;
  return static_cast<std::int64_t>(NumberBits());
}

std::optional<std::uint64_t> JsonValue::AsUint64() const {
  const bool fits = exists() && (Tag() == 'u' || (Tag() == 'l' && AsInt64() >= 0));
  return fits ? std::optional(NumberBits()) : std::nullopt;
}

std::optional<double> JsonValue::AsDouble() const {
  switch (type()) {
    case JsonType::kInt64:
      return static_cast<double>(static_cast<std::int64_t>(NumberBits()));
    case JsonType::kUint64:
      return static_cast<double>(NumberBits());
    case JsonType::kDouble: {
      double value = 0;
      const std::uint64_t bits = NumberBits();
      std::memcpy(&value, &bits, sizeof value);
      return value;
    }
    default:
      return std::nullopt;
  }
}

JsonValue JsonValue::At(std::size_t index) const {
  for (JsonValue element : Elements()) {
    if (index-- == 0) return element;
  }
  return {};
}

std::size_t JsonValue::Size() const {
  constexpr std::uint64_t kSaturated = 0xFFFFFF;  // the tape counts no further
  if (!IsObject() && !IsArray()) return 0;
  const std::uint64_t count = Payload() >> 32;
  if (count < kSaturated) return count;
  std::size_t counted = 0;
  if (IsArray()) {
    for ([[maybe_unused]] JsonValue element : Elements()) ++counted;
  } else {
    for ([[maybe_unused]] const Member& member : Members()) ++counted;
  }
  return counted;
}

bool DeepEqual(JsonValue a, JsonValue b) {
  std::vector<std::pair<JsonValue, JsonValue>> pending{{a, b}};
  while (!pending.empty()) {
    const auto [left, right] = pending.back();
    pending.pop_back();
    if (!ShallowEqual(left, right, &pending)) return false;
  }
  return true;
}

struct JsonParser::Impl {
  simdjson::dom::parser parser;
};

JsonParser::JsonParser() : impl_(std::make_unique<Impl>()) {}
JsonParser::~JsonParser() = default;
JsonParser::JsonParser(JsonParser&&) noexcept = default;
JsonParser& JsonParser::operator=(JsonParser&&) noexcept = default;

Result<JsonValue> JsonParser::Parse(std::string& text) {
  simdjson::dom::parser& parser = impl_->parser;
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  if (text.size() > parser.capacity() &&
      parser.allocate(text.size(), kMaxDepth) != simdjson::SUCCESS) {
    return Failure(Describe(simdjson::MEMALLOC, text));
  }
  const simdjson::error_code code =
      parser.parse(text.data(), text.size(), /*realloc_if_needed=*/false).error();
  if (code != simdjson::SUCCESS) return Failure(Describe(code, text));
  constexpr std::size_t kRootValue = 1;  // behind the word that opens the tape
  return JsonValue(parser.doc.tape.get(), parser.doc.string_buf.get(), kRootValue);
}

}  // namespace mountguard::core
