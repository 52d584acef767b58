#include "tests/policy/kubernetes/pod_check.h"

#include <catch2/catch.hpp>

using mountguard::policy::ErrorsOf;
using Errors = std::vector<std::string>;

namespace {

Errors Propagation(const std::string& mode, const std::string& security_context) {
  return ErrorsOf(R"("securityContext":)" + security_context +
                  R"(,"volumeMounts":[{"name":"host","mountPath":"/m","mountPropagation":)" + mode +
                  "}]");
}

const Errors kNeedsPrivileged = {
    "volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only "
    "to "
    "privileged containers"};

}  // namespace

TEST_CASE("every container may leave mountPropagation unset or ask for None or HostToContainer") {
  const std::string mode = GENERATE("null", R"("None")", R"("HostToContainer")");
  const std::string security_context =
      GENERATE("null", "{}", R"({"privileged":false})", R"({"privileged":true})");
  CAPTURE(mode, security_context);
  CHECK(Propagation(mode, security_context).empty());
}

TEST_CASE("Bidirectional is for privileged containers only") {
  CHECK(Propagation(R"("Bidirectional")", "null") == kNeedsPrivileged);
  CHECK(Propagation(R"("Bidirectional")", "{}") == kNeedsPrivileged);
  CHECK(Propagation(R"("Bidirectional")", R"({"privileged":null})") == kNeedsPrivileged);
  CHECK(Propagation(R"("Bidirectional")", R"({"privileged":false})") == kNeedsPrivileged);
  CHECK(Propagation(R"("Bidirectional")", R"({"privileged":true})").empty());
}

TEST_CASE("a mode that does not exist is refused, privileged or not, and quoted as JSON") {
  const auto refused = [](const std::string& quoted) {
    return Errors{"volumeMounts.mountPropagation: Unsupported value: " + quoted +
                  R"(: supported values: "Bidirectional", "HostToContainer", "None")"};
  };
  const std::string security_context = GENERATE("null", R"({"privileged":true})");
  CHECK(Propagation(R"("invalid")", security_context) == refused(R"("invalid")"));
  CHECK(Propagation(R"("")", security_context) == refused(R"("")"));
  CHECK(Propagation(R"("bidirectional")", security_context) == refused(R"("bidirectional")"));
  CHECK(Propagation(R"("a<b\u00e9")", security_context) == refused(R"("a\u003cbé")"));
}
