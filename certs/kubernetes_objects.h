#ifndef MOUNTGUARD_CERTS_KUBERNETES_OBJECTS_H_
#define MOUNTGUARD_CERTS_KUBERNETES_OBJECTS_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/kubernetes_api.h"
#include "core/json_reader.h"
#include "core/result.h"

namespace mountguard::certs {

// The few objects of Kubernetes' API that certificates need, from and to JSON. Pure.

/// Fails if `json` is no Secret, saying why.
core::Result<Secret> DecodeSecret(std::string json);

std::string EncodeNewSecret(const SecretName& name, const std::map<std::string, std::string>& data);

/// `secret.document` with other data and nothing else changed.
std::string EncodeSecret(const Secret& secret, const std::map<std::string, std::string>& data);

/// Fails if `json` is no configuration of that kind.
core::Result<WebhookConfiguration> DecodeWebhooks(WebhookKind kind, std::string json);

/// The clientConfigs of an object of `kind`, in order; base64 that is none reads as "".
std::vector<WebhookClient> ReadWebhookClients(WebhookKind kind, core::JsonValue root);

/// The kind of webhook configuration that an object is, if it is one.
std::optional<WebhookKind> WebhookKindOf(core::JsonValue root);

/// A JSON patch that sets the bundles, and is refused if the object has changed since it was read.
std::string EncodeBundlePatch(const std::string& resource_version,
                              const std::map<std::string, std::string>& bundles);

/// The message of a metav1.Status; "" if `json` is none.
std::string StatusMessage(std::string json);

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_KUBERNETES_OBJECTS_H_
