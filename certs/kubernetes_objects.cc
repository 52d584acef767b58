#include "certs/kubernetes_objects.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base64.h"
#include "core/document.h"
#include "core/json_writer.h"

namespace mountguard::certs {
namespace {

using core::Failure;
using core::JsonValue;
using core::Result;

constexpr std::array<std::string_view, 3> kWebhookKinds = {
    "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "CustomResourceDefinition"};
constexpr std::string_view kAdmissionGroup = "admissionregistration.k8s.io";
constexpr std::string_view kExtensionsGroup = "apiextensions.k8s.io";

std::string_view GroupOf(WebhookKind kind) {
  return kind == WebhookKind::kConversion ? kExtensionsGroup : kAdmissionGroup;
}

WebhookClient ReadClient(std::string name, std::string pointer, JsonValue config) {
  WebhookClient client;
  client.name = std::move(name);
  client.pointer = std::move(pointer);
  client.service = config.Get("service").Get("name").AsString();
  client.service_namespace = config.Get("service").Get("namespace").AsString();
  client.url = config.Get("url").AsString();
  client.ca_bundle = core::DecodeBase64(config.Get("caBundle").AsString()).value_or("");
  return client;
}

nlohmann::ordered_json EncodeData(const std::map<std::string, std::string>& data) {
  auto encoded = nlohmann::ordered_json::object();
  for (const auto& [key, value] : data) encoded[key] = core::EncodeBase64(value);
  return encoded;
}

}  // namespace

std::string_view ToString(WebhookKind kind) {
  return kWebhookKinds[static_cast<std::size_t>(kind)];
}

Result<Secret> DecodeSecret(std::string json) {
  Secret secret;
  secret.document = json;
  core::JsonParser parser;
  const auto root = parser.Parse(json);
  if (!root) return core::Unexpected(root.error());
  if (root->Get("kind").AsString() != "Secret") return Failure("expected a Secret");
  secret.resource_version = root->Get("metadata").Get("resourceVersion").AsString();
  for (const auto& [key, value] : root->Get("data").Members()) {
    // The API takes nothing but base64 here.
    secret.data[std::string(key)] = core::DecodeBase64(value.AsString()).value_or("");
  }
  return secret;
}

std::string EncodeNewSecret(const SecretName& name,
                            const std::map<std::string, std::string>& data) {
  const nlohmann::ordered_json secret = {
      {"apiVersion", "v1"},
      {"kind", "Secret"},
      {"metadata",
       {{"name", name.name},
        {"namespace", name.namespace_name},
        {"labels", {{"app.kubernetes.io/managed-by", "mountguard"}}}}},
      {"type", "Opaque"},
      {"data", EncodeData(data)}};
  return secret.dump();
}

std::string EncodeSecret(const Secret& secret, const std::map<std::string, std::string>& data) {
  constexpr bool kThrow = false;
  auto document = nlohmann::ordered_json::parse(secret.document, nullptr, kThrow);
  if (!document.is_object()) return "";  // it was decoded before, so it is one
  document["data"] = EncodeData(data);
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::optional<WebhookKind> WebhookKindOf(JsonValue root) {
  const core::Document document = core::ReadDocument(root);
  for (const WebhookKind kind :
       {WebhookKind::kValidating, WebhookKind::kMutating, WebhookKind::kConversion}) {
    if (document.kind == ToString(kind) && document.group == GroupOf(kind)) return kind;
  }
  return std::nullopt;
}

std::vector<WebhookClient> ReadWebhookClients(WebhookKind kind, JsonValue root) {
  std::vector<WebhookClient> clients;
  if (kind == WebhookKind::kConversion) {
    const JsonValue config = root.Get("spec").Get("conversion").Get("webhook").Get("clientConfig");
    if (config.IsObject()) {
      clients.push_back(ReadClient("conversion", "/spec/conversion/webhook/clientConfig", config));
    }
    return clients;
  }
  std::size_t index = 0;
  for (const JsonValue webhook : root.Get("webhooks").Elements()) {
    const std::string pointer = fmt::format("/webhooks/{}/clientConfig", index++);
    const JsonValue config = webhook.Get("clientConfig");
    if (!config.IsObject()) continue;
    clients.push_back(ReadClient(std::string(webhook.Get("name").AsString()), pointer, config));
  }
  return clients;
}

Result<WebhookConfiguration> DecodeWebhooks(WebhookKind kind, std::string json) {
  core::JsonParser parser;
  const auto root = parser.Parse(json);
  if (!root) return core::Unexpected(root.error());
  if (WebhookKindOf(*root) != kind) return Failure(fmt::format("expected a {}", ToString(kind)));
  const JsonValue metadata = root->Get("metadata");
  WebhookConfiguration configuration;
  configuration.kind = kind;
  configuration.name = metadata.Get("name").AsString();
  configuration.resource_version = metadata.Get("resourceVersion").AsString();
  configuration.generation = fmt::format("{}/{}", metadata.Get("uid").AsString(),
                                         metadata.Get("generation").AsInt64().value_or(0));
  configuration.clients = ReadWebhookClients(kind, *root);
  return configuration;
}

std::string EncodeBundlePatch(const std::string& resource_version,
                              const std::map<std::string, std::string>& bundles) {
  std::string patch;
  core::JsonWriter json(&patch);
  const auto operation = [&json](std::string_view op, const std::string& path,
                                 const std::string& value) {
    json.BeginObject().Key("op").String(op).Key("path").String(path).Key("value").String(value);
    json.EndObject();
  };
  json.BeginArray();
  // An object that names another version than the stored one is refused as a conflict.
  operation("replace", "/metadata/resourceVersion", resource_version);
  for (const auto& [pointer, pem] : bundles) {
    operation("add", pointer + "/caBundle", core::EncodeBase64(pem));
  }
  json.EndArray();
  return patch;
}

std::string StatusMessage(std::string json) {
  core::JsonParser parser;
  const auto root = parser.Parse(json);
  if (!root || root->Get("kind").AsString() != "Status") return "";
  return std::string(root->Get("message").AsString());
}

}  // namespace mountguard::certs
