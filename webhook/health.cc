#include "webhook/health.h"

#include <fmt/format.h>

namespace mountguard::webhook {

HttpResponse HealthResponse(std::string_view endpoint, const std::vector<HealthCheck>& checks,
                            bool verbose) {
  std::string report;
  bool healthy = true;
  for (const HealthCheck& check : checks) {
    healthy = healthy && check.problem.empty();
    report += check.problem.empty() ? fmt::format("[+]{} ok\n", check.name)
                                    : fmt::format("[-]{} failed: {}\n", check.name, check.problem);
  }
  report += fmt::format("{} check {}\n", endpoint, healthy ? "passed" : "failed");
  const int status = healthy ? 200 : 503;
  return {status, "text/plain; charset=utf-8", healthy && !verbose ? "ok" : report};
}

}  // namespace mountguard::webhook
