#ifndef MOUNTGUARD_CORE_JSON_WRITER_H_
#define MOUNTGUARD_CORE_JSON_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "core/json_reader.h"

namespace mountguard::core {

/// Appends `text` as a JSON string, quotes included. Bytes that are no UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

/// Appends `value` as compact JSON, in which integers and floating point stay what they are;
/// nothing if it is absent.
void AppendJson(JsonValue value, std::string* out);

/// Appends compact JSON to a string, for the responses on the path of a request (elsewhere:
/// nlohmann). Puts the commas; the caller pairs Begin and End and puts a Key before every value of
/// an object. Borrows the string; not thread-safe.
class JsonWriter {
 public:
  explicit JsonWriter(std::string* out) : out_(out) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(std::string_view key);
  JsonWriter& String(std::string_view value);
  JsonWriter& Int(std::int64_t value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Separate();

  std::string* out_;
  bool first_ = true;  // nothing stands before the next value on this level
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_JSON_WRITER_H_
