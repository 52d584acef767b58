#ifndef MOUNTGUARD_CERTS_OPENSSL_ERROR_H_
#define MOUNTGUARD_CERTS_OPENSSL_ERROR_H_

#include <string>

namespace mountguard::certs {

/// Empties this thread's OpenSSL error queue and says what was in it, the root first: "wrong tag;
/// nested asn1 error". "no reason given" if it was empty.
std::string TakeOpenSslErrors();

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_OPENSSL_ERROR_H_
