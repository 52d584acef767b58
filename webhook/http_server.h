#ifndef MOUNTGUARD_WEBHOOK_HTTP_SERVER_H_
#define MOUNTGUARD_WEBHOOK_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certs/openssl_ptr.h"
#include "core/result.h"
#include "webhook/connection_table.h"
#include "webhook/http_exchange.h"
#include "webhook/http_message.h"
#include "webhook/request_reader.h"

namespace mountguard::webhook {

/// What a server tells its surroundings. Each may be empty; called on several threads at once.
struct HttpServerHooks {
  /// A connection that was not served, or no longer: "limit", "handshake_timeout",
  /// "handshake_failed", "plain_text".
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
  std::size_t workers = 0;             // 0: one a processor
  std::size_t max_connections = 2048;  // lowered to what RLIMIT_NOFILE allows
  RequestLimits limits = {};
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds header_timeout{10'000};   // from a request's first byte
  std::chrono::milliseconds request_timeout{10'000};  // the same; `?timeout=` shortens it
  std::chrono::milliseconds write_timeout{10'000};    // for a client that does not read
  std::chrono::milliseconds idle_timeout{120'000};
};

/// An HTTP/1.1 server that no client can stall.
///
/// One thread accepts; each worker has the connections that it was given for life, waits for all of
/// them in one epoll set, and answers on the thread that woke. A worker never waits for a single
/// client: it decrypts and frames what is there, and only whole requests reach a handler. An idle
/// connection is a small struct. Handlers run on the workers and must not block.
/// Thread-safe.
class HttpServer {
 public:
  /// Listens and begins to serve. Fails in words if the address is none, or is in use.
  static core::Result<std::unique_ptr<HttpServer>> Start(HttpServerSettings settings);
  /// Stops without grace.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Where it listens: "127.0.0.1:43211", "[::]:8443".
  const std::string& address() const;
  int port() const;
  /// Never more than asked for.
  std::size_t max_connections() const;
  ConnectionCounts connections() const;

  /// From now on a request on a connection that served one before is answered with 503,
  /// `Retry-After: 0` and `Connection: close`: the API server's client then dials anew and finds
  /// another replica. First requests are still served, and their connections closed.
  void BeginDrain();
  /// Stops accepting, drains, finishes the requests under way and closes all connections, after
  /// `grace` whatever they do. Returns when all threads have ended; later calls return at once.
  void Stop(std::chrono::milliseconds grace);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_HTTP_SERVER_H_
