#ifndef MOUNTGUARD_WEBHOOK_HTTP_EXCHANGE_H_
#define MOUNTGUARD_WEBHOOK_HTTP_EXCHANGE_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "webhook/http_message.h"
#include "webhook/request_reader.h"

namespace mountguard::webhook {

/// Called on several threads at once. An exception becomes a 500.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;
/// Makes the body of an answer that no handler gave: 400, 404, 405, 408, 413, ... 500, 503.
using ErrorResponse = std::function<HttpResponse(int status, std::string_view message)>;

struct Route {
  std::string method;  // "GET" answers HEAD too
  std::string path;    // "/validate", or with a name for its last segment: "/validate/{profile}"
  HttpHandler handler;
};

/// What a connection knows of itself when a request is complete.
struct ExchangeContext {
  std::string_view remote_address;
  const certs::ClientCertificate* client_certificate = nullptr;
  std::chrono::steady_clock::time_point deadline;
  bool close = false;  // the response tells the client that the connection ends with it
};

/// Turns a complete request into the bytes of its response: finds the route, calls the handler, and
/// has cpp-httplib, whose only includer in webhook/ this is, read the path and write the response.
///
/// httplib sees the bytes through an in-memory stream, and of the head only what it has to decide
/// on: the RequestReader has read the rest already, and handing everything over was measured at 6
/// against 3 µs a request. It never sees a body or Accept-Encoding: it would inflate the one past
/// its own limit and compress the answer for the other.
/// Not thread-safe: each worker has its own.
class HttpExchange {
 public:
  /// Borrows the routes. `idle_timeout` is what the Keep-Alive header promises.
  HttpExchange(const std::vector<Route>* routes, const ErrorResponse* error_response,
               std::chrono::seconds idle_timeout, std::size_t worker);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  /// Appends the response to a request that is kComplete.
  void Answer(RequestReader* request, const ExchangeContext& context, std::string* out);

  /// Appends an error after which the connection is closed. `method` is the request's, if it is
  /// known: an answer to HEAD has no body. `headers` are added.
  void Refuse(int status, std::string_view message, std::string_view method,
              std::vector<std::pair<std::string, std::string>> headers, std::string* out);

 private:
  class Httplib;

  HttpResponse Respond(const HttpRequest& request) const;
  HttpResponse Guarded(const HttpHandler& handler, const HttpRequest& request) const;

  const std::vector<Route>* routes_;
  const ErrorResponse* error_response_;
  std::size_t worker_;
  std::unique_ptr<Httplib> httplib_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_HTTP_EXCHANGE_H_
