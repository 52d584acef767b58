#ifndef MOUNTGUARD_CERTS_CERT_PAIR_H_
#define MOUNTGUARD_CERTS_CERT_PAIR_H_

#include <memory>
#include <string>
#include <vector>

#include "certs/certificate_facts.h"
#include "certs/openssl_ptr.h"
#include "certs/pem.h"
#include "core/clock.h"
#include "core/file_reader.h"
#include "core/result.h"

namespace mountguard::certs {

/// A serving certificate, the certificates between it and its CA, and its private key, checked to
/// belong together and to be usable in a handshake. Immutable once parsed, and then shared freely
/// between threads.
struct CertPair {
  X509Ptr certificate;
  X509StackPtr chain;  // without `certificate`, in the file's order
  EvpPkeyPtr key;
  CertificateFacts facts;             // of `certificate`
  std::vector<std::string> warnings;  // sentences for the log; empty is well
};

/// The two texts of a pair, read and not yet judged.
struct CertPairFiles {
  PemFile certificate;
  PemFile key;
};

/// Reads both files. Fails only where one cannot be read, so that a caller can tell a file that is
/// unreadable from one that is wrong.
core::Result<CertPairFiles> ReadCertPairFiles(const std::string& certificate_path,
                                              const std::string& key_path,
                                              const core::FileReader& reader);

/// Judges the two texts. Refused are: what is not PEM or cannot be decoded, an encrypted key, a key
/// that fits none or not the first of the certificates, an expired certificate, a key that is too
/// weak or of a type that clients do not know. A certificate that is not valid *yet* is taken with
/// a warning: the clock of the API server counts, and no file will change when the time has come.
core::Result<std::shared_ptr<const CertPair>> ParseCertPair(const CertPairFiles& files,
                                                            core::WallTime now);

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_CERT_PAIR_H_
