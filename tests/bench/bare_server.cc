// The floor for a new connection a request: accept, SSL_accept, one read, one write of the same
// sizes as an admission, close. One thread, blocking: bare_server CERTIFICATE KEY

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace {

/// Reads until a whole request of `Content-Length` bytes is there, as its client sends no more.
bool ReadRequest(SSL* tls) {
  std::string request;
  char buffer[16384];
  while (true) {
    const int count = SSL_read(tls, buffer, sizeof buffer);
    if (count <= 0) return false;
    request.append(buffer, static_cast<std::size_t>(count));
    const std::size_t head = request.find("\r\n\r\n");
    const std::size_t length = request.find("Content-Length: ");
    if (head == std::string::npos || length > head) continue;
    if (request.size() >= head + 4 + std::stoul(request.substr(length + 16))) return true;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: {} CERTIFICATE KEY\n", argv[0]);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_use_certificate_chain_file(context, argv[1]) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, argv[2], SSL_FILETYPE_PEM) != 1) {
    fmt::print(stderr, "cannot use {} and {}\n", argv[1], argv[2]);
    return 2;
  }
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener, SOMAXCONN) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fmt::print(stderr, "cannot listen on 127.0.0.1\n");
    return 3;
  }
  fmt::print(stderr, "{{\"msg\":\"listening\",\"address\":\"127.0.0.1:{}\"}}\n",
             ntohs(address.sin_port));
  const std::string body(480, 'x');  // as long as the answer to an admission
  const std::string response = fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nContent-Type: application/json\r\n\r\n{}",
      body.size(), body);
  while (true) {
    const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    const int on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL* tls = SSL_new(context);
    SSL_set_fd(tls, connection);
    if (SSL_accept(tls) == 1 && ReadRequest(tls)) {
      SSL_write(tls, response.data(), static_cast<int>(response.size()));
      SSL_shutdown(tls);
    }
    SSL_free(tls);
    close(connection);
  }
}
