#ifndef MOUNTGUARD_CORE_JSON_READER_H_
#define MOUNTGUARD_CORE_JSON_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace mountguard::core {

enum class JsonType : std::uint8_t {
  kAbsent,
  kNull,
  kBool,
  kInt64,
  kUint64,
  kDouble,
  kString,
  kArray,
  kObject
};

/// A value inside a parsed JSON text, or on a JsonTape: a cheap handle, to be passed by value.
///
/// Borrowed: it is valid while the JsonParser that gave it lives and parses nothing else, or the
/// JsonTape that did is not changed. A default constructed value is "absent", and every accessor is
/// total: asking an absent or differently typed value for something gives nothing, so walks need no
/// checks between steps.
///
/// It reads simdjson's tape, whose format simdjson documents (doc/tape.md): a word a value, its
/// type in the top byte. So this header, which everything includes, need not include simdjson's
/// 30,000 lines, and a walk costs no error codes.
class JsonValue {
 public:
  class MemberRange;
  class ElementRange;
  struct Member;

  JsonValue() = default;

  JsonType type() const;
  bool exists() const { return tape_ != nullptr; }
  /// Absent and null are one to Kubernetes' decoder: the field keeps its zero value.
  bool IsAbsentOrNull() const { return !exists() || Tag() == 'n'; }
  bool IsObject() const { return exists() && Tag() == '{'; }
  bool IsArray() const { return exists() && Tag() == '['; }
  bool IsString() const { return exists() && Tag() == '"'; }

  /// The text of a string, else "". Borrowed from the parser.
  std::string_view AsString() const { return IsString() ? Text() : std::string_view(); }
  /// The text of a string, else nothing: tells "" from unset.
  std::optional<std::string_view> AsOptionalString() const {
    return IsString() ? std::optional(Text()) : std::nullopt;
  }
  std::optional<bool> AsBool() const;
  bool IsTrue() const { return exists() && Tag() == 't'; }
  /// An integer that fits, written without fraction or exponent; else nothing.
  std::optional<std::int64_t> AsInt64() const;
  /// The same of what only fits without a sign, too.
  std::optional<std::uint64_t> AsUint64() const;
  /// Any number; else nothing.
  std::optional<double> AsDouble() const;

  /// The member of that name; of a repeated key the last one, as Go takes it.
  JsonValue Get(std::string_view key) const;
  /// The element at `index`, or absent.
  JsonValue At(std::size_t index) const;
  /// Members of an object in the order of the text, repeated keys included; empty for all else.
  MemberRange Members() const;
  /// Elements of an array; empty for all else.
  ElementRange Elements() const;
  /// Number of elements or members; 0 for all else.
  std::size_t Size() const;

 private:
  friend class JsonParser;
  friend class JsonTape;

  JsonValue(const std::uint64_t* tape, const std::uint8_t* texts, std::size_t index)
      : tape_(tape), texts_(texts), index_(index) {}

  char Tag() const { return static_cast<char>(tape_[index_] >> 56); }
  std::uint64_t Payload() const { return tape_[index_] & ((std::uint64_t{1} << 56) - 1); }
  /// The word behind that of a number.
  std::uint64_t NumberBits() const { return tape_[index_ + 1]; }
  std::string_view Text() const;
  /// The index of the word behind this value and all that it holds.
  std::size_t Next() const;
  JsonValue MovedTo(std::size_t index) const { return {tape_, texts_, index}; }

  const std::uint64_t* tape_ = nullptr;
  const std::uint8_t* texts_ = nullptr;
  std::size_t index_ = 0;
};

struct JsonValue::Member {
  std::string_view key;
  JsonValue value;
};

class JsonValue::MemberRange {
 public:
  class Iterator {
   public:
    explicit Iterator(JsonValue key) : key_(key) {}
    Member operator*() const { return {key_.Text(), key_.MovedTo(key_.index_ + 1)}; }
    Iterator& operator++() {
      key_.index_ = key_.MovedTo(key_.index_ + 1).Next();
      return *this;
    }
    bool operator!=(const Iterator& other) const { return key_.index_ != other.key_.index_; }

   private:
    JsonValue key_;
  };

  MemberRange(JsonValue begin, JsonValue end) : begin_(begin), end_(end) {}
  Iterator begin() const { return begin_; }
  Iterator end() const { return end_; }

 private:
  Iterator begin_;
  Iterator end_;
};

class JsonValue::ElementRange {
 public:
  class Iterator {
   public:
    explicit Iterator(JsonValue element) : element_(element) {}
    JsonValue operator*() const { return element_; }
    Iterator& operator++() {
      element_.index_ = element_.Next();
      return *this;
    }
    bool operator!=(const Iterator& other) const {
      return element_.index_ != other.element_.index_;
    }

   private:
    JsonValue element_;
  };

  ElementRange(JsonValue begin, JsonValue end) : begin_(begin), end_(end) {}
  Iterator begin() const { return begin_; }
  Iterator end() const { return end_; }

 private:
  Iterator begin_;
  Iterator end_;
};

/// True if both hold the same JSON value. The order of members does not matter, that of elements
/// does; two absent values are equal, absent and null are not.
bool DeepEqual(JsonValue a, JsonValue b);

/// Parses JSON texts one after the other, keeping its buffers.
///
/// Not thread-safe: one parser a thread. Every JsonValue dies with the next Parse or the parser.
class JsonParser {
 public:
  /// Go's decoder refuses to go deeper; so do we.
  static constexpr std::size_t kMaxDepth = 10'000;

  JsonParser();
  ~JsonParser();
  JsonParser(JsonParser&&) noexcept;
  JsonParser& operator=(JsonParser&&) noexcept;

  /// Parses `text`, which must be valid UTF-8 JSON with nothing behind it but white space.
  /// `text` may grow its capacity (the parser reads some bytes past the end) but keeps its content;
  /// it may be discarded afterwards. The error says what is wrong.
  Result<JsonValue> Parse(std::string& text);
  Result<JsonValue> Parse(std::string&& text) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

namespace internal {

/// The type behind each tag of simdjson's tape.
constexpr std::array<JsonType, 256> TypesOfTags() {
  std::array<JsonType, 256> types{};
  for (JsonType& type : types) type = JsonType::kNull;
  types['{'] = JsonType::kObject;
  types['['] = JsonType::kArray;
  types['"'] = JsonType::kString;
  types['l'] = JsonType::kInt64;
  types['u'] = JsonType::kUint64;
  types['d'] = JsonType::kDouble;
  types['t'] = JsonType::kBool;
  types['f'] = JsonType::kBool;
  return types;
}
inline constexpr std::array<JsonType, 256> kTypeOfTag = TypesOfTags();

}  // namespace internal

inline JsonType JsonValue::type() const {
  return exists() ? internal::kTypeOfTag[static_cast<unsigned char>(Tag())] : JsonType::kAbsent;
}

inline std::string_view JsonValue::Text() const {
  const std::uint8_t* text = texts_ + Payload();
  std::uint32_t size = 0;
  std::memcpy(&size, text, sizeof size);
  return {reinterpret_cast<const char*>(text + sizeof size), size};
}

inline std::size_t JsonValue::Next() const {
  const char tag = Tag();
  if (tag == '"') return index_ + 1;
  if (tag == '{' || tag == '[') return static_cast<std::uint32_t>(Payload());
  const bool number = tag == 'l' || tag == 'u' || tag == 'd';
  return index_ + (number ? 2 : 1);
}

inline std::optional<bool> JsonValue::AsBool() const {
  if (!exists() || (Tag() != 't' && Tag() != 'f')) return std::nullopt;
  return Tag() == 't';
}

inline JsonValue JsonValue::Get(std::string_view key) const {
  JsonValue found;
  for (const Member& member : Members()) {
    if (member.key == key) found = member.value;
  }
  return found;
}

inline JsonValue::MemberRange JsonValue::Members() const {
  if (!IsObject()) return {*this, *this};
  return {MovedTo(index_ + 1), MovedTo(Next() - 1)};
}

inline JsonValue::ElementRange JsonValue::Elements() const {
  if (!IsArray()) return {*this, *this};
  return {MovedTo(index_ + 1), MovedTo(Next() - 1)};
}

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_JSON_READER_H_
