#include "policy/kubernetes/field_error.h"

#include <fmt/format.h>

#include "core/go_quote.h"

namespace mountguard::policy {

FieldError Required() { return {CauseType::kRequired, "Required value"}; }

FieldError NotFound(std::string_view value) {
  return {CauseType::kNotFound, fmt::format("Not found: {}", core::GoQuote(value))};
}

FieldError Invalid(std::string_view value, std::string_view detail) {
  return {CauseType::kInvalid, fmt::format("Invalid value: {}: {}", core::GoQuote(value), detail)};
}

FieldError Forbidden(std::string_view detail) {
  return {CauseType::kForbidden, fmt::format("Forbidden: {}", detail)};
}

FieldError NotSupported(std::string_view value, std::initializer_list<std::string_view> supported) {
  std::string quoted;
  for (std::string_view known : supported) {
    if (!quoted.empty()) quoted += ", ";
    quoted += core::GoQuote(known);
  }
  return {CauseType::kNotSupported, fmt::format("Unsupported value: {}: supported values: {}",
                                                core::GoJsonQuote(value), quoted)};
}

}  // namespace mountguard::policy
