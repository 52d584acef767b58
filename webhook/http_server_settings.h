#ifndef MOUNTGUARD_WEBHOOK_HTTP_SERVER_SETTINGS_H_
#define MOUNTGUARD_WEBHOOK_HTTP_SERVER_SETTINGS_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/openssl_ptr.h"
#include "webhook/http_exchange.h"
#include "webhook/request_reader.h"

namespace mountguard::webhook {

/// What a server tells its surroundings. Each may be empty; called on several threads at once.
struct HttpServerHooks {
  /// A connection that was not served, or no longer: "limit", "handshake_timeout",
  /// "handshake_failed", "plain_text", "memory".
  std::function<void(std::string_view reason)> connection_rejected;
  /// A request that never reached a handler: the reasons of Refusal, "timeout", "draining".
  std::function<void(std::string_view reason)> protocol_error;
  /// Something that an operator should read; at most every few seconds.
  std::function<void(std::string_view message)> warning;
};

struct HttpServerSettings {
  std::string address = {};  // an IPv4 or IPv6 address; "" is every address of both
  int port = 0;              // 0 picks a free one
  SSL_CTX* tls = nullptr;    // null: plain HTTP. Borrowed, must outlive the server
  std::vector<Route> routes = {};
  ErrorResponse error_response = {};
  HttpServerHooks hooks = {};
  std::size_t workers = 0;  // 0: one a processor
  std::size_t max_connections = 2048;
  RequestLimits limits = {};
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds header_timeout{10'000};   // from a request's first byte
  std::chrono::milliseconds request_timeout{10'000};  // the same; `?timeout=` shortens it
  std::chrono::milliseconds write_timeout{10'000};    // for a client that does not read
  std::chrono::milliseconds idle_timeout{120'000};
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_HTTP_SERVER_SETTINGS_H_
