#include "webhook/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <new>

namespace mountguard::webhook {
namespace {

bool MayTryAgain(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

TlsStream::TlsStream(int socket, SSL_CTX* context) : socket_(socket) {
  if (context == nullptr) return;
  tls_.reset(SSL_new(context));
  if (tls_ == nullptr || SSL_set_fd(tls_.get(), socket) != 1) throw std::bad_alloc();
  SSL_set_mode(tls_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                               SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_read_ahead(tls_.get(), 1);  // one recv for several records, instead of two for each
  SSL_set_accept_state(tls_.get());
}

TlsStream::~TlsStream() { ::close(socket_); }

TlsStream::Status TlsStream::FailureOf(int result) {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Status::kWantRead;
    case SSL_ERROR_WANT_WRITE:
      return Status::kWantWrite;
    case SSL_ERROR_ZERO_RETURN:
      return Status::kClosed;
    case SSL_ERROR_SYSCALL:
      broken_ = true;
      return Status::kClosed;
    default:
      break;
  }
  broken_ = true;
  switch (ERR_GET_REASON(ERR_peek_error())) {
    case SSL_R_HTTP_REQUEST:
      return Status::kPlainText;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return Status::kClosed;
    default:
      return Status::kFailed;
  }
}

TlsStream::Status TlsStream::Handshake() {
  if (tls_ == nullptr) return Status::kOk;
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_.get());
  if (result != 1) return FailureOf(result);
  client_ = certs::ReadClientCertificate(*tls_);
  return Status::kOk;
}

TlsStream::Io TlsStream::Read(char* to, std::size_t size) {
  if (tls_ != nullptr) {
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_read_ex(tls_.get(), to, size, &bytes);
    return result == 1 ? Io{Status::kOk, bytes} : Io{FailureOf(result), 0};
  }
  const ssize_t bytes = ::recv(socket_, to, size, 0);
  if (bytes > 0) return {Status::kOk, static_cast<std::size_t>(bytes)};
  return {bytes < 0 && MayTryAgain(errno) ? Status::kWantRead : Status::kClosed, 0};
}

TlsStream::Io TlsStream::Write(std::string_view text) {
  if (tls_ != nullptr) {
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_write_ex(tls_.get(), text.data(), text.size(), &bytes);
    return result == 1 ? Io{Status::kOk, bytes} : Io{FailureOf(result), 0};
  }
  const ssize_t bytes = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  if (bytes >= 0) return {Status::kOk, static_cast<std::size_t>(bytes)};
  return {MayTryAgain(errno) ? Status::kWantWrite : Status::kClosed, 0};
}

bool TlsStream::HasPending() const { return tls_ != nullptr && SSL_has_pending(tls_.get()) == 1; }

void TlsStream::FinishWriting() {
  if (tls_ != nullptr && !broken_ && SSL_is_init_finished(tls_.get())) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
  }
  ::shutdown(socket_, SHUT_WR);
}

TlsStream::Status TlsStream::Discard(char* scratch, std::size_t size) {
  const ssize_t bytes = ::recv(socket_, scratch, size, MSG_DONTWAIT);
  if (bytes > 0) return Status::kOk;
  return bytes < 0 && MayTryAgain(errno) ? Status::kWantRead : Status::kClosed;
}

void TlsStream::WritePlain(std::string_view text) {
  ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace mountguard::webhook
