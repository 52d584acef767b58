#include "tests/bench/servers.h"

namespace mountguard::bench {
namespace {

std::vector<std::string> Join(std::vector<std::string> command,
                              const std::vector<std::string>& more) {
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

}  // namespace

std::vector<std::string> Servers::Serve(const std::vector<std::string>& flags) const {
  return Join({mountguard, "serve", "--bind-address", "127.0.0.1", "--secure-port", "0",
               "--metrics-bind-address", "", "--shutdown-delay", "0s", "--tls-cert-file",
               certificate, "--tls-private-key-file", key},
              flags);
}

std::vector<std::string> Servers::Beside(const std::string& name) const {
  return {directory + "/" + name + "_server", certificate, key};
}

std::vector<std::string> Servers::Peer(const std::vector<std::string>& labels) const {
  return Join({peer, certificate, key}, labels);
}

}  // namespace mountguard::bench
