#include "core/api_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>

#include "core/api_scalars.h"

namespace mountguard::core {
namespace {

/// What a type takes. The last three decode themselves in Go: an error of theirs ends the decoding.
enum class ApiKind : std::uint8_t {
  kBool,
  kString,
  kInt32,
  kInt64,
  kSlice,
  kMap,
  kStruct,
  kAny,
  kQuantity,
  kIntOrString,
  kTime,
};

struct ApiType {
  ApiKind kind;
  std::uint16_t element;  // of a slice or map a type, of a struct its row in kStructs
  std::string_view go_name;
};

struct ApiStruct {
  std::string_view go_name;
  std::uint16_t first_field;
  std::uint16_t first_slot;
  std::uint32_t multiplier;
  std::uint8_t shift;
};

struct ApiField {
  std::string_view name;
  std::string_view embedded;
  std::uint16_t type;
};

struct ApiRoot {
  std::string_view api_version;
  std::string_view kind;
  std::uint16_t type;
};

#include "core/api_schema_table.inc"

/// The field that Go decodes `name` into: names are case-sensitive, unknown ones are skipped.
const ApiField* FindField(const ApiStruct& type, std::string_view name) {
  const std::size_t size = name.size();
  if (size == 0) return nullptr;
  const auto byte = [&](std::size_t at) -> std::uint32_t {
    return static_cast<unsigned char>(name[at]);
  };
  const std::uint32_t key = (static_cast<std::uint32_t>(size) & 0xFF) | byte(0) << 8 |
                            byte(size * 2 / 3) << 16 | byte(size - 1) << 24;
  const std::uint8_t place = kSlots[type.first_slot + (key * type.multiplier >> type.shift)];
  if (place == 0) return nullptr;
  const ApiField& field = kFields[type.first_field + place - 1];
  return field.name == name ? &field : nullptr;
}

constexpr unsigned Bit(JsonType type) { return 1U << static_cast<unsigned>(type); }

/// The JSON that each kind takes without a look at the value; null is taken by every type.
constexpr unsigned TakenAsItIs(ApiKind kind) {
  constexpr unsigned kNothing = Bit(JsonType::kNull) | Bit(JsonType::kAbsent);
  constexpr unsigned kNumbers =
      Bit(JsonType::kInt64) | Bit(JsonType::kUint64) | Bit(JsonType::kDouble);
  switch (kind) {
    case ApiKind::kBool:
      return kNothing | Bit(JsonType::kBool);
    case ApiKind::kString:
    case ApiKind::kIntOrString:
      return kNothing | Bit(JsonType::kString);
    case ApiKind::kQuantity:
      return kNothing | kNumbers;
    case ApiKind::kAny:
      return ~0U;
    default:
      return kNothing;
  }
}

constexpr std::size_t kKinds = static_cast<std::size_t>(ApiKind::kTime) + 1;

constexpr std::array<unsigned, kKinds> TakenByKind() {
  std::array<unsigned, kKinds> taken{};
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    taken[kind] = TakenAsItIs(static_cast<ApiKind>(kind));
  }
  return taken;
}

constexpr bool IsTakenAsItIs(ApiKind kind, JsonType json) {
  constexpr std::array<unsigned, kKinds> kTaken = TakenByKind();
  return (kTaken[static_cast<std::size_t>(kind)] & Bit(json)) != 0;
}

/// Where the walk is: one frame for every struct, map or slice on the way down, on the stack.
struct Frame {
  const Frame* parent = nullptr;
  const ApiStruct* owner = nullptr;  // a struct, and its field that is being decoded
  const ApiField* field = nullptr;
  std::string_view key = {};  // of a map
  int index = -1;             // in a slice
};

void AppendPath(const Frame* frame, std::string* out) {
  if (frame == nullptr) return;
  AppendPath(frame->parent, out);
  if (frame->field != nullptr) {
    if (!out->empty()) *out += '.';
    *out += frame->field->name;
  } else if (frame->index >= 0) {
    fmt::format_to(std::back_inserter(*out), "[{}]", frame->index);
  } else {
    fmt::format_to(std::back_inserter(*out), "[{}]", frame->key);
  }
}

/// The fields of the structs on the way, as Go's errors name them: neither indices nor keys.
void AppendGoFields(const Frame* frame, std::string* out) {
  if (frame == nullptr) return;
  AppendGoFields(frame->parent, out);
  if (frame->field == nullptr) return;
  if (!out->empty()) *out += '.';
  *out += frame->field->embedded;
  *out += frame->field->name;
}

const ApiStruct* InnermostStruct(const Frame* frame) {
  while (frame != nullptr && frame->owner == nullptr) frame = frame->parent;
  return frame == nullptr ? nullptr : frame->owner;
}

/// Source: encoding/json UnmarshalTypeError.Error.
std::string TypeErrorText(std::string_view value, std::string_view go_type, const Frame* frame) {
  const ApiStruct* owner = InnermostStruct(frame);
  if (owner == nullptr) {
    return fmt::format("json: cannot unmarshal {} into Go value of type {}", value, go_type);
  }
  std::string fields;
  AppendGoFields(frame, &fields);
  return fmt::format("json: cannot unmarshal {} into Go struct field {}.{} of type {}", value,
                     owner->go_name, fields, go_type);
}

/// The text of a number once kubectl or the API server has written it anew, which is the only form
/// in which the decoder meets it: 420.0 is 420 by then.
std::string NumberText(JsonValue number) {
  if (const auto integer = number.AsInt64()) return std::to_string(*integer);
  return GoFloatText(number.AsDouble().value_or(0));
}

/// Whether Go's ParseInt takes the number for an integer of that range.
bool IsInteger(JsonValue number, std::int64_t least, std::int64_t most) {
  auto value = number.AsInt64();
  if (!value) {
    const std::string text = NumberText(number);
    std::int64_t parsed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    value = parsed;
  }
  return *value >= least && *value <= most;
}

bool IsInt32(JsonValue number) {
  return IsInteger(number, std::numeric_limits<std::int32_t>::min(),
                   std::numeric_limits<std::int32_t>::max());
}

bool IsInt64(JsonValue number) {
  return IsInteger(number, std::numeric_limits<std::int64_t>::min(),
                   std::numeric_limits<std::int64_t>::max());
}

bool IsNumber(JsonType type) {
  return type == JsonType::kInt64 || type == JsonType::kUint64 || type == JsonType::kDouble;
}

std::string_view NameOf(JsonType type) {
  switch (type) {
    case JsonType::kBool:
      return "bool";
    case JsonType::kString:
      return "string";
    case JsonType::kArray:
      return "array";
    case JsonType::kObject:
      return "object";
    default:
      return "number";
  }
}

/// Walks an object as Go's decoder does and keeps the error that Go would return.
class Walk {
 public:
  explicit Walk(std::string_view path) : path_(path) {}

  std::optional<DecodeError> Run(std::uint16_t type, const JsonValue& value) && {
    Value(kTypes[type], value, nullptr);
    return std::move(error_);
  }

 private:
  /// These are false once a type that decodes itself has refused its value: Go stops there.
  bool Value(const ApiType& type, const JsonValue& value, const Frame* frame) {
    const JsonType json = value.type();
    return IsTakenAsItIs(type.kind, json) || CloseLook(type, json, value, frame);
  }
  bool CloseLook(const ApiType& type, JsonType json, const JsonValue& value, const Frame* frame);
  bool Struct(const ApiStruct& type, const JsonValue& object, const Frame* parent);
  bool Map(const ApiType& element, const JsonValue& object, const Frame* parent);
  bool Slice(const ApiType& element, const JsonValue& array, const Frame* parent);

  /// A wrong type: Go goes on and returns the first one at the end.
  bool Save(std::string_view value, const ApiType& type, const Frame* frame) {
    if (!error_) Set(TypeErrorText(value, type.go_name, frame), frame);
    return true;
  }
  /// What a type that decodes itself says: an error wins over those that were saved.
  bool Custom(std::optional<std::string> error, const Frame* frame) {
    if (!error) return true;
    Set(std::move(*error), frame);
    return false;
  }
  void Set(std::string message, const Frame* frame) {
    std::string field(path_);
    AppendPath(frame, &field);
    error_ = DecodeError{std::move(message), std::move(field)};
  }

  std::string_view path_;
  std::optional<DecodeError> error_;
};

bool Walk::CloseLook(const ApiType& type, JsonType json, const JsonValue& value,
                     const Frame* frame) {
  switch (type.kind) {
    case ApiKind::kInt32:
    case ApiKind::kInt64:
      if (!IsNumber(json)) break;
      if (type.kind == ApiKind::kInt32 ? IsInt32(value) : IsInt64(value)) return true;
      return Save("number " + NumberText(value), type, frame);
    case ApiKind::kSlice:
      if (json == JsonType::kArray) return Slice(kTypes[type.element], value, frame);
      break;
    case ApiKind::kMap:
      if (json == JsonType::kObject) return Map(kTypes[type.element], value, frame);
      break;
    case ApiKind::kStruct:
      if (json == JsonType::kObject) return Struct(kStructs[type.element], value, frame);
      break;
    case ApiKind::kQuantity:
      return Custom(
          json == JsonType::kString ? QuantityError(value.AsString()) : QuantityFormatError(),
          frame);
    case ApiKind::kIntOrString:
      if (!IsNumber(json)) return Custom(TypeErrorText(NameOf(json), "int32", frame), frame);
      if (IsInt32(value)) return true;
      return Custom(TypeErrorText("number " + NumberText(value), "int32", frame), frame);
    case ApiKind::kTime:
      return Custom(json == JsonType::kString ? TimeError(value.AsString())
                                              : TypeErrorText(NameOf(json), "string", frame),
                    frame);
    case ApiKind::kBool:
    case ApiKind::kString:
    case ApiKind::kAny:
      break;
  }
  return Save(NameOf(json), type, frame);
}

bool Walk::Struct(const ApiStruct& type, const JsonValue& object, const Frame* parent) {
  Frame frame{parent, &type};
  for (const JsonValue::Member& member : object.Members()) {
    frame.field = FindField(type, member.key);
    if (frame.field == nullptr) continue;
    if (!Value(kTypes[frame.field->type], member.value, &frame)) return false;
  }
  return true;
}

bool Walk::Map(const ApiType& element, const JsonValue& object, const Frame* parent) {
  Frame frame{parent};
  for (const JsonValue::Member& member : object.Members()) {
    frame.key = member.key;
    if (!Value(element, member.value, &frame)) return false;
  }
  return true;
}

bool Walk::Slice(const ApiType& element, const JsonValue& array, const Frame* parent) {
  Frame frame{parent};
  for (const JsonValue& value : array.Elements()) {
    ++frame.index;
    if (!Value(element, value, &frame)) return false;
  }
  return true;
}

}  // namespace

std::optional<DecodeError> CheckDecodes(std::string_view api_version, std::string_view kind,
                                        JsonValue object) {
  for (const ApiRoot& root : kRoots) {
    if (root.kind != kind || root.api_version != api_version) continue;
    return Walk("").Run(root.type, object);
  }
  return std::nullopt;
}

std::optional<DecodeError> CheckPodTemplateDecodes(JsonValue pod_template, std::string_view path) {
  return Walk(path).Run(kPodTemplateSpec, pod_template);
}

}  // namespace mountguard::core
