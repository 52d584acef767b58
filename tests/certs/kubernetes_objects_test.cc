#include "certs/kubernetes_objects.h"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <string>

using namespace mountguard::certs;  // NOLINT: a test of this one folder
using nlohmann::json;

TEST_CASE("a Secret is read, and given other data with all else as it was") {
  const std::string stored =
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"n","uid":"u",)"
      R"("resourceVersion":"7","labels":{"team":"a"},"annotations":{"é":"\u00e9"}},)"
      R"("type":"Opaque","data":{"a":"Zm9v","bad":"%"},"immutable":false})";
  const auto secret = DecodeSecret(stored);
  REQUIRE(secret.has_value());
  CHECK(secret->resource_version == "7");
  CHECK(secret->data == std::map<std::string, std::string>{{"a", "foo"}, {"bad", ""}});
  json expected = json::parse(stored);
  expected["data"] = {{"b", "YmFy"}};
  CHECK(json::parse(EncodeSecret(*secret, {{"b", "bar"}})) == expected);
}

TEST_CASE("a new Secret says who looks after it") {
  const json secret = json::parse(EncodeNewSecret({"n", "s"}, {{"a", "foo"}}));
  CHECK(secret["kind"] == "Secret");
  CHECK(secret["metadata"]["namespace"] == "n");
  CHECK(secret["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "mountguard");
  CHECK(secret["data"]["a"] == "Zm9v");
}

TEST_CASE("clients of all kinds of webhook configuration are found") {
  const auto validating = DecodeWebhooks(WebhookKind::kValidating, R"({
    "apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration",
    "metadata":{"name":"m","uid":"u","generation":3,"resourceVersion":"9"},
    "webhooks":[{"name":"a","clientConfig":{"service":{"name":"s","namespace":"n"},"caBundle":"Zm9v"}},
                {"name":"none"},{"name":"b","clientConfig":{"url":"https://h/"}}]})");
  REQUIRE(validating.has_value());
  CHECK(validating->generation == "u/3");
  CHECK(validating->resource_version == "9");
  REQUIRE(validating->clients.size() == 2);
  CHECK(validating->clients[0].service == "s");
  CHECK(validating->clients[0].ca_bundle == "foo");
  CHECK(validating->clients[1].pointer == "/webhooks/2/clientConfig");
  CHECK(validating->clients[1].url == "https://h/");

  const auto conversion = DecodeWebhooks(WebhookKind::kConversion, R"({
    "apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"c"},
    "spec":{"conversion":{"strategy":"Webhook","webhook":{"clientConfig":{"url":"https://h/"}}}}})");
  REQUIRE(conversion.has_value());
  CHECK(conversion->clients[0].pointer == "/spec/conversion/webhook/clientConfig");

  CHECK_FALSE(DecodeWebhooks(WebhookKind::kMutating, R"({"kind":"Pod"})").has_value());
  CHECK_FALSE(DecodeWebhooks(WebhookKind::kMutating, "<html>").has_value());
}

TEST_CASE("a patch of bundles names the version that it is meant for") {
  CHECK(json::parse(EncodeBundlePatch("9", {{"/webhooks/0/clientConfig", "foo"}})) ==
        json::parse(R"([{"op":"replace","path":"/metadata/resourceVersion","value":"9"},
                        {"op":"add","path":"/webhooks/0/clientConfig/caBundle","value":"Zm9v"}])"));
}

TEST_CASE("only a Status has a message") {
  CHECK(StatusMessage(R"({"kind":"Status","message":"no"})") == "no");
  CHECK(StatusMessage(R"({"kind":"Pod","message":"no"})").empty());
  CHECK(StatusMessage("<html>").empty());
}
