#include "webhook/http_exchange.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <limits>
#include <optional>
#include <set>

namespace mountguard::webhook {
namespace {

/// The request's head as httplib reads it, and the response as it writes it.
class MemoryStream final : public httplib::Stream {
 public:
  MemoryStream(std::string_view in, std::string* out) : in_(in), out_(out) {}

  bool is_readable() const override { return !in_.empty(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const std::size_t taken = in_.copy(to, size);
    in_.remove_prefix(taken);
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* from, std::size_t size) override {
    out_->append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  // httplib refuses sockets above FD_SETSIZE, for it would select() on them; this one is none.
  socket_t socket() const override { return 0; }

 private:
  std::string_view in_;
  std::string* out_;
};

/// What `path` has in place of the {name} that ends `pattern`, "" if the pattern has none; nothing
/// if the two do not match.
std::optional<std::string_view> Match(std::string_view pattern, std::string_view path) {
  const std::size_t brace = pattern.find('{');
  if (brace == std::string_view::npos) {
    return pattern == path ? std::optional<std::string_view>("") : std::nullopt;
  }
  const std::string_view parameter = path.substr(std::min(brace, path.size()));
  const bool matches = path.substr(0, brace) == pattern.substr(0, brace) && !parameter.empty() &&
                       parameter.find('/') == std::string_view::npos;
  return matches ? std::optional(parameter) : std::nullopt;
}

bool Serves(const Route& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

/// The methods that the routes with this path know, as the Allow header lists them; "*" is any
/// path.
std::string AllowedMethods(const std::vector<Route>& routes, std::string_view path) {
  std::set<std::string_view> methods;
  for (const Route& route : routes) {
    if (path != "*" && !Match(route.path, path)) continue;
    methods.insert(route.method);
    if (route.method == "GET") methods.insert("HEAD");
  }
  if (!methods.empty()) methods.insert("OPTIONS");
  return fmt::format("{}", fmt::join(methods, ", "));
}

std::string KnownPaths(const std::vector<Route>& routes) {
  std::set<std::string_view> paths;
  for (const Route& route : routes) paths.insert(route.path);
  return fmt::format("{}", fmt::join(paths, ", "));
}

}  // namespace

/// httplib's server without its sockets and threads: one request in memory at a time.
class HttpExchange::Httplib final : public httplib::Server {
 public:
  /// Gets the path, percent-decoded.
  using Responder = std::function<HttpResponse(std::string_view path)>;

  explicit Httplib(std::chrono::seconds idle_timeout) {
    set_keep_alive_timeout(idle_timeout.count());
    set_keep_alive_max_count(std::numeric_limits<int>::max());
    // Before routing is before httplib reads a body: all its requests are answered there.
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      HttpResponse ours = (*responder_)(request.path);
      response.status = ours.status;
      response.body = std::move(ours.body);
      response.headers.emplace("Content-Type", std::move(ours.content_type));
      for (auto& header : ours.headers) response.headers.insert(std::move(header));
      return HandlerResponse::Handled;
    });
  }

  void Run(bool head, std::string_view path, bool close, const Responder& responder,
           std::string* out) {
    // Of the methods httplib has only to know HEAD, whose answers have no body; ours may be others.
    line_.assign(head ? "HEAD " : "GET ").append(path).append(" HTTP/1.1\r\n\r\n");
    responder_ = &responder;
    MemoryStream stream(line_, out);
    bool closed = false;
    process_request(stream, close, closed, nullptr);
  }

 private:
  const Responder* responder_ = nullptr;
  std::string line_;
};

HttpExchange::HttpExchange(const std::vector<Route>* routes, const ErrorResponse* error_response,
                           std::chrono::seconds idle_timeout, std::size_t worker)
    : routes_(routes),
      error_response_(error_response),
      worker_(worker),
      httplib_(std::make_unique<Httplib>(idle_timeout)) {}

HttpExchange::~HttpExchange() = default;

void HttpExchange::Answer(RequestReader* request, const ExchangeContext& context,
                          std::string* out) {
  const auto responder = [&](std::string_view path) {
    return Respond({request->method(),
                    path,
                    {},
                    request->query(),
                    request->headers(),
                    request->body(),
                    context.remote_address,
                    context.client_certificate,
                    context.deadline,
                    worker_});
  };
  httplib_->Run(request->method() == "HEAD", request->path(), context.close, std::ref(responder),
                out);
}

void HttpExchange::Refuse(int status, std::string_view message, std::string_view method,
                          std::vector<std::pair<std::string, std::string>> headers,
                          std::string* out) {
  const auto responder = [&](std::string_view) {
    HttpResponse response = (*error_response_)(status, message);
    for (auto& header : headers) response.headers.push_back(std::move(header));
    return response;
  };
  httplib_->Run(method == "HEAD", "/", /*close=*/true, std::ref(responder), out);
}

HttpResponse HttpExchange::Respond(const HttpRequest& request) const {
  for (const Route& route : *routes_) {
    if (!Serves(route, request.method)) continue;
    if (const auto parameter = Match(route.path, request.path)) {
      HttpRequest routed = request;
      routed.parameter = *parameter;
      return Guarded(route.handler, routed);
    }
  }
  const std::string allowed = AllowedMethods(*routes_, request.path);
  if (allowed.empty()) {
    return (*error_response_)(404, fmt::format("there is no path {} here; known are {}",
                                               request.path, KnownPaths(*routes_)));
  }
  HttpResponse response =
      request.method == "OPTIONS"
          ? HttpResponse{200, "text/plain", ""}
          : (*error_response_)(405, fmt::format("{} does not take {}, only {}", request.path,
                                                request.method, allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

HttpResponse HttpExchange::Guarded(const HttpHandler& handler, const HttpRequest& request) const {
  try {
    return handler(request);
  } catch (const std::exception& fault) {
    return (*error_response_)(500, fmt::format("internal error: {}", fault.what()));
  } catch (...) {
    return (*error_response_)(500, "internal error");
  }
}

}  // namespace mountguard::webhook
