#include "tests/webhook/client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace mountguard::tests {
namespace {

constexpr timeval kPatience{10, 0};

int Connect(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error("the test has no socket left");
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

std::string Response::Header(std::string_view name) const {
  const std::string line_start = "\r\n" + std::string(name) + ": ";
  const std::size_t at = head.find(line_start);
  if (at == std::string::npos) return {};
  const std::size_t value = at + line_start.size();
  return head.substr(value, head.find("\r\n", value) - value);
}

Client::Client(int port, Tls tls, void (*configure)(SSL*)) : socket_(Connect(port)) {
  std::signal(SIGPIPE, SIG_IGN);  // servers that close on us are what is tested here
  connected_ = socket_ >= 0;
  if (!connected_ || tls == Tls::kOff) return;
  context_.reset(SSL_CTX_new(TLS_client_method()));
  tls_.reset(SSL_new(context_.get()));
  SSL_set_fd(tls_.get(), socket_);
  if (configure != nullptr) configure(tls_.get());
  ERR_clear_error();
  connected_ = SSL_connect(tls_.get()) == 1;
}

Client::~Client() { CloseAbruptly(); }

void Client::CloseAbruptly() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

bool Client::Send(std::string_view text) {
  if (tls_ == nullptr) return SendRaw(text);
  ERR_clear_error();
  return connected_ && SSL_write(tls_.get(), text.data(), static_cast<int>(text.size())) > 0;
}

bool Client::SendRaw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

int Client::ReadSome(char* to, int size) {
  if (tls_ == nullptr || !connected_) {
    return static_cast<int>(::recv(socket_, to, static_cast<std::size_t>(size), 0));
  }
  ERR_clear_error();
  const int count = SSL_read(tls_.get(), to, size);
  if (count > 0) return count;
  return SSL_get_error(tls_.get(), count) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

Response Client::Receive(bool head) {
  Response response;
  char buffer[16384];
  for (;;) {
    const std::size_t end = received_.find("\r\n\r\n");
    if (end != std::string::npos) {
      response.head = received_.substr(0, end + 2);
      const std::string length = response.Header("Content-Length");
      const std::size_t body = head || length.empty() ? 0 : std::stoul(length);
      if (received_.size() >= end + 4 + body) {
        response.body = received_.substr(end + 4, body);
        received_.erase(0, end + 4 + body);
        response.status = std::atoi(response.head.substr(9, 3).c_str());
        return response;
      }
    }
    const int count = ReadSome(buffer, sizeof(buffer));
    if (count <= 0) return response;
    received_.append(buffer, static_cast<std::size_t>(count));
  }
}

std::string Client::ReceiveAll() {
  char buffer[16384];
  for (int count = ReadSome(buffer, sizeof(buffer)); count > 0;
       count = ReadSome(buffer, sizeof(buffer))) {
    received_.append(buffer, static_cast<std::size_t>(count));
  }
  return std::move(received_);
}

bool Client::WaitForClose() {
  char byte = 0;
  const ssize_t count =
      tls_ == nullptr || !connected_ ? ::recv(socket_, &byte, 1, 0) : ReadSome(&byte, 1);
  if (count > 0) return false;
  // Distinguish the end of the connection from the end of our patience.
  return count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK) ||
         ::recv(socket_, &byte, 1, MSG_DONTWAIT) == 0;
}

}  // namespace mountguard::tests
