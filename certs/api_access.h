#ifndef MOUNTGUARD_CERTS_API_ACCESS_H_
#define MOUNTGUARD_CERTS_API_ACCESS_H_

#include <functional>
#include <string>

#include "core/file_reader.h"
#include "core/result.h"

namespace mountguard::certs {

/// Where an API server is, how to know it and who we are to it.
struct ApiAccess {
  bool tls = true;
  std::string host;  // a name or an address, IPv6 without brackets
  int port = 443;
  std::string path_prefix;      // "" or "/k8s/clusters/c-1", without a slash at the end
  std::string tls_server_name;  // the name that its certificate must have; "": the host
  std::string ca_pem;           // whom to trust; "": the system's CAs
  bool verify = true;
  std::string token;                   // "": none
  std::string client_certificate_pem;  // "": none
  std::string client_key_pem;
};

/// Reads the access anew, so that tokens and CAs may rotate: cheap, and asked before each call.
using ApiAccessSource = std::function<core::Result<ApiAccess>()>;

/// The current context of a kubeconfig file. Tokens, client certificates and keys may be in it or
/// in files of their own (relative to it). What would run another program (`exec`, `auth-provider`)
/// or needs a proxy is refused, saying so.
core::Result<ApiAccess> ReadKubeconfig(const std::string& path, const core::FileReader& reader);

/// Where Kubernetes puts a pod's token, CA and namespace.
inline constexpr const char* kServiceAccountDirectory =
    "/var/run/secrets/kubernetes.io/serviceaccount";

/// What a pod is given: `host` and `port` are its KUBERNETES_SERVICE_HOST and _PORT, "" outside of
/// a cluster, which is an error.
core::Result<ApiAccess> ReadInCluster(const std::string& host, const std::string& port,
                                      const core::FileReader& reader,
                                      const std::string& directory = kServiceAccountDirectory);

/// The namespace that the pod runs in.
core::Result<std::string> ReadOwnNamespace(const core::FileReader& reader,
                                           const std::string& directory = kServiceAccountDirectory);

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_API_ACCESS_H_
