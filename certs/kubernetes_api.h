#ifndef MOUNTGUARD_CERTS_KUBERNETES_API_H_
#define MOUNTGUARD_CERTS_KUBERNETES_API_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/api_access.h"
#include "core/clock.h"
#include "core/result.h"

namespace mountguard::certs {

/// Why a call came to nothing.
struct ApiError {
  enum class Kind {
    kUnreachable,   // no answer: refused, timed out, not the server that we trust
    kUnauthorized,  // it does not know us
    kForbidden,     // RBAC
    kNotFound,
    kConflict,  // changed since it was read, or there already: read again
    kRefused,   // any other 4xx
    kServer,    // 5xx and 429
    kGarbage,   // an answer that is none of Kubernetes'
  };
  Kind kind = Kind::kUnreachable;
  std::string message;  // a sentence: the call, and the API's own message
  std::chrono::seconds retry_after{0};
};

/// "unreachable", "forbidden", ...: a label of bounded values.
std::string_view ToString(ApiError::Kind kind);

template <class T>
using ApiResult = core::Result<T, ApiError>;

struct SecretName {
  std::string namespace_name;
  std::string name;
};

struct Secret {
  std::map<std::string, std::string> data;  // decoded
  std::string resource_version;
  std::string document;  // as the API gave it, JSON
};

enum class WebhookKind { kValidating, kMutating, kConversion };

/// "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "CustomResourceDefinition".
std::string_view ToString(WebhookKind kind);

/// One clientConfig of a configuration: whom the API server calls and which CAs it trusts there.
struct WebhookClient {
  std::string name;     // the webhook's; "conversion" for that of a CustomResourceDefinition
  std::string pointer;  // JSON pointer to the clientConfig
  std::string service;  // "" where it is a URL
  std::string service_namespace;
  std::string url;
  std::string ca_bundle;  // decoded: PEM, if all is well
};

struct WebhookConfiguration {
  WebhookKind kind = WebhookKind::kValidating;
  std::string name;
  std::string resource_version;
  /// Changes with what the API server goes by, and not with labels, annotations or status.
  std::string generation;
  std::vector<WebhookClient> clients;
};

/// What of Kubernetes' API certificates need: one Secret and one configuration. The seam that tests
/// put a cluster of their own behind.
class KubernetesApi {
 public:
  virtual ~KubernetesApi() = default;

  virtual ApiResult<Secret> GetSecret(const SecretName& name) = 0;
  virtual ApiResult<Secret> CreateSecret(const SecretName& name,
                                         const std::map<std::string, std::string>& data) = 0;
  /// Gives `secret`, as it was read, other data; kConflict if it has changed since.
  virtual ApiResult<Secret> UpdateSecret(const SecretName& name, const Secret& secret,
                                         const std::map<std::string, std::string>& data) = 0;
  virtual ApiResult<WebhookConfiguration> GetWebhooks(WebhookKind kind,
                                                      const std::string& name) = 0;
  /// Writes the bundles (PEM, by JSON pointer of the clientConfig) into `configuration`, as it was
  /// read; kConflict if it has changed since.
  virtual ApiResult<WebhookConfiguration> SetCaBundles(
      const WebhookConfiguration& configuration,
      const std::map<std::string, std::string>& bundles) = 0;

  /// How far the API server's clock is ahead of ours, as of its last answer; 0 if they agree to a
  /// few seconds or nothing is known.
  virtual std::chrono::seconds ClockOffset() const { return std::chrono::seconds(0); }
  /// Lets a call that is under way, and all later ones, fail soon. From any thread.
  virtual void Interrupt() {}
};

/// The real one: a connection a call, since calls are rare and what they are made with rotates.
/// `access` is asked before each. Not thread-safe, Interrupt apart.
class HttpKubernetesApi final : public KubernetesApi {
 public:
  /// `clock` is borrowed.
  HttpKubernetesApi(ApiAccessSource access, std::chrono::milliseconds timeout,
                    const core::Clock& clock);
  ~HttpKubernetesApi() override;

  ApiResult<Secret> GetSecret(const SecretName& name) override;
  ApiResult<Secret> CreateSecret(const SecretName& name,
                                 const std::map<std::string, std::string>& data) override;
  ApiResult<Secret> UpdateSecret(const SecretName& name, const Secret& secret,
                                 const std::map<std::string, std::string>& data) override;
  ApiResult<WebhookConfiguration> GetWebhooks(WebhookKind kind, const std::string& name) override;
  ApiResult<WebhookConfiguration> SetCaBundles(
      const WebhookConfiguration& configuration,
      const std::map<std::string, std::string>& bundles) override;
  std::chrono::seconds ClockOffset() const override;
  void Interrupt() override;

 private:
  class Http;
  std::unique_ptr<Http> http_;
};

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_KUBERNETES_API_H_
