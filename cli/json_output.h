#ifndef MOUNTGUARD_CLI_JSON_OUTPUT_H_
#define MOUNTGUARD_CLI_JSON_OUTPUT_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>

#include "core/source_pos.h"

namespace mountguard::cli {

/// Members stay in the order in which they were put.
using Json = nlohmann::ordered_json;

/// null for nothing, else the value.
template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// An element of a report's `errors`; without a place in it the whole file could not be read.
inline Json ErrorJson(const std::string& file, int document, core::SourcePos position,
                      const std::string& message) {
  const auto if_placed = [position](int number) {
    return position.known() ? Json(number) : Json(nullptr);
  };
  return {{"file", file},
          {"document", if_placed(document)},
          {"line", if_placed(position.line)},
          {"column", if_placed(position.column)},
          {"message", message}};
}

/// An element of a report's `skipped`.
inline Json SkippedJson(const std::string& file, int document, core::SourcePos position,
                        const std::string& reason) {
  return {{"file", file}, {"document", document}, {"line", position.line}, {"reason", reason}};
}

/// `json` in indented lines. Texts that are no UTF-8 (a file's name may be none) have U+FFFD in
/// place of what is not.
inline std::string Indented(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

/// Writes `json` indented, with a line end.
inline void WriteJson(const Json& json, std::ostream& out) { out << Indented(json) << '\n'; }

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_JSON_OUTPUT_H_
