#ifndef MOUNTGUARD_WEBHOOK_CLIENT_AUTHORIZATION_H_
#define MOUNTGUARD_WEBHOOK_CLIENT_AUTHORIZATION_H_

#include <string>

#include "webhook/config.h"
#include "webhook/http_exchange.h"

namespace mountguard::webhook {

/// Why the client may not ask for a verdict, in a sentence for its user, or "". Without
/// --client-ca-file everybody may.
std::string WhyUnauthorized(const ServerConfig& config, const HttpRequest& request);

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_CLIENT_AUTHORIZATION_H_
