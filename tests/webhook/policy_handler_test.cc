#include "webhook/policy_handler.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/rfc3339.h"
#include "policy/policy_loader.h"

using nlohmann::json;
using namespace mountguard::webhook;  // NOLINT: the vocabulary of every line below
using mountguard::core::FixedClock;
using mountguard::core::ParseRfc3339;
using mountguard::core::Runtime;
using mountguard::policy::Action;
using mountguard::policy::PolicyFile;
using Lines = std::vector<std::string>;

namespace {

/// A MountPolicy of one rule, and more of its spec.
std::string PolicyOf(const std::string& rule, const std::string& more = "") {
  return "apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: " + rule +
         "}\nspec:\n  rules:\n    - name: " + rule +
         "\n      match: [{mountPropagation: [Bidirectional]}]\n" + more;
}

std::string ExceptionFor(const std::string& rule) {
  return "apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: e}\nspec:\n"
         "  exceptions:\n    - name: spare-" +
         rule + "\n      rules: [" + rule + "]\n      match: [{namespaces: [ns]}]\n" +
         "      reason: x\n";
}

const std::string kBroken = PolicyOf("r", "  rule: []\n");
const std::string kBrokenError =
    "line 8, column 3: unknown field \"rule\" in spec; expected one of profiles, kubernetesRules, "
    "advice, podTemplates, rules, exceptions; did you mean \"rules\"?";

const json kLabels = {{"mountguard.io/policy", "true"}};

json ConfigMap(const json& data, const json& labels = kLabels) {
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", {{"name", "policies"}, {"namespace", "mountguard"}, {"labels", labels}}},
          {"data", data}};
}

/// A server with these files in force; none: the baseline.
class Server {
 public:
  explicit Server(std::vector<PolicyFile> files = {}, Action enforcement = Action::kDeny)
      : store_(Generation(std::move(files))), handler_(&store_, &clock_, enforcement) {}

  PolicyHandler::Outcome Post(std::string body,
                              const std::string& content_type = "application/json") {
    return handler_.Validate(content_type, body);
  }

  /// The response to a review whose request has these members besides the usual ones.
  json Respond(json request) {
    request.update({{"uid", "u-1"}, {"name", "policies"}, {"namespace", "mountguard"}});
    if (!request.contains("kind")) {
      request["kind"] = {{"group", ""}, {"version", "v1"}, {"kind", "ConfigMap"}};
    }
    outcome = Post(json{{"kind", "AdmissionReview"},
                        {"apiVersion", "admission.k8s.io/v1"},
                        {"request", std::move(request)}}
                       .dump());
    REQUIRE(outcome.reply.status == 200);
    REQUIRE(outcome.decision);
    json answer = json::parse(outcome.reply.body);
    CHECK(answer["response"]["uid"] == "u-1");
    CHECK_FALSE(answer["response"].contains("patch"));
    return answer["response"];
  }
  json Create(const json& object) {
    return Respond({{"operation", "CREATE"}, {"object", object}, {"oldObject", nullptr}});
  }
  json Update(const json& object, const json& old_object) {
    return Respond({{"operation", "UPDATE"}, {"object", object}, {"oldObject", old_object}});
  }

  PolicyHandler::Outcome outcome;

 private:
  static std::shared_ptr<const PolicyGeneration> Generation(std::vector<PolicyFile> files) {
    auto policies = files.empty() ? mountguard::policy::Baseline()
                                  : mountguard::policy::LoadPolicies(files).policies;
    REQUIRE(policies != nullptr);
    return std::make_shared<const PolicyGeneration>(std::move(policies), Runtime::kContainerd,
                                                    std::move(files));
  }

  FixedClock clock_{ParseRfc3339("2026-11-26T00:00:00Z").value()};
  PolicyStore store_;
  PolicyHandler handler_;
};

/// The causes of a denial as kubectl prints them.
Lines Causes(const json& response) {
  CHECK(response["allowed"] == false);
  CHECK(response["status"]["code"] == 422);
  CHECK(response["status"]["reason"] == "Invalid");
  CHECK(response["status"]["details"]["kind"] == "ConfigMap");
  CHECK(response["status"]["details"]["name"] == "policies");
  Lines lines;
  for (const json& cause : response["status"]["details"]["causes"]) {
    CHECK(cause["reason"] == "FieldValueInvalid");
    lines.push_back(std::string(cause["field"]) + ": " + std::string(cause["message"]));
  }
  return lines;
}

Lines Warnings(const json& response) {
  CHECK(response["allowed"] == true);
  return response.value("warnings", Lines());
}

}  // namespace

TEST_CASE("a policy that the server would load is allowed, and the digest in force is told") {
  Server server;
  const json response = server.Create(ConfigMap({{"production.yaml", PolicyOf("r")}}));
  CHECK(Warnings(response).empty());
  CHECK(response["auditAnnotations"]["decision"] == "allow");
  CHECK(response["auditAnnotations"]["policy"] == mountguard::policy::Baseline()->digest());
  CHECK(server.outcome.decision->labelled);
}

TEST_CASE("a broken policy is refused with key, line, column and message") {
  Server server;
  const json response = server.Create(ConfigMap({{"production.yaml", kBroken}}));
  CHECK(Causes(response) == Lines{"data[production.yaml]: " + kBrokenError});
  CHECK(response["status"]["message"] ==
        "ConfigMap \"policies\" is refused: data[production.yaml]: " + kBrokenError);
  CHECK(response["auditAnnotations"]["decision"] == "deny");
  CHECK(server.outcome.decision->errors == 1);
}

TEST_CASE("every error of every key is told at once, in the order of keys and places") {
  Server server;
  CHECK(Causes(server.Create(
                   ConfigMap({{"b.yaml", "a: [\n"}, {"a.yml", PolicyOf("r", "  x: 1\n  y: 1\n")}})))
            .size() == 3);
  std::string many = PolicyOf("r");
  for (int i = 0; i < 150; ++i) many += "  field" + std::to_string(i) + ": 1\n";
  const json response = server.Create(ConfigMap({{"a.yaml", many}}));
  const Lines causes = Causes(response);
  REQUIRE(causes.size() == 101);
  CHECK(causes.back() == "data: and 50 more errors");
  const std::string message = response["status"]["message"];
  CHECK(message.find('\n') == std::string::npos);
  CHECK(message.substr(message.size() - 14) == "; and 140 more");
}

TEST_CASE("only keys that the server reads are judged") {
  Server server;
  const json others = {{"README.md", "# not: [yaml"}, {".hidden.yaml", "a: ["}, {"script", "x"}};
  json data = others;
  data["p.yaml"] = PolicyOf("r");
  CHECK(Warnings(server.Create(ConfigMap(data))).empty());
  CHECK(Warnings(server.Create(ConfigMap(others))) ==
        Lines{"data: no key ends in .yaml or .yml: mountguard finds no policy in this ConfigMap"});
}

TEST_CASE("binaryData is written into the volume like data, and judged like it") {
  Server server;
  json config_map = ConfigMap({{"p.yaml", PolicyOf("r")}});
  config_map["binaryData"] = {{"bytes.yaml", "/w=="}, {"logo.png", "/w=="}};
  CHECK(Causes(server.Create(config_map)) ==
        Lines{"binaryData[bytes.yaml]: line 1, column 1: the file is not encoded in UTF-8"});
  config_map["binaryData"] = {{"bytes.yaml", "*"}};
  CHECK(Causes(server.Create(config_map)) ==
        Lines{"binaryData[bytes.yaml]: expected a text in base64"});
}

TEST_CASE("ConfigMaps without the label are none of our business") {
  Server server;
  for (const json& labels : {json::object(), json{{"mountguard.io/policy", "false"}},
                             json{{"mountguard.io/policy", ""}}, json{{"app", "x"}}}) {
    const json config_map = ConfigMap({{"p.yaml", kBroken}}, labels);
    CHECK(Warnings(server.Create(config_map)).empty());
    CHECK(Warnings(server.Update(config_map, config_map)).empty());
    CHECK_FALSE(server.outcome.decision->labelled);
  }
}

TEST_CASE("a label that is taken off or put on does not hide a broken policy") {
  Server server;
  const json labelled = ConfigMap({{"p.yaml", PolicyOf("r")}});
  CHECK(Causes(server.Update(ConfigMap({{"p.yaml", kBroken}}, json::object()), labelled)).size() ==
        1);
  CHECK(Causes(server.Update(ConfigMap({{"p.yaml", kBroken}}),
                             ConfigMap({{"p.yaml", kBroken}}, json::object())))
            .size() == 1);
}

TEST_CASE("a ConfigMap takes the place of the files that have its keys' names") {
  const std::string first = PolicyOf("r");
  const std::string next = PolicyOf("r", "  kubernetesRules: Warn\n");
  Server server({{"/etc/mountguard/p.yaml", first}, {"/etc/mountguard/e.yaml", ExceptionFor("r")}});
  const json old = ConfigMap({{"p.yaml", first}, {"e.yaml", ExceptionFor("r")}});

  SECTION("the same rule names are no duplicates of themselves") {
    CHECK(Warnings(server.Update(ConfigMap({{"p.yaml", next}, {"e.yaml", ExceptionFor("r")}}), old))
              .empty());
    // Applied anew, or seen before the kubelet has brought the last change.
    CHECK(Warnings(server.Create(old)).empty());
    CHECK(Warnings(
              server.Update(ConfigMap({{"p.yaml", first}, {"e.yaml", ExceptionFor("r")}}),
                            ConfigMap({{"p.yaml", next}, {"e.yaml", ExceptionFor("r") + "# x\n"}})))
              .empty());
  }
  SECTION("a rule may move from one key to another") {
    CHECK(
        Warnings(server.Update(ConfigMap({{"q.yaml", first}, {"e.yaml", ExceptionFor("r")}}), old))
            .empty());
  }
  SECTION("two keys may not both define it") {
    CHECK(Causes(server.Update(ConfigMap({{"p.yaml", first}, {"q.yaml", first}}), old)) ==
          Lines{"data[q.yaml]: line 6, column 13: duplicate rule name \"r\"; previously defined at "
                "p.yaml:6:13"});
  }
  SECTION("a key that goes takes its rules away from the others") {
    const Lines causes = Causes(server.Update(ConfigMap({{"e.yaml", ExceptionFor("r")}}), old));
    REQUIRE(causes.size() == 1);
    CHECK(causes[0].find("data[e.yaml]: line 7, column 15: no rule is called \"r\"") == 0);
  }
}

TEST_CASE("what is in force beside the ConfigMap counts") {
  Server server({{"/etc/a/base.yaml", PolicyOf("r")},
                 {"/etc/b/extra.yaml", PolicyOf("s")},
                 {"/etc/a/e.yaml", ExceptionFor("s")}});
  CHECK(Causes(server.Create(ConfigMap({{"new.yaml", PolicyOf("r")}}))) ==
        Lines{"data[new.yaml]: line 6, column 13: duplicate rule name \"r\"; previously defined at "
              "/etc/a/base.yaml:6:13"});
  CHECK(Warnings(server.Create(ConfigMap({{"new.yaml", ExceptionFor("r")}}))).empty());
  const Lines causes = Causes(server.Update(ConfigMap({{"extra.yaml", PolicyOf("t")}}),
                                            ConfigMap({{"extra.yaml", PolicyOf("s")}})));
  REQUIRE(causes.size() == 1);
  CHECK(causes[0].find("data: it would break /etc/a/e.yaml, which is in force: line 7, column 15: "
                       "no rule is called \"s\"") == 0);
}

TEST_CASE("of several directories with a key's name the ConfigMap's own is found by its texts") {
  Server server({{"/etc/a/policy.yaml", PolicyOf("r")}, {"/etc/b/policy.yaml", PolicyOf("s")}});
  const json old = ConfigMap({{"policy.yaml", PolicyOf("s")}});
  CHECK(Warnings(server.Update(ConfigMap({{"policy.yaml", PolicyOf("t")}}), old)).empty());
  CHECK(Causes(server.Update(ConfigMap({{"policy.yaml", PolicyOf("r")}}), old)) ==
        Lines{"data[policy.yaml]: line 6, column 13: duplicate rule name \"r\"; previously defined "
              "at /etc/a/policy.yaml:6:13"});
  // Where it is not known which, one place that it can have is enough.
  CHECK(Warnings(server.Create(ConfigMap({{"policy.yaml", PolicyOf("r")}}))).empty());
  CHECK(Warnings(server.Create(ConfigMap({{"policy.yaml", PolicyOf("s")}}))).empty());
}

TEST_CASE("what is right and still a mistake is warned of, in the ConfigMap's own keys alone") {
  const std::string expired = ExceptionFor("r") + "      expires: 2026-11-25\n";
  Server server({{"/etc/e.yaml", PolicyOf("r") + "  exceptions:\n    - {name: old, rules: [r], "
                                                 "match: [{users: [u]}], reason: x, expires: "
                                                 "2020-01-01}\n"}});
  const Lines warnings = Warnings(server.Create(ConfigMap({{"new.yaml", expired}})));
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("data[new.yaml]: line 10, column 16: ") == 0);
  CHECK(warnings[0].find("[expired-exception]") != std::string::npos);
  CHECK(server.outcome.decision->action == Action::kWarn);
}

TEST_CASE("a deletion is allowed with a warning") {
  Server server({{"/etc/p.yaml", PolicyOf("r")}});
  const json labelled = ConfigMap({{"p.yaml", PolicyOf("r")}});
  const auto removed = [&server](const json& old) {
    return Warnings(
        server.Respond({{"operation", "DELETE"}, {"object", nullptr}, {"oldObject", old}}));
  };
  CHECK(
      removed(labelled) ==
      Lines{"metadata.name: this ConfigMap holds mountguard's policies: servers that run keep the "
            "last good ones in force, one that starts will not find them"});
  CHECK(removed(ConfigMap({{"p.yaml", kBroken}}, json::object())).empty());
}

TEST_CASE("what is no ConfigMap is allowed, and whoever registered the webhook is told") {
  Server server;
  const json response = server.Respond(
      {{"operation", "CREATE"},
       {"kind", {{"group", ""}, {"version", "v1"}, {"kind", "Secret"}}},
       {"object", {{"metadata", {{"labels", kLabels}}}, {"data", {{"p.yaml", "x"}}}}}});
  const Lines warnings = Warnings(response);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("has not looked at this Secret") != std::string::npos);
}

TEST_CASE("in a roll-out a broken policy is warned of and allowed") {
  for (const Action enforcement : {Action::kWarn, Action::kAudit}) {
    Server server({}, enforcement);
    const json response = server.Create(ConfigMap({{"p.yaml", kBroken}}));
    CHECK(Warnings(response) == Lines{"data[p.yaml]: " + kBrokenError});
    CHECK(response["auditAnnotations"]["decision"] == "warn");
  }
}

TEST_CASE("what is no review is refused as at /validate") {
  Server server;
  const auto refused = [&server](int status, std::string body,
                                 const std::string& type = "application/json") {
    const PolicyHandler::Outcome outcome = server.Post(std::move(body), type);
    CHECK(outcome.reply.status == status);
    CHECK_FALSE(outcome.decision);
    const json answer = json::parse(outcome.reply.body);
    CHECK(answer["kind"] == "Status");
    CHECK(answer["code"] == status);
    return std::string(answer["message"]);
  };
  CHECK(refused(415, "{}", "application/yaml") ==
        "mountguard reads application/json, not \"application/yaml\"");
  CHECK(refused(400, "nonsense") == "mountguard cannot read the AdmissionReview: not valid JSON");
  CHECK(refused(400, R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"})") ==
        "mountguard cannot read the AdmissionReview: the AdmissionReview holds no request");
}

TEST_CASE("values of a ConfigMap that are no texts are told, whatever they are") {
  Server server;
  CHECK(Causes(server.Create(ConfigMap({{"p.yaml", 7}, {"q.yaml", PolicyOf("r")}}))) ==
        Lines{"data[p.yaml]: expected a text"});
  CHECK(Warnings(server.Create(ConfigMap(json::array({1, 2})))).size() == 1);
  CHECK(Warnings(server.Create(ConfigMap(nullptr))).size() == 1);
}
