#ifndef MOUNTGUARD_WEBHOOK_START_ERROR_H_
#define MOUNTGUARD_WEBHOOK_START_ERROR_H_

#include <string>
#include <utility>

#include "core/result.h"

namespace mountguard::webhook {

/// Why the server does not start.
struct StartError {
  enum class Kind {
    kWrong,        // a flag, a policy, a certificate
    kUnavailable,  // a file that cannot be read, an address in use
  };
  Kind kind = Kind::kWrong;
  std::string message;  // one or more whole lines
};

inline core::Unexpected<StartError> Wrong(std::string message) {
  return core::Unexpected(StartError{StartError::Kind::kWrong, std::move(message)});
}

inline core::Unexpected<StartError> Unavailable(std::string message) {
  return core::Unexpected(StartError{StartError::Kind::kUnavailable, std::move(message)});
}

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_START_ERROR_H_
