#ifndef MOUNTGUARD_CERTS_CA_INJECTOR_H_
#define MOUNTGUARD_CERTS_CA_INJECTOR_H_

#include <string>
#include <string_view>
#include <vector>

#include "certs/kubernetes_api.h"
#include "certs/pem.h"
#include "core/result.h"

namespace mountguard::certs {

/// Which CAs to write, and into which clientConfigs.
struct BundleRequest {
  std::string pem;                // see ReadBundle
  bool add = false;               // beside the CAs that are there, instead of in their place
  std::string service;            // only webhooks of this service; "" for all
  std::string service_namespace;  // and of this namespace; "" for any
};

/// The CA certificates of a PEM file, as they go into a caBundle: each once, nothing else. Fails on
/// a file that holds a private key, and on a certificate that vouches for no server: neither a CA's
/// nor self-signed.
core::Result<std::string> ReadBundle(const PemFile& file);

bool IsAskedFor(const BundleRequest& request, const WebhookClient& client);

/// What the client's bundle is to be.
std::string BundleFor(const BundleRequest& request, const WebhookClient& client);

/// One clientConfig that the request was for.
struct InjectedClient {
  int line = 0;  // of the clientConfig, from 1
  WebhookKind kind = WebhookKind::kValidating;
  std::string configuration;  // metadata.name
  std::string webhook;
  bool changed = false;  // false: it had the bundle already
};

struct InjectedManifest {
  std::string text;
  std::vector<InjectedClient> clients;  // in the order of the text
};

/// Writes the bundle into every clientConfig that is asked for of a manifest: YAML or JSON, several
/// documents, Lists. All else stays as it was, byte for byte: comments, order, quotes, line ends.
/// Documents of other kinds are passed over. The result has been read again and differs in the
/// bundles and in nothing else.
///
/// Fails with "file:line:column: ..." on a document that is no YAML, and where the bundle's place
/// is written in a way that cannot be edited (an alias, an anchor, a tag), saying so.
core::Result<InjectedManifest> InjectBundle(std::string_view file, std::string_view text,
                                            const BundleRequest& request);

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_CA_INJECTOR_H_
