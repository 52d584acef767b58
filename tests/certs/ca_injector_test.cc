#include "certs/ca_injector.h"

#include <catch2/catch.hpp>

#include <string>

#include "core/base64.h"
#include "tests/certs/forge.h"

using namespace mountguard::certs;  // NOLINT: a test of this one folder
using mountguard::core::EncodeBase64;
using mountguard::tests::Forge;
using mountguard::tests::kCaExtensions;

namespace {

/// Short, so that the expected texts can be read.
BundleRequest Request() {
  BundleRequest request;
  request.pem = "new";  // bmV3
  return request;
}

std::string Inject(const std::string& text, const BundleRequest& request = Request()) {
  const auto injected = InjectBundle("w.yaml", text, request);
  return injected ? injected->text : "error: " + injected.error().message;
}

constexpr const char* kHead =
    "# kept\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n"
    "metadata:   {name: m}   # kept too\nwebhooks:\n- name: a.example.org\n";

std::string Manifest(const std::string& client_config) { return kHead + client_config; }

struct Row {
  const char* name;
  std::string before;
  std::string after;
};

}  // namespace

TEST_CASE("a caBundle is written as its place is written, and nothing else changes") {
  const Row row = GENERATE(values<Row>({
      {"none yet", "  clientConfig:\n    service: {name: s}  # mine\n",
       "  clientConfig:\n    caBundle: bmV3\n    service: {name: s}  # mine\n"},
      {"plain, with a comment", "  clientConfig:\n    caBundle: b2xk # old\n    url: x\n",
       "  clientConfig:\n    caBundle: bmV3 # old\n    url: x\n"},
      {"empty", "  clientConfig:\n    caBundle:\n    url: x\n",
       "  clientConfig:\n    caBundle: bmV3\n    url: x\n"},
      {"empty, with a comment", "  clientConfig:\n    caBundle:   # later\n    url: x\n",
       "  clientConfig:\n    caBundle: bmV3   # later\n    url: x\n"},
      {"empty, at the end of the file", "  clientConfig:\n    url: x\n    caBundle:",
       "  clientConfig:\n    url: x\n    caBundle: bmV3"},
      {"null", "  clientConfig:\n    caBundle: null\n    url: x\n",
       "  clientConfig:\n    caBundle: bmV3\n    url: x\n"},
      {"double quotes", "  clientConfig:\n    caBundle: \"b2\\x78k\"\n    url: x\n",
       "  clientConfig:\n    caBundle: \"bmV3\"\n    url: x\n"},
      {"single quotes", "  clientConfig:\n    caBundle: 'b''k'   \n    url: x\n",
       "  clientConfig:\n    caBundle: 'bmV3'   \n    url: x\n"},
      {"a block", "  clientConfig:\n    caBundle: |\n      b2\n\n      xk\n\n    url: x\n",
       "  clientConfig:\n    caBundle: bmV3\n\n    url: x\n"},
      {"a folded block",
       "  clientConfig:\n    caBundle: >-  # old\n      b2\n      xk\n    url: x\n",
       "  clientConfig:\n    caBundle: bmV3\n    url: x\n"},
      {"plain over lines", "  clientConfig:\n    caBundle: b2\n      xk\n    url: x\n",
       "  clientConfig:\n    caBundle: bmV3\n    url: x\n"},
      {"below its key", "  clientConfig:\n    caBundle:\n      b2xk\n    url: x\n",
       "  clientConfig:\n    caBundle:\n      bmV3\n    url: x\n"},
      {"in brackets", "  clientConfig: {caBundle: b2xk, url: x}\n",
       "  clientConfig: {caBundle: bmV3, url: x}\n"},
      {"in brackets, last", "  clientConfig: { url: x, caBundle: b2xk }\n",
       "  clientConfig: { url: x, caBundle: bmV3 }\n"},
      {"in brackets, none yet", "  clientConfig: {url: x}\n",
       "  clientConfig: {caBundle: bmV3, url: x}\n"},
      {"nothing at all", "  clientConfig: {}\n", "  clientConfig: {caBundle: bmV3}\n"},
      {"letters beyond ASCII before it", "  clientConfig: {url: é, caBundle: b2xk}\n",
       "  clientConfig: {url: é, caBundle: bmV3}\n"},
  }));
  INFO(row.name);
  CHECK(Inject(Manifest(row.before)) == Manifest(row.after));
}

TEST_CASE("line ends stay what they are") {
  std::string text = Manifest("  clientConfig:\n    url: x\n");
  std::string expected = Manifest("  clientConfig:\n    caBundle: bmV3\n    url: x\n");
  for (std::string* with_returns : {&text, &expected}) {
    for (std::size_t at = 0; (at = with_returns->find('\n', at)) != std::string::npos; at += 2) {
      with_returns->insert(at, "\r");
    }
  }
  CHECK(Inject(text) == expected);
}

TEST_CASE("JSON stays JSON") {
  CHECK(Inject(R"({
	"kind": "MutatingWebhookConfiguration", "apiVersion": "admissionregistration.k8s.io/v1",
	"webhooks": [
		{"name": "a", "clientConfig": {"url": "x", "caBundle": "b2xk"}},
		{"name": "b", "clientConfig": {
			"url": "x"
		}}
	]
})") == R"({
	"kind": "MutatingWebhookConfiguration", "apiVersion": "admissionregistration.k8s.io/v1",
	"webhooks": [
		{"name": "a", "clientConfig": {"url": "x", "caBundle": "bmV3"}},
		{"name": "b", "clientConfig": {
			"caBundle": "bmV3",
			"url": "x"
		}}
	]
})");
}

TEST_CASE(
    "all webhooks of all documents, Lists and conversions are found, others are passed over") {
  const std::string text =
      "# Source: chart/templates/x.yaml\nkind: Service\nmetadata: {name: s}\n---\n" +
      Manifest("  clientConfig:\n    url: x\n- name: b\n  clientConfig:\n    caBundle: b2xk\n") +
      "--- # two\napiVersion: v1\nkind: List\nitems:\n- kind: ConfigMap\n"
      "- apiVersion: apiextensions.k8s.io/v1\n  kind: CustomResourceDefinition\n"
      "  metadata: {name: crd}\n  spec:\n    conversion:\n      strategy: Webhook\n"
      "      webhook:\n        clientConfig:\n          url: x\n";
  const auto injected = InjectBundle("w.yaml", text, Request());
  REQUIRE(injected.has_value());
  REQUIRE(injected->clients.size() == 3);
  CHECK(injected->clients[0].webhook == "a.example.org");
  CHECK(injected->clients[0].configuration == "m");
  CHECK(injected->clients[0].line == 12);
  CHECK(injected->clients[2].kind == WebhookKind::kConversion);
  CHECK(injected->clients[2].configuration == "crd");
  std::string without = injected->text;
  for (const char* line :
       {"    caBundle: bmV3\n    url: x\n- name: b", "          caBundle: bmV3\n"}) {
    const std::size_t at = without.find(line);
    REQUIRE(at != std::string::npos);
    without.erase(at, std::string(line).find('\n') + 1);
  }
  without.replace(without.find("bmV3"), 4, "b2xk");
  CHECK(without == text);
  // What has the bundle already stays as it is.
  const auto again = InjectBundle("w.yaml", injected->text, Request());
  REQUIRE(again.has_value());
  CHECK(again->text == injected->text);
  CHECK_FALSE(again->clients[0].changed);
}

TEST_CASE("only the webhooks of the service that is named") {
  BundleRequest request = Request();
  request.service = "s";
  const std::string text = Manifest(
      "  clientConfig: {service: {name: s, namespace: n}}\n"
      "- name: b\n  clientConfig: {service: {name: other, namespace: n}}\n"
      "- name: c\n  clientConfig: {url: 'https://s'}\n");
  const auto injected = InjectBundle("w.yaml", text, request);
  REQUIRE(injected.has_value());
  REQUIRE(injected->clients.size() == 1);
  request.service_namespace = "elsewhere";
  CHECK(InjectBundle("w.yaml", text, request)->clients.empty());
}

TEST_CASE("a CA is added beside those that are there, once") {
  const auto old_ca = Forge({"old", nullptr, kCaExtensions});
  const auto new_ca = Forge({"new", nullptr, kCaExtensions});
  BundleRequest request;
  request.pem = ReadBundle({"ca.crt", new_ca.pem()}).value();
  request.add = true;
  const std::string before =
      Manifest("  clientConfig:\n    caBundle: " + EncodeBase64(old_ca.pem()) + "\n");
  const std::string after = Manifest(
      "  clientConfig:\n    caBundle: " + EncodeBase64(old_ca.pem() + new_ca.pem()) + "\n");
  CHECK(Inject(before, request) == after);
  CHECK(Inject(after, request) == after);
}

TEST_CASE("what cannot be edited is refused with its place, and nothing is written") {
  const auto why = [](const std::string& client_config) { return Inject(Manifest(client_config)); };
  CHECK(why("  clientConfig: &c\n    url: x\n- name: b\n  clientConfig: *c\n") ==
        "error: w.yaml:10:17: this clientConfig is written elsewhere, at its anchor: write it out "
        "here");
  CHECK(
      why("  clientConfig:\n    caBundle: &b b2xk\n    url: x\n") ==
      "error: w.yaml:8:15: this caBundle has an anchor, an alias or a tag: write a plain text, or "
      "none");
  CHECK(why("  clientConfig: [\n").find("error: w.yaml:") == 0);
  CHECK(why("  clientConfig:\n    url: {{ .Values.url }}\n").find("error: w.yaml:8") == 0);
}

TEST_CASE("a bundle holds CAs and nothing that is secret") {
  const auto ca = Forge({"ca", nullptr, kCaExtensions});
  const auto leaf = Forge({"leaf", &ca});
  CHECK(ReadBundle({"ca.crt", "text\n" + ca.pem() + ca.pem()}).value() == ca.pem());
  CHECK(ReadBundle({"f", ca.pem() + ca.key_pem()})
            .error()
            .message.find("PRIVATE KEY has no place in a caBundle") != std::string::npos);
  CHECK(
      ReadBundle({"tls.crt", leaf.pem()}).error().message ==
      "tls.crt:1: CN=leaf is no CA: a caBundle holds who issued the serving certificate, and that "
      "is CN=ca");
  CHECK_FALSE(ReadBundle({"f", ""}).has_value());
}
