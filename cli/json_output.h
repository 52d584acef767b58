#ifndef MOUNTGUARD_CLI_JSON_OUTPUT_H_
#define MOUNTGUARD_CLI_JSON_OUTPUT_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>

namespace mountguard::cli {

/// Members stay in the order in which they were put.
using Json = nlohmann::ordered_json;

/// null for nothing, else the value.
template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// Writes `json` indented, with a line end. Texts that are no UTF-8 (a file's name may be none) are
/// written with U+FFFD in place of what is not.
inline void WriteJson(const Json& json, std::ostream& out) {
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_JSON_OUTPUT_H_
