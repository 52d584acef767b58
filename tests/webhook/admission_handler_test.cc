#include "webhook/admission_handler.h"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <string>

#include "policy/policy_loader.h"

using mountguard::core::FixedClock;
using mountguard::core::Runtime;
using mountguard::core::WallTime;
using mountguard::policy::Action;
using mountguard::webhook::AdmissionHandler;
using mountguard::webhook::AdmissionReply;
using mountguard::webhook::AdmissionScratch;
using mountguard::webhook::PolicyGeneration;
using mountguard::webhook::PolicyStore;
using nlohmann::json;

namespace {

std::shared_ptr<const PolicyGeneration> Generation(const std::string& policy) {
  auto policies = policy.empty()
                      ? mountguard::policy::Baseline()
                      : mountguard::policy::LoadPolicies({{"test.yaml", policy}}).policies;
  REQUIRE(policies != nullptr);
  return std::make_shared<const PolicyGeneration>(std::move(policies), Runtime::kContainerd);
}

/// A handler with a policy, "" for the baseline.
class Server {
 public:
  explicit Server(const std::string& policy = "", Action enforcement = Action::kDeny)
      : store_(Generation(policy)), handler_(&store_, &clock_, enforcement) {}

  AdmissionReply Post(std::string body, const std::string& profile = "",
                      const std::string& content_type = "application/json") {
    return handler_.Validate(profile, content_type, body, &scratch_);
  }

  /// The message of the Status that must come back with this code.
  std::string Refusal(int status, std::string body) {
    const AdmissionReply reply = Post(std::move(body));
    CHECK(reply.status == status);
    const json answer = json::parse(reply.body);
    CHECK(answer["kind"] == "Status");
    CHECK(answer["code"] == status);
    CHECK_FALSE(scratch_.reviewed);
    return answer["message"];
  }

  json Response(const std::string& object, const std::string& rest = "") {
    const AdmissionReply reply =
        Post(R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1",
      "request":{"uid":"u","operation":"CREATE","object":)" +
             object + rest + "}}");
    REQUIRE(reply.status == 200);
    CHECK(scratch_.reviewed);
    return json::parse(reply.body)["response"];
  }

  PolicyStore& store() { return store_; }
  const mountguard::policy::Verdict& verdict() const { return scratch_.verdict; }

 private:
  FixedClock clock_{WallTime{}};
  PolicyStore store_;
  AdmissionHandler handler_;
  AdmissionScratch scratch_;
};

std::string Pod(const std::string& mount, const std::string& container = "") {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"volumes":[{"name":"v",
    "hostPath":{"path":"/srv"}}],"containers":[{"name":"a","image":"i")" +
         container + R"(,"volumeMounts":[)" + mount + "]}]}}";
}

const std::string kBidirectional =
    R"({"name":"v","mountPath":"/m","mountPropagation":"Bidirectional"})";

}  // namespace

TEST_CASE("a review is answered in its own version and with its own uid") {
  Server server;
  for (const char* version : {"admission.k8s.io/v1", "admission.k8s.io/v1beta1"}) {
    const AdmissionReply reply =
        server.Post(R"({"kind":"AdmissionReview","apiVersion":")" + std::string(version) +
                    R"(","request":{"uid":"u-7","operation":"DELETE","object":null}})");
    CHECK(reply.status == 200);
    const json answer = json::parse(reply.body);
    CHECK(answer["apiVersion"] == version);
    CHECK(answer["response"]["uid"] == "u-7");
    CHECK(answer["response"]["allowed"] == true);
    CHECK_FALSE(answer["response"].contains("patch"));
    CHECK_FALSE(answer["response"]["auditAnnotations"].contains("cri-translation"));
  }
}

TEST_CASE("Kubernetes' rules are refused as the baseline says") {
  Server server;
  const json denied = server.Response(Pod(kBidirectional));
  CHECK(denied["allowed"] == false);
  CHECK(denied["status"]["code"] == 422);
  REQUIRE(denied["status"]["details"]["causes"].size() == 1);
  const json& cause = denied["status"]["details"]["causes"][0];
  CHECK(cause["reason"] == "FieldValueForbidden");
  CHECK(cause["field"] == "spec.containers[0].volumeMounts[0].mountPropagation");
  CHECK(cause["message"] ==
        "Forbidden: Bidirectional mount propagation is available only to privileged containers "
        "(container \"a\", volume \"v\" at \"/m\") [bidirectional-requires-privileged]");
  CHECK(server.Response(
            Pod(kBidirectional, R"(,"securityContext":{"privileged":true})"))["allowed"] == true);
}

TEST_CASE("a server-wide action weakens every finding and strengthens none") {
  Server warning("", Action::kWarn);
  const json warned = warning.Response(Pod(kBidirectional));
  CHECK(warned["allowed"] == true);
  CHECK(warned["warnings"].size() == 1);
  CHECK(warned["auditAnnotations"]["decision"] == "warn");

  Server auditing("", Action::kAudit);
  const json audited = auditing.Response(Pod(kBidirectional));
  CHECK(audited["allowed"] == true);
  CHECK_FALSE(audited.contains("warnings"));
  CHECK(audited["auditAnnotations"]["findings"] == "bidirectional-requires-privileged=Audit");
}

TEST_CASE("a broken object is a denial with the API server's own error, not a protocol error") {
  Server server;
  const json denied = server.Response(Pod(R"({"name":"v","mountPath":7})"));
  CHECK(denied["allowed"] == false);
  REQUIRE(denied["status"]["details"]["causes"].size() == 1);
  const json& cause = denied["status"]["details"]["causes"][0];
  CHECK(cause["field"] == "spec.containers[0].volumeMounts[0].mountPath");
  const std::string message = cause["message"];
  CHECK(message.find("json: cannot unmarshal number into Go struct field "
                     "VolumeMount.spec.containers.volumeMounts.mountPath of type string") !=
        std::string::npos);
  CHECK(message.find("[undecodable]") != std::string::npos);
}

TEST_CASE("what is no review gets its code and words for the user") {
  Server server;
  CHECK(server.Refusal(400, "not json") ==
        "mountguard cannot read the AdmissionReview: not valid JSON");
  CHECK(server.Refusal(400, "") == "mountguard cannot read the AdmissionReview: the text is empty");
  CHECK(server.Refusal(400, "{\"kind\":\"\xff\"}") ==
        "mountguard cannot read the AdmissionReview: not valid UTF-8");
  CHECK(server.Refusal(400, R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"})") ==
        "mountguard cannot read the AdmissionReview: the AdmissionReview holds no request");
  CHECK(server.Refusal(400, std::string(100'000, '[') + std::string(100'000, ']')) ==
        "mountguard cannot read the AdmissionReview: nested deeper than 10000 levels");
}

TEST_CASE("ten thousand levels inside an object are read") {
  Server server;
  const std::string deep = std::string(9'990, '[') + std::string(9'990, ']');
  const json response = server.Response(R"({"apiVersion":"v1","kind":"Pod","unknown":)" + deep +
                                        R"(,"spec":{"containers":[]}})");
  CHECK(response["allowed"] == true);
  // Equality with the old object walks all of them.
  const std::string object = R"({"apiVersion":"v1","kind":"Pod","spec":{"unknown":)" + deep + "}}";
  CHECK(server.Response(object, R"(,"oldObject":)" + object)["allowed"] == true);
}

TEST_CASE("only JSON is read") {
  Server server;
  for (const char* type : {"application/json", "application/json; charset=utf-8",
                           "Application/JSON", "application/json ; x=y"}) {
    CAPTURE(type);
    CHECK(server.Post("{}", "", type).status == 400);
  }
  for (const char* type : {"", "text/plain", "application/yaml", "application/jsonx", "json"}) {
    CAPTURE(type);
    const AdmissionReply reply = server.Post("{}", "", type);
    CHECK(reply.status == 415);
    CHECK(json::parse(reply.body)["message"] ==
          "mountguard reads application/json, not \"" + std::string(type) + "\"");
  }
}

TEST_CASE("a profile judges by its policies, and an unknown one names those that there are") {
  Server server(R"(
apiVersion: mountguard.io/v1
kind: MountPolicy
metadata: {name: restricted}
spec:
  profiles: [restricted, other]
  rules:
    - name: no-mode
      match: [{mountPropagation: [HostToContainer]}]
)");
  const std::string review =
      R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":
    {"uid":"u","operation":"CREATE","object":)" +
      Pod(R"({"name":"v","mountPath":"/m","mountPropagation":"HostToContainer"})") + "}}";
  CHECK(json::parse(server.Post(review).body)["response"]["allowed"] == true);
  CHECK(json::parse(server.Post(review, "restricted").body)["response"]["allowed"] == false);
  const AdmissionReply unknown = server.Post(review, "strict");
  CHECK(unknown.status == 404);
  CHECK(json::parse(unknown.body)["message"] ==
        "mountguard serves no profile \"strict\"; known profiles: other, restricted");

  Server plain;
  CHECK(json::parse(plain.Post(review, "strict").body)["message"] ==
        "mountguard serves no profile \"strict\": no loaded policy names a profile, use /validate");
}

TEST_CASE("a policy that is replaced judges the next request") {
  Server server;
  const std::string pod = Pod(kBidirectional, R"(,"securityContext":{"privileged":true})");
  CHECK(server.Response(pod)["allowed"] == true);
  server.store().Replace(Generation(R"(
apiVersion: mountguard.io/v1
kind: MountPolicy
metadata: {name: strict}
spec:
  rules:
    - name: no-bidirectional
      match: [{mountPropagation: [Bidirectional]}]
      message: "{container} may not publish {hostPath}"
)"));
  const json denied = server.Response(pod);
  CHECK(denied["allowed"] == false);
  CHECK(denied["status"]["details"]["causes"][0]["message"] ==
        "a may not publish /srv [no-bidirectional]");
}

TEST_CASE("the annotation names the digest of the policy that judged") {
  Server server;
  const std::string digest = server.Response(Pod(""))["auditAnnotations"]["policy"];
  CHECK(digest == mountguard::policy::Baseline()->digest());
  CHECK(digest.substr(0, 7) == "sha256:");
}

TEST_CASE("to a server nothing is unknown: no answer hangs on what a request leaves out") {
  // One rule and one exception for each fact that a manifest may not have.
  const std::string facts[] = {"users: [u]",      "groups: [g]",
                               "namespaces: [n]", "names: [x]",
                               "dryRun: true",    "hostPath: {under: [\"/srv/{namespace}\"]}"};
  std::string policy =
      "apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: facts}\nspec:\n  rules:\n";
  std::string exceptions = "  exceptions:\n";
  for (std::size_t i = 0; i < std::size(facts); ++i) {
    const std::string name = "r" + std::to_string(i);
    policy += "    - {name: " + name + ", match: [{" + facts[i] + "}]}\n    - {name: not-" + name +
              ", match: [{volumes: [v]}], require: [{" + facts[i] + "}]}\n";
    exceptions += "    - {name: e" + std::to_string(i) + ", rules: [not-" + name + "], match: [{" +
                  facts[i] + "}], reason: x}\n";
  }
  Server server(policy + exceptions);
  const std::string unnamed =
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"x-"},"spec":{"volumes":[{"name":"v",
    "hostPath":{"path":"/srv"}}],"containers":[{"name":"a","image":"i","volumeMounts":[)"
      R"({"name":"v","mountPath":"/m"}]}]}})";
  for (const std::string& object : {unnamed, Pod(R"({"name":"v","mountPath":"/m"})")}) {
    for (
        const std::string rest :
        {"", R"(,"name":"","namespace":"","userInfo":{},"dryRun":null)",
         R"(,"name":"x","namespace":"n","userInfo":{"username":"u","groups":["g"]},"dryRun":true)"}) {
      CAPTURE(object, rest);
      server.Response(object, rest);
      REQUIRE_FALSE(server.verdict().findings.empty());
      for (const auto& finding : server.verdict().findings) CHECK(finding.undetermined.empty());
    }
  }
}
