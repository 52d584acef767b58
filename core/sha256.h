#ifndef MOUNTGUARD_CORE_SHA256_H_
#define MOUNTGUARD_CORE_SHA256_H_

#include <string>
#include <string_view>

namespace mountguard::core {

/// The SHA-256 of `bytes` (FIPS 180-4) as 64 lowercase hexadecimal digits.
///
/// For naming content, not for secrets: it gives a policy set its digest in folders that may not
/// use OpenSSL. Thread-safe.
std::string Sha256Hex(std::string_view bytes);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_SHA256_H_
