#include "webhook/client_authorization.h"

#include <algorithm>
#include <vector>

namespace mountguard::webhook {

std::string WhyUnauthorized(const ServerConfig& config, const HttpRequest& request) {
  if (config.client_ca_file.empty()) return {};
  const auto* client = request.client_certificate;
  if (client == nullptr) {
    return "mountguard asks for a client certificate; the API server finds the one to send in its "
           "AdmissionConfiguration";
  }
  if (!client->problem.empty()) {
    return "mountguard does not trust the client certificate: " + client->problem;
  }
  const std::vector<std::string>& allowed = config.client_allowed_names;
  const auto may = [&allowed](const std::string& name) {
    return std::find(allowed.begin(), allowed.end(), name) != allowed.end();
  };
  if (allowed.empty() || std::any_of(client->names.begin(), client->names.end(), may)) return {};
  return "the client certificate's names are not among those that may ask mountguard "
         "(--client-allowed-names)";
}

}  // namespace mountguard::webhook
