#ifndef MOUNTGUARD_CORE_JSON_READER_H_
#define MOUNTGUARD_CORE_JSON_READER_H_

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace mountguard::core {

enum class JsonType { kAbsent, kNull, kBool, kInt64, kUint64, kDouble, kString, kArray, kObject };

/// A value inside a parsed JSON text: a cheap handle, to be passed by value.
///
/// Borrowed: it is valid while the JsonParser that gave it lives and parses nothing else. A default
/// constructed value is "absent", and every accessor is total: asking an absent or differently typed
/// value for something gives nothing, so walks need no checks between steps.
class JsonValue {
 public:
  class MemberRange;
  class ElementRange;
  struct Member;

  JsonValue() = default;
  explicit JsonValue(simdjson::dom::element element) : element_(element), exists_(true) {}

  JsonType type() const;
  bool exists() const { return exists_; }
  /// Absent and null are one to Kubernetes' decoder: the field keeps its zero value.
  bool IsAbsentOrNull() const { return !exists_ || element_.is_null(); }
  bool IsObject() const { return exists_ && element_.is_object(); }
  bool IsArray() const { return exists_ && element_.is_array(); }
  bool IsString() const { return exists_ && element_.is_string(); }

  /// The text of a string, else "". Borrowed from the parser.
  std::string_view AsString() const;
  /// The text of a string, else nothing: tells "" from unset.
  std::optional<std::string_view> AsOptionalString() const;
  std::optional<bool> AsBool() const;
  bool IsTrue() const { return AsBool().value_or(false); }
  /// An integer that fits, written without fraction or exponent; else nothing.
  std::optional<std::int64_t> AsInt64() const;
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
  /// The value as compact JSON; "" if absent.
  std::string ToText() const;

 private:
  simdjson::dom::element element_;
  bool exists_ = false;
};

struct JsonValue::Member {
  std::string_view key;
  JsonValue value;
};

class JsonValue::MemberRange {
 public:
  class Iterator {
   public:
    Iterator() = default;
    explicit Iterator(simdjson::dom::object::iterator it) : it_(it) {}
    Member operator*() const { return Member{it_.key(), JsonValue(it_.value())}; }
    Iterator& operator++() {
      ++it_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return it_ != other.it_; }

   private:
    simdjson::dom::object::iterator it_;
  };

  MemberRange() = default;
  MemberRange(Iterator begin, Iterator end) : begin_(begin), end_(end), empty_(false) {}
  Iterator begin() const { return begin_; }
  Iterator end() const { return empty_ ? begin_ : end_; }

 private:
  Iterator begin_;
  Iterator end_;
  bool empty_ = true;
};

class JsonValue::ElementRange {
 public:
  class Iterator {
   public:
    Iterator() = default;
    explicit Iterator(simdjson::dom::array::iterator it) : it_(it) {}
    JsonValue operator*() const { return JsonValue(*it_); }
    Iterator& operator++() {
      ++it_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return it_ != other.it_; }

   private:
    simdjson::dom::array::iterator it_;
  };

  ElementRange() = default;
  ElementRange(Iterator begin, Iterator end) : begin_(begin), end_(end), empty_(false) {}
  Iterator begin() const { return begin_; }
  Iterator end() const { return empty_ ? begin_ : end_; }

 private:
  Iterator begin_;
  Iterator end_;
  bool empty_ = true;
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

  /// Parses `text`, which must be valid UTF-8 JSON with nothing behind it but white space.
  /// `text` may grow its capacity (the parser reads some bytes past the end) but keeps its content;
  /// it may be discarded afterwards. The error says what is wrong and at which line and column.
  Result<JsonValue> Parse(std::string& text);
  Result<JsonValue> Parse(std::string&& text) = delete;

 private:
  Result<void> Reserve(std::size_t capacity);

  simdjson::dom::parser parser_;
};

inline JsonType JsonValue::type() const {
  if (!exists_) return JsonType::kAbsent;
  switch (element_.type()) {
    case simdjson::dom::element_type::ARRAY:
      return JsonType::kArray;
    case simdjson::dom::element_type::OBJECT:
      return JsonType::kObject;
    case simdjson::dom::element_type::INT64:
      return JsonType::kInt64;
    case simdjson::dom::element_type::UINT64:
      return JsonType::kUint64;
    case simdjson::dom::element_type::DOUBLE:
      return JsonType::kDouble;
    case simdjson::dom::element_type::STRING:
      return JsonType::kString;
    case simdjson::dom::element_type::BOOL:
      return JsonType::kBool;
    case simdjson::dom::element_type::NULL_VALUE:
      return JsonType::kNull;
  }
  return JsonType::kAbsent;
}

inline std::string_view JsonValue::AsString() const {
  std::string_view text;
  if (exists_ && element_.get_string().get(text) == simdjson::SUCCESS) return text;
  return {};
}

inline std::optional<std::string_view> JsonValue::AsOptionalString() const {
  std::string_view text;
  if (exists_ && element_.get_string().get(text) == simdjson::SUCCESS) return text;
  return std::nullopt;
}

inline std::optional<bool> JsonValue::AsBool() const {
  bool value = false;
  if (exists_ && element_.get_bool().get(value) == simdjson::SUCCESS) return value;
  return std::nullopt;
}

inline JsonValue::MemberRange JsonValue::Members() const {
  simdjson::dom::object object;
  if (!exists_ || element_.get_object().get(object) != simdjson::SUCCESS) return {};
  return {MemberRange::Iterator(object.begin()), MemberRange::Iterator(object.end())};
}

inline JsonValue::ElementRange JsonValue::Elements() const {
  simdjson::dom::array array;
  if (!exists_ || element_.get_array().get(array) != simdjson::SUCCESS) return {};
  return {ElementRange::Iterator(array.begin()), ElementRange::Iterator(array.end())};
}

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_JSON_READER_H_
