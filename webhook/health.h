#ifndef MOUNTGUARD_WEBHOOK_HEALTH_H_
#define MOUNTGUARD_WEBHOOK_HEALTH_H_

#include <string>
#include <string_view>
#include <vector>

#include "webhook/http_exchange.h"

namespace mountguard::webhook {

/// One line of /readyz?verbose.
struct HealthCheck {
  std::string_view name;
  std::string problem;  // "" is well
};

/// In the form of the API server's own health endpoints: 200 with "ok", or with every check if
/// `verbose`; 503 with every check if one has a problem. `endpoint` is "readyz".
HttpResponse HealthResponse(std::string_view endpoint, const std::vector<HealthCheck>& checks,
                            bool verbose);

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_HEALTH_H_
