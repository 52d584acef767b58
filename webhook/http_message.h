#ifndef MOUNTGUARD_WEBHOOK_HTTP_MESSAGE_H_
#define MOUNTGUARD_WEBHOOK_HTTP_MESSAGE_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "certs/tls_context.h"

namespace mountguard::webhook {

/// True if the two are equal but for the case of ASCII letters.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

struct HttpHeader {
  std::string_view name;   // as the client wrote it
  std::string_view value;  // without the blanks around it
};

/// The headers of a request, in the order of the text. Borrowed from the request.
class HttpHeaders {
 public:
  void Add(std::string_view name, std::string_view value) { headers_.push_back({name, value}); }
  void Clear() { headers_.clear(); }
  std::size_t size() const { return headers_.size(); }
  std::vector<HttpHeader>::const_iterator begin() const { return headers_.begin(); }
  std::vector<HttpHeader>::const_iterator end() const { return headers_.end(); }

  /// The value of the first header of that name, in whatever case; "" if there is none.
  std::string_view Get(std::string_view name) const;

 private:
  std::vector<HttpHeader> headers_;
};

/// What a handler gets. Everything is borrowed and valid until the handler returns.
struct HttpRequest {
  /// Spare capacity behind every body, so that parsers that read in blocks need no copy.
  static constexpr std::size_t kBodyPadding = 64;

  std::string_view method;     // "POST"; the case matters
  std::string_view path;       // percent-decoded: "/validate/baseline"
  std::string_view parameter;  // what stands for the {name} of the route's path, else ""
  std::string_view query;      // as sent, without the question mark: "timeout=5s"
  const HttpHeaders& headers;
  std::string& body;                                   // the handler may change it or move it away
  std::string_view remote_address;                     // "10.0.0.1:52110", "[fd00::1]:52110"
  const certs::ClientCertificate* client_certificate;  // null if the client sent none
  std::chrono::steady_clock::time_point deadline;      // of the whole request, `?timeout=` honoured
  std::size_t worker;  // which thread of the server this is, from 0: for scratch space a thread
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_HTTP_MESSAGE_H_
