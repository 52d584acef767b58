#ifndef MOUNTGUARD_CERTS_MANAGED_SECRET_H_
#define MOUNTGUARD_CERTS_MANAGED_SECRET_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "certs/issuer.h"
#include "certs/rotation.h"
#include "core/clock.h"
#include "core/result.h"

namespace mountguard::certs {

// The Secret in which certificates that mountguard manages itself are stored, from and to the words
// of their rotation. Pure but for keys, which are random.
//
//   tls.crt, tls.key          the serving certificate and its key
//   ca.crt, ca.key            the CA that signed it
//   next-ca.crt, next-ca.key  the CA to come, while a CA is being replaced
//   retired-ca.crt            CAs that are still trusted, without keys
//   rotation.json             until when each CA's certificates are valid

/// A Secret as far as it can be used, and what of it cannot.
struct ManagedSecret {
  StoredCertificates stored;
  std::vector<std::string> problems;  // sentences that name the Secret's key; no secret part
};

/// Total: what is missing, cut short, or does not fit is left out, and the rotation makes it anew.
/// A leaf counts as having its names if it has all of `wanted`.
ManagedSecret ReadManagedSecret(const std::map<std::string, std::string>& data,
                                const ServingNames& wanted);

std::map<std::string, std::string> WriteManagedSecret(const StoredCertificates& stored);

/// The CAs of a caBundle, each once. `is_clean` is false if it holds anything else, or one twice.
struct TrustBundle {
  std::vector<Authority> authorities;
  bool is_clean = true;
};
TrustBundle ReadTrustBundle(const std::string& pem);
std::string WriteTrustBundle(const std::vector<Authority>& authorities);

/// A new CA, and a leaf that `authority` signs; the leaf never outlives it.
core::Result<Authority> MakeAuthority(const IssueOptions& options, core::WallTime now);
core::Result<Leaf> MakeLeaf(const IssueOptions& options, const Authority& authority,
                            core::WallTime now);

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_MANAGED_SECRET_H_
