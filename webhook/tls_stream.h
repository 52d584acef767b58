#ifndef MOUNTGUARD_WEBHOOK_TLS_STREAM_H_
#define MOUNTGUARD_WEBHOOK_TLS_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "certs/openssl_ptr.h"
#include "certs/tls_context.h"

namespace mountguard::webhook {

/// The bytes of one accepted, non-blocking socket: through TLS, or as they are.
///
/// Owns the socket. Nothing here blocks; kWant… says what to wait for before trying again. Between
/// requests it holds no buffers. Not thread-safe. Writing to a peer that is gone raises SIGPIPE,
/// which the threads that use it must have blocked.
class TlsStream {
 public:
  enum class Status : std::uint8_t {
    kOk,
    kWantRead,
    kWantWrite,
    kClosed,     // by the peer, in order or not
    kFailed,     // the peer does not speak TLS as it should
    kPlainText,  // the handshake began with an HTTP request
  };
  struct Io {
    Status status = Status::kOk;
    std::size_t bytes = 0;  // moved, if kOk
  };

  /// Without a context the stream is plain.
  TlsStream(int socket, SSL_CTX* context);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  int socket() const { return socket_; }
  bool encrypted() const { return tls_ != nullptr; }

  /// To be called until it is kOk, before all else; kOk at once on a plain stream.
  Status Handshake();
  Io Read(char* to, std::size_t size);
  /// May take less than all. After kWantWrite the next call must bring the same text.
  Io Write(std::string_view text);
  /// Bytes were taken from the socket that Read has not given yet: epoll will not tell of them.
  bool HasPending() const;
  /// Tells the peer that no more will be sent.
  void FinishWriting();
  /// Throws away what the peer still sends, so that closing does not take our last words from it.
  Status Discard(char* scratch, std::size_t size);
  /// Past TLS, for a peer that turned out not to speak it; it gets what the socket takes at once.
  void WritePlain(std::string_view text);

  /// Null if the client showed none. Meaningful after the handshake.
  const certs::ClientCertificate* client_certificate() const {
    return client_.presented ? &client_ : nullptr;
  }

 private:
  Status FailureOf(int result);

  int socket_;
  bool broken_ = false;  // after a fatal error OpenSSL must not be asked to shut down
  certs::SslPtr tls_;
  certs::ClientCertificate client_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_TLS_STREAM_H_
