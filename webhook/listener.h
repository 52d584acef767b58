#ifndef MOUNTGUARD_WEBHOOK_LISTENER_H_
#define MOUNTGUARD_WEBHOOK_LISTENER_H_

#include <sys/socket.h>

#include <string>

#include "core/result.h"
#include "core/scoped_fd.h"

namespace mountguard::webhook {

/// A socket that listens: non-blocking, with TCP_NODELAY, which what it accepts inherits, and the
/// longest backlog that the kernel gives (net.core.somaxconn).
struct Listener {
  core::ScopedFd socket;
  std::string address;  // "127.0.0.1:43211", "[::]:8443"
  int port = 0;
};

/// `host` is an IPv4 or IPv6 address, or "" for every address of both; port 0 picks a free one. The
/// error says why not and what to do.
core::Result<Listener> Listen(const std::string& host, int port);

/// "127.0.0.1:43211", "[::1]:8443".
std::string FormatAddress(const sockaddr_storage& address, socklen_t length);

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_LISTENER_H_
