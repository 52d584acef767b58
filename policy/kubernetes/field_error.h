#ifndef MOUNTGUARD_POLICY_KUBERNETES_FIELD_ERROR_H_
#define MOUNTGUARD_POLICY_KUBERNETES_FIELD_ERROR_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "policy/finding.h"

namespace mountguard::policy {

/// What the API server says of a field, without the field's path, to the letter.
/// Source: apimachinery pkg/util/validation/field Error.ErrorBody, v0.36.
struct FieldError {
  CauseType cause;
  std::string body;
};

FieldError Required();
FieldError NotFound(std::string_view value);
FieldError Invalid(std::string_view value, std::string_view detail);
FieldError Forbidden(std::string_view detail);
/// For a value of a string type of its own, which Go prints as JSON. `supported` is sorted.
FieldError NotSupported(std::string_view value, std::initializer_list<std::string_view> supported);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_FIELD_ERROR_H_
