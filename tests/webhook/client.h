#ifndef MOUNTGUARD_TESTS_WEBHOOK_CLIENT_H_
#define MOUNTGUARD_TESTS_WEBHOOK_CLIENT_H_

#include <string>
#include <string_view>

#include "certs/openssl_ptr.h"

namespace mountguard::tests {

struct Response {
  int status = 0;  // 0: the connection ended, or nothing came for ten seconds, before it was whole
  std::string head;  // the status line and the headers
  std::string body;

  /// The value of a header as the server wrote its name; "" if there is none.
  std::string Header(std::string_view name) const;
};

/// A client that does exactly what it is told, over TLS or not: half requests, several at once,
/// bytes that are none. Blocking; the server is on 127.0.0.1.
class Client {
 public:
  enum class Tls { kOff, kOn };

  /// Connects; with TLS it shakes hands as well, unless the server refuses. `configure` may set up
  /// the client's side before that.
  Client(int port, Tls tls, void (*configure)(SSL*) = nullptr);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  SSL* tls() const { return tls_.get(); }

  /// False if the connection is gone.
  bool Send(std::string_view text);
  /// Past TLS.
  bool SendRaw(std::string_view bytes);
  /// The next response. One to a HEAD request has no body, whatever its Content-Length.
  Response Receive(bool head = false);
  Response Exchange(std::string_view request) {
    Send(request);
    return Receive();
  }
  /// Waits for the end of what the server sends, which is returned.
  std::string ReceiveAll();
  /// True once the server has closed, false if it sends something instead, or nothing for ten
  /// seconds.
  bool WaitForClose();
  /// Ends our side without a TLS goodbye.
  void CloseAbruptly();

 private:
  /// 0 at the end, negative on an error.
  int ReadSome(char* to, int size);

  int socket_ = -1;
  bool connected_ = false;
  certs::SslCtxPtr context_;
  certs::SslPtr tls_;
  std::string received_;  // behind the last response
};

}  // namespace mountguard::tests

#endif  // MOUNTGUARD_TESTS_WEBHOOK_CLIENT_H_
