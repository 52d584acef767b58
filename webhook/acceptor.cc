#include "webhook/acceptor.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace mountguard::webhook {
namespace {

constexpr std::chrono::milliseconds kAcceptPause{50};
constexpr std::chrono::seconds kWarningPause{10};
/// As many are accepted before anything else is looked at; the kernel's backlog is no longer.
constexpr int kMostAtOnce = SOMAXCONN;

}  // namespace

void Acceptor::Run() {
  while (!stopped_.load()) {
    std::array<pollfd, 2> sources{{{waker_.fd(), POLLIN, 0}, {listener_.socket.get(), POLLIN, 0}}};
    ::poll(sources.data(), sources.size(), -1);
    AcceptAll();
  }
  // Whoever connected before the port closes has been promised an answer.
  AcceptAll();
  listener_.socket = core::ScopedFd();
}

void Acceptor::Stop() {
  stopped_.store(true);
  waker_.Wake();
}

void Acceptor::AcceptAll() {
  for (int accepted = 0; accepted < kMostAtOnce && AcceptOne(); ++accepted) {
  }
}

bool Acceptor::AcceptOne() {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  const int socket = ::accept4(listener_.socket.get(), reinterpret_cast<sockaddr*>(&address),
                               &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) return OnAcceptError(errno);
  bool evicted = false;
  const bool room = state_.table.MakeRoom(&evicted);
  if (evicted || !room) state_.TellRejected("limit");
  if (!room) {
    ::close(socket);
    return true;
  }
  const auto standing = state_.settings.tls == nullptr ? ConnectionTable::Standing::kUnproven
                                                       : ConnectionTable::Standing::kHandshaking;
  const auto entry = state_.table.Add(socket, standing, FormatAddress(address, length));
  const auto least =
      std::min_element(workers_.begin(), workers_.end(),
                       [](const auto& a, const auto& b) { return a->load() < b->load(); });
  (*least)->Give({socket, entry});
  return true;
}

bool Acceptor::OnAcceptError(int error) {
  switch (error) {
    case EAGAIN:
      return false;
    case EINTR:
    case ECONNABORTED:
    case EPERM:     // a firewall's word
      return true;  // that one connection failed before it was accepted; the next may be well
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      // The connection stays in the backlog. One that is missed less makes room for it.
      if (state_.table.EvictOne()) state_.TellRejected("limit");
      break;
    default:  // the network's: accept(2) lists a dozen
      break;
  }
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_warning_) {
    next_warning_ = now + kWarningPause;
    state_.Warn(fmt::format("cannot accept connections: {}{}",
                            std::generic_category().message(error),
                            error == EMFILE || error == ENFILE
                                ? "; raise the limit on open files, or lower --max-connections"
                                : ""));
  }
  if (stopped_.load()) return false;
  pollfd waker{waker_.fd(), POLLIN, 0};
  ::poll(&waker, 1, static_cast<int>(kAcceptPause.count()));
  return false;
}

}  // namespace mountguard::webhook
