#ifndef MOUNTGUARD_WEBHOOK_HTTP_SERVER_H_
#define MOUNTGUARD_WEBHOOK_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "webhook/connection_table.h"
#include "webhook/http_server_settings.h"

namespace mountguard::webhook {

/// An HTTP/1.1 server that no client can stall.
///
/// One thread accepts; each worker has the connections that it was given for life, waits for all of
/// them in one epoll set, and answers on the thread that woke. A worker never waits for a single
/// client: it decrypts and frames what is there, and only whole requests reach a handler. An idle
/// connection is a small struct. Handlers run on the workers and must not block.
/// Thread-safe.
class HttpServer {
 public:
  /// Listens and begins to serve. Fails in words if the address is none, or is in use, and where
  /// the system gives no thread or descriptor.
  static core::Result<std::unique_ptr<HttpServer>> Start(HttpServerSettings settings);
  /// Stops without grace.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Where it listens: "127.0.0.1:43211", "[::]:8443".
  const std::string& address() const;
  int port() const;
  ConnectionCounts connections() const;
  /// Every open connection, those first that a limit would close first.
  std::vector<ConnectionInfo> ListConnections() const;

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
