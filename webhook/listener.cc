#include "webhook/listener.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace mountguard::webhook {
namespace {

int PortOf(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

std::string WhyNot(const std::string& host, int port, int error) {
  const std::string where =
      host.empty() ? fmt::format("port {}", port) : fmt::format("port {} of {}", port, host);
  switch (error) {
    case EADDRINUSE:
      return fmt::format(
          "cannot listen on {}: another program listens there already; stop it, or "
          "choose another port",
          where);
    case EACCES:
      return fmt::format(
          "cannot listen on {}: ports below 1024 need a privilege "
          "(CAP_NET_BIND_SERVICE); choose a higher one",
          where);
    case EADDRNOTAVAIL:
      return fmt::format("cannot listen on {}: this machine has no such address", where);
    default:
      return fmt::format("cannot listen on {}: {}", where, std::generic_category().message(error));
  }
}

/// The errno is the caller's hint whether another address family is worth a try.
core::Result<Listener, int> ListenOn(const sockaddr* address, socklen_t length) {
  Listener listener;
  listener.socket = core::ScopedFd(
      ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  const int fd = listener.socket.get();
  const int on = 1;
  const int off = 0;
  if (fd < 0) return core::Unexpected<int>(errno);
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address->sa_family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  // Inherited by what is accepted.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_storage bound{};
  socklen_t bound_length = sizeof(bound);
  if (::bind(fd, address, length) != 0 || ::listen(fd, SOMAXCONN) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &bound_length) != 0) {
    return core::Unexpected<int>(errno);
  }
  listener.address = FormatAddress(bound, bound_length);
  listener.port = PortOf(bound);
  return listener;
}

}  // namespace

core::Result<Listener> Listen(const std::string& host, int port) {
  if (port < 0 || port > 65535) {
    return core::Failure(fmt::format("{} is no port; ports are 0 to 65535", port));
  }
  // Every address: an IPv6 socket takes IPv4 as well, where there is IPv6.
  const std::vector<std::string> hosts =
      host.empty() ? std::vector<std::string>{"::", "0.0.0.0"} : std::vector<std::string>{host};
  int error = EADDRNOTAVAIL;
  for (const std::string& candidate : hosts) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(candidate.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
      return core::Failure(
          fmt::format("cannot listen on \"{}\": it is no IPv4 or IPv6 address", candidate));
    }
    auto listener = ListenOn(found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
    if (listener) return std::move(listener).value();
    error = listener.error();
    if (error == EADDRINUSE) break;
  }
  return core::Failure(WhyNot(host, port, error));
}

std::string FormatAddress(const sockaddr_storage& address, socklen_t length) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, host.data(), host.size(),
                    port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  return address.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host.data(), port.data())
                                       : fmt::format("{}:{}", host.data(), port.data());
}

}  // namespace mountguard::webhook
