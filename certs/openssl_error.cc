#include "certs/openssl_error.h"

#include <openssl/err.h>

namespace mountguard::certs {

std::string TakeOpenSslErrors() {
  std::string words;
  while (const auto code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!words.empty()) words += "; ";
    words += reason != nullptr ? reason : "error " + std::to_string(code);
  }
  return words.empty() ? "no reason given" : words;
}

}  // namespace mountguard::certs
