#include "webhook/http_server.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "webhook/tls_stream.h"

namespace mountguard::webhook {
namespace {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using std::chrono::milliseconds;

/// At most this is taken from one connection before the others have their turn.
constexpr std::size_t kReadBudget = 256 * 1024;
/// Takes the plaintext of one TLS record, whose size is at most 16 KB, or a good part of a socket's
/// buffer.
constexpr std::size_t kScratchBytes = 64 * 1024;
/// As many connections are served together: their requests are read, then answered, then written.
/// Each step finds its code and data warm, and clients that sleep are woken once. More would let
/// the first of them wait for the last.
constexpr std::size_t kCohort = 16;
constexpr std::size_t kSpareReaders = kCohort;
/// A response buffer that grew beyond this gives its memory back.
constexpr std::size_t kMaxKeptResponse = 64 * 1024;
/// After the last response: what the client still sends is thrown away for so long. Closing at once
/// would make the kernel reset the connection, and take the response from the client.
constexpr milliseconds kLingerTime{2000};
/// When the server stops, a connection that waits gets so long for a request that is on its way.
constexpr milliseconds kLastCall{250};
constexpr milliseconds kAcceptPause{50};
constexpr std::chrono::seconds kWarningPause{10};
/// File descriptors for everything but connections: policies, certificates, the metrics port.
constexpr rlim_t kReservedDescriptors = 64;

std::string SystemReason(int error) { return std::generic_category().message(error); }

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Wakes one thread that sleeps in poll or epoll. Any thread may call Wake.
class Waker {
 public:
  Waker() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  bool ok() const { return fd_.get() >= 0; }
  int fd() const { return fd_.get(); }
  void Wake() const { ::eventfd_write(fd_.get(), 1); }
  void Clear() const {
    eventfd_t count = 0;
    ::eventfd_read(fd_.get(), &count);
  }

 private:
  Descriptor fd_;
};

/// A thread that takes no signals: those are for the main thread, and SIGPIPE is for nobody.
template <class Function>
std::thread StartThread(Function run) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(run));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
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

int PortOf(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

struct Listener {
  Descriptor socket;
  std::string address;
  int port = 0;
};

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
      return fmt::format("cannot listen on {}: {}", where, SystemReason(error));
  }
}

/// The errno is the caller's hint whether another address family is worth a try.
core::Result<Listener, int> ListenOn(const sockaddr* address, socklen_t length) {
  Listener listener;
  listener.socket = Descriptor(
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

std::size_t ConnectionLimit(std::size_t asked) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return asked;
  const rlim_t allowed = files.rlim_cur - std::min(kReservedDescriptors, files.rlim_cur / 2);
  return std::max<std::size_t>(1, std::min<std::size_t>(asked, allowed));
}

template <class Function, class... Arguments>
void CallIfSet(const Function& function, Arguments... arguments) {
  if (function) function(arguments...);
}

/// Writes until all is gone (kOk) or the stream takes no more; `bytes` says how much it took.
TlsStream::Io WriteAll(TlsStream& stream, std::string_view text) {
  TlsStream::Io total;
  while (total.status == TlsStream::Status::kOk && total.bytes < text.size()) {
    const TlsStream::Io io = stream.Write(text.substr(total.bytes));
    total.bytes += io.bytes;
    total.status = io.status;
  }
  return total;
}

/// What a connection is doing, and so what its deadline means.
enum class Phase : std::uint8_t { kHandshake, kIdle, kHead, kBody, kDue, kWrite, kLinger };
constexpr std::size_t kPhases = 7;

struct Connection {
  Connection(int socket, SSL_CTX* tls, ConnectionTable::Handle handle, std::string remote)
      : stream(socket, tls), entry(handle), remote_address(std::move(remote)) {}

  TlsStream stream;
  ConnectionTable::Handle entry;
  std::string remote_address;
  std::list<Connection>::iterator self;
  Phase phase = Phase::kHandshake;
  bool served = false;        // it had a response from a handler
  bool ends = false;          // with the response that is being written
  std::uint32_t watched = 0;  // the events that epoll tells of
  TimePoint deadline;         // of the phase
  TimePoint request_began;
  TimePoint request_deadline;             // known once the head is
  std::unique_ptr<RequestReader> reader;  // null between requests
  std::string output;                     // what the socket did not take at once,
  std::size_t written = 0;                // and how much of it is gone since
  std::string pending;  // bytes behind the request whose response is being written
};

enum class Stage : std::uint8_t { kServing, kDraining, kStopping };

/// What the threads of one server share.
struct Shared {
  explicit Shared(HttpServerSettings given)
      : settings(std::move(given)), table(ConnectionLimit(settings.max_connections)) {}

  const HttpServerSettings settings;
  ConnectionTable table;
  std::atomic<Stage> stage{Stage::kServing};
  std::atomic<TimePoint> stop_deadline{TimePoint::max()};
};

/// One thread and the connections that it serves. Only Give and Wake are for other threads.
class Worker {
 public:
  struct Arrival {
    int socket;
    ConnectionTable::Handle entry;
    std::string remote_address;
  };

  Worker(Shared* shared, std::size_t number)
      : shared_(*shared),
        settings_(shared->settings),
        exchange_(&settings_.routes, &settings_.error_response,
                  std::chrono::duration_cast<std::chrono::seconds>(settings_.idle_timeout), number),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        scratch_(kScratchBytes) {
    epoll_event event{EPOLLIN, {nullptr}};
    ok_ = waker_.ok() && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, waker_.fd(), &event) == 0;
  }

  bool ok() const { return ok_; }
  std::size_t load() const { return load_.load(std::memory_order_relaxed); }
  void Wake() const { waker_.Wake(); }

  void Give(Arrival arrival) {
    load_.fetch_add(1, std::memory_order_relaxed);
    {
      const std::lock_guard<std::mutex> lock(inbox_mutex_);
      inbox_.push_back(std::move(arrival));
    }
    waker_.Wake();
  }

  void Run() {
    std::array<epoll_event, kCohort> events;
    do {
      const int count =
          ::epoll_wait(epoll_.get(), events.data(), events.size(), MillisecondsToWait());
      now_ = Clock::now();
      bool woken = false;
      for (int i = 0; i < count; ++i) {
        auto* const connection =
            static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (connection == nullptr) {
          woken = true;  // after the others: it may close connections that these events speak of
        } else {
          OnReady(*connection);
        }
      }
      AnswerAll();
      if (woken) OnWake();
      ExpireOverdue();
    } while (!Done());
    for (auto& phase : by_phase_) {
      while (!phase.empty()) Close(phase.front());
    }
  }

 private:
  std::list<Connection>& In(Phase phase) { return by_phase_[static_cast<std::size_t>(phase)]; }

  bool Done() const { return stopping_ && (load() == 0 || now_ >= shared_.stop_deadline.load()); }

  int MillisecondsToWait() const {
    if (!due_.empty()) return 0;
    TimePoint next = stopping_ ? shared_.stop_deadline.load() : TimePoint::max();
    for (const auto& phase : by_phase_) {
      if (!phase.empty()) next = std::min(next, phase.front().deadline);
    }
    if (next == TimePoint::max()) return -1;
    const auto left = std::chrono::ceil<milliseconds>(next - now_).count();
    return static_cast<int>(std::clamp<decltype(left)>(left, 0, 3'600'000));
  }

  void OnWake() {
    waker_.Clear();
    // Read before the inbox: nobody accepts any more once it is said.
    const bool stop = shared_.stage.load() == Stage::kStopping;
    std::vector<Arrival> arrivals;
    {
      const std::lock_guard<std::mutex> lock(inbox_mutex_);
      arrivals.swap(inbox_);
    }
    for (Arrival& arrival : arrivals) Adopt(std::move(arrival));
    if (stop && !stopping_) BeginStop();
  }

  void Adopt(Arrival arrival) {
    auto& list = In(Phase::kHandshake);
    Connection& connection = list.emplace_back(arrival.socket, settings_.tls, arrival.entry,
                                               std::move(arrival.remote_address));
    connection.self = std::prev(list.end());
    if (connection.stream.encrypted()) {
      Enter(connection, Phase::kHandshake, now_ + settings_.handshake_timeout);
    } else {
      Enter(connection, Phase::kIdle, now_ + settings_.idle_timeout);
    }
    connection.watched = EPOLLIN;
    epoll_event event{connection.watched, {&connection}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, arrival.socket, &event) != 0) Close(connection);
  }

  /// Whoever waits gets a last chance; who has begun a request, its usual time.
  void BeginStop() {
    stopping_ = true;
    for (const Phase phase : {Phase::kHandshake, Phase::kIdle, Phase::kLinger}) {
      for (Connection& connection : In(phase)) {
        connection.deadline = std::min(connection.deadline, now_ + kLastCall);
      }
    }
  }

  /// Each phase has a list in order of expiry. Deadlines of one phase mostly lie equally far ahead,
  /// so the place is nearly always the end.
  void Enter(Connection& connection, Phase phase, TimePoint deadline) {
    if (stopping_ && (phase == Phase::kIdle || phase == Phase::kLinger)) {
      deadline = std::min(deadline, now_ + kLastCall);
    }
    auto& from = In(connection.phase);
    auto& to = In(phase);
    connection.deadline = deadline;
    connection.phase = phase;
    to.splice(to.end(), from, connection.self);
    auto place = connection.self;
    while (place != to.begin() && std::prev(place)->deadline > deadline) --place;
    to.splice(place, to, connection.self);
    const bool active = phase == Phase::kHead || phase == Phase::kBody || phase == Phase::kDue ||
                        phase == Phase::kWrite;
    connection.entry->active.store(active, std::memory_order_relaxed);
  }

  void ExpireOverdue() {
    for (auto& phase : by_phase_) {
      while (!phase.empty() && phase.front().deadline <= now_) Expire(phase.front());
    }
  }

  void Expire(Connection& connection) {
    switch (connection.phase) {
      case Phase::kHandshake:
        CallIfSet(settings_.hooks.connection_rejected, "handshake_timeout");
        return Close(connection);
      case Phase::kIdle:
        connection.stream.FinishWriting();
        return Close(connection);
      case Phase::kHead:
      case Phase::kBody:
        Refuse(connection, 408, "timeout", "the request did not arrive in time");
        return;
      case Phase::kDue:
      case Phase::kWrite:
      case Phase::kLinger:
        return Close(connection);
    }
  }

  void Close(Connection& connection) {
    Release(connection);
    shared_.table.Remove(connection.entry);
    In(connection.phase).erase(connection.self);
    load_.fetch_sub(1, std::memory_order_relaxed);
  }

  void Watch(Connection& connection, std::uint32_t events) {
    if (connection.watched == events) return;
    connection.watched = events;
    epoll_event event{events, {&connection}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.stream.socket(), &event);
  }

  void OnReady(Connection& connection) {
    switch (connection.phase) {
      case Phase::kHandshake:
        return Handshake(connection);
      case Phase::kIdle:
      case Phase::kHead:
      case Phase::kBody:
        return Read(connection);
      case Phase::kDue:
        return;  // has its turn in this round
      case Phase::kWrite:
        return ContinueWriting(connection);
      case Phase::kLinger:
        return Discard(connection);
    }
  }

  void Handshake(Connection& connection) {
    switch (connection.stream.Handshake()) {
      case TlsStream::Status::kOk:
        shared_.table.Promote(connection.entry, ConnectionTable::Standing::kUnproven);
        Enter(connection, Phase::kIdle, now_ + settings_.idle_timeout);
        Watch(connection, EPOLLIN);
        return Read(connection);
      case TlsStream::Status::kWantRead:
        return Watch(connection, EPOLLIN);
      case TlsStream::Status::kWantWrite:
        return Watch(connection, EPOLLOUT);
      case TlsStream::Status::kClosed:
        return Close(connection);
      case TlsStream::Status::kPlainText:
        CallIfSet(settings_.hooks.connection_rejected, "plain_text");
        response_.clear();
        exchange_.Refuse(400, "this port speaks HTTPS, and the request came without TLS", "", {},
                         &response_);
        connection.stream.WritePlain(response_);
        return Linger(connection);
      case TlsStream::Status::kFailed:
        CallIfSet(settings_.hooks.connection_rejected, "handshake_failed");
        return Linger(connection);  // OpenSSL has sent an alert that says why
    }
  }

  void Read(Connection& connection) {
    for (std::size_t taken = 0;;) {
      const TlsStream::Io io = connection.stream.Read(scratch_.data(), scratch_.size());
      if (io.status == TlsStream::Status::kWantRead) return;
      if (io.status != TlsStream::Status::kOk) return Close(connection);
      if (!Consume(connection, {scratch_.data(), io.bytes})) return;
      taken += io.bytes;
      const bool enough = connection.reader == nullptr || taken >= kReadBudget;
      if (enough && !connection.stream.HasPending()) return;
    }
  }

  /// False if there is nothing to be read from the connection now: it is closed, on its way there,
  /// or has a request whole, and waits for its turn in AnswerAll or until its response can be
  /// written.
  bool Consume(Connection& connection, std::string_view bytes) {
    while (!bytes.empty()) {
      if (connection.reader == nullptr) BeginRequest(connection);
      RequestReader& request = *connection.reader;
      const RequestReader::State before = request.state();
      bytes.remove_prefix(request.Feed(bytes));
      if (before == RequestReader::State::kHead && request.state() != before) {
        OnHead(connection);
      }
      switch (request.state()) {
        case RequestReader::State::kHead:
          if (request.started()) {
            Enter(connection, Phase::kHead, connection.request_began + settings_.header_timeout);
          } else {
            Release(connection);
          }
          break;
        case RequestReader::State::kBody:
          Enter(connection, Phase::kBody, connection.request_deadline);
          if (before == RequestReader::State::kHead && request.expects_continue() &&
              !InviteBody(connection)) {
            return false;
          }
          break;
        case RequestReader::State::kRefused: {
          const Refusal refusal = request.refusal();
          Refuse(connection, refusal.status, refusal.reason, refusal.message);
          return false;
        }
        case RequestReader::State::kComplete:
          connection.pending.assign(bytes);
          Enter(connection, Phase::kDue, TimePoint::max());
          due_.push_back(&connection);
          return false;
      }
    }
    return true;
  }

  void BeginRequest(Connection& connection) {
    if (spare_readers_.empty()) {
      connection.reader = std::make_unique<RequestReader>(&settings_.limits);
    } else {
      connection.reader = std::move(spare_readers_.back());
      spare_readers_.pop_back();
    }
    connection.request_began = now_;
  }

  void Release(Connection& connection) {
    if (connection.reader == nullptr) return;
    if (spare_readers_.size() < kSpareReaders) {
      connection.reader->Reset();
      spare_readers_.push_back(std::move(connection.reader));
    }
    connection.reader = nullptr;
  }

  void OnHead(Connection& connection) {
    const auto asked = RequestedTimeout(connection.reader->query());
    connection.request_deadline =
        connection.request_began +
        std::min(settings_.request_timeout, asked.value_or(settings_.request_timeout));
  }

  bool InviteBody(Connection& connection) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    if (connection.stream.Write(kContinue).bytes == kContinue.size()) return true;
    Close(connection);  // a client that lets its receive buffer fill up while it waits for this
    return false;
  }

  /// Answers the requests that are whole, then writes the responses. A client that sent several
  /// without waiting has its next one answered in the next round, so that it starves nobody.
  void AnswerAll() {
    answered_.swap(due_);
    if (responses_.size() < answered_.size()) responses_.resize(answered_.size());
    for (std::size_t i = 0; i < answered_.size(); ++i) {
      responses_[i].clear();
      Answer(*answered_[i], &responses_[i]);
    }
    for (std::size_t i = 0; i < answered_.size(); ++i) {
      if (Send(*answered_[i], responses_[i])) GoOn(*answered_[i]);
      if (responses_[i].capacity() > kMaxKeptResponse) responses_[i] = std::string();
    }
    answered_.clear();
  }

  void Answer(Connection& connection, std::string* response) {
    const Stage stage = shared_.stage.load(std::memory_order_relaxed);
    RequestReader& request = *connection.reader;
    if (stage != Stage::kServing && connection.served) {
      PutRefusal(connection, 503, "draining",
                 "this replica is shutting down; the request can be sent to another at once",
                 {{"Retry-After", "0"}}, response);
      return;
    }
    connection.entry->active.store(true, std::memory_order_relaxed);
    connection.ends = stage != Stage::kServing || !request.keep_alive();
    exchange_.Answer(&request,
                     {connection.remote_address, connection.stream.client_certificate(),
                      connection.request_deadline, connection.ends},
                     response);
    Release(connection);
    if (!connection.served) {
      connection.served = true;
      shared_.table.Promote(connection.entry, ConnectionTable::Standing::kProven);
    }
  }

  void Refuse(Connection& connection, int status, std::string_view reason,
              std::string_view message) {
    response_.clear();
    PutRefusal(connection, status, reason, message, {}, &response_);
    Send(connection, response_);
  }

  void PutRefusal(Connection& connection, int status, std::string_view reason,
                  std::string_view message,
                  std::vector<std::pair<std::string, std::string>> headers, std::string* response) {
    CallIfSet(settings_.hooks.protocol_error, reason);
    exchange_.Refuse(status, message, connection.reader->method(), std::move(headers), response);
    connection.ends = true;
    Release(connection);
  }

  /// True if the response is gone and the connection goes on.
  bool Send(Connection& connection, std::string_view response) {
    const TlsStream::Io io = WriteAll(connection.stream, response);
    if (io.status == TlsStream::Status::kOk) return Finish(connection);
    if (io.status != TlsStream::Status::kWantWrite) {
      Close(connection);
      return false;
    }
    connection.output.assign(response, io.bytes);
    connection.written = 0;
    Enter(connection, Phase::kWrite, now_ + settings_.write_timeout);
    Watch(connection, EPOLLOUT);
    return false;
  }

  void ContinueWriting(Connection& connection) {
    const TlsStream::Io io =
        WriteAll(connection.stream, std::string_view(connection.output).substr(connection.written));
    connection.written += io.bytes;
    if (io.status == TlsStream::Status::kWantWrite) return;
    if (io.status != TlsStream::Status::kOk) return Close(connection);
    connection.output = std::string();
    Watch(connection, EPOLLIN);
    if (Finish(connection)) GoOn(connection);
  }

  /// Takes up what came behind the request that has been answered. What is still in the socket,
  /// epoll will tell of; what OpenSSL holds already, it will not.
  void GoOn(Connection& connection) {
    const std::string pending = std::exchange(connection.pending, {});
    if (Consume(connection, pending) && connection.stream.HasPending()) Read(connection);
  }

  /// The response is gone. True if the connection goes on.
  bool Finish(Connection& connection) {
    if (connection.ends) {
      Linger(connection);
      return false;
    }
    Enter(connection, Phase::kIdle, now_ + settings_.idle_timeout);
    return true;
  }

  void Linger(Connection& connection) {
    connection.stream.FinishWriting();
    Enter(connection, Phase::kLinger, now_ + kLingerTime);
    Watch(connection, EPOLLIN);
  }

  void Discard(Connection& connection) {
    for (std::size_t taken = 0; taken < kReadBudget; taken += scratch_.size()) {
      switch (connection.stream.Discard(scratch_.data(), scratch_.size())) {
        case TlsStream::Status::kOk:
          break;
        case TlsStream::Status::kWantRead:
          return;
        default:
          return Close(connection);
      }
    }
  }

  Shared& shared_;
  const HttpServerSettings& settings_;
  HttpExchange exchange_;
  Descriptor epoll_;
  Waker waker_;
  bool ok_ = false;
  bool stopping_ = false;
  TimePoint now_ = Clock::now();  // of the last wake-up
  std::vector<char> scratch_;
  std::string response_;                // of a refusal
  std::vector<Connection*> due_;        // with a whole request, in the order in which they came
  std::vector<Connection*> answered_;   // by this round, and
  std::vector<std::string> responses_;  // what is to be written to each
  std::array<std::list<Connection>, kPhases> by_phase_;  // each in order of expiry
  std::vector<std::unique_ptr<RequestReader>> spare_readers_;
  std::atomic<std::size_t> load_{0};  // connections, those in the inbox included
  std::mutex inbox_mutex_;
  std::vector<Arrival> inbox_;
};

/// Accepts connections and deals them out to the workers.
class Acceptor {
 public:
  Acceptor(Shared* shared, Listener listener, std::vector<std::unique_ptr<Worker>>* workers)
      : shared_(*shared), listener_(std::move(listener)), workers_(*workers) {}

  bool ok() const { return waker_.ok(); }
  const Listener& listener() const { return listener_; }

  void Run() {
    while (!stopped_.load()) {
      std::array<pollfd, 2> sources{
          {{waker_.fd(), POLLIN, 0}, {listener_.socket.get(), POLLIN, 0}}};
      ::poll(sources.data(), sources.size(), -1);
      while (AcceptOne()) {
      }
    }
    listener_.socket = Descriptor();
  }

  void Stop() {
    stopped_.store(true);
    waker_.Wake();
  }

 private:
  /// False if there is none to be had now.
  bool AcceptOne() {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    const int socket = ::accept4(listener_.socket.get(), reinterpret_cast<sockaddr*>(&address),
                                 &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return OnAcceptError(errno);
    bool evicted = false;
    const bool room = shared_.table.MakeRoom(&evicted);
    if (evicted || !room) CallIfSet(shared_.settings.hooks.connection_rejected, "limit");
    if (!room) {
      ::close(socket);
      return true;
    }
    const auto standing = shared_.settings.tls == nullptr ? ConnectionTable::Standing::kUnproven
                                                          : ConnectionTable::Standing::kHandshaking;
    const auto entry = shared_.table.Add(socket, standing);
    const auto least =
        std::min_element(workers_.begin(), workers_.end(),
                         [](const auto& a, const auto& b) { return a->load() < b->load(); });
    (*least)->Give({socket, entry, FormatAddress(address, length)});
    return true;
  }

  bool OnAcceptError(int error) {
    switch (error) {
      case EAGAIN:
        return false;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        break;
      default:
        return !stopped_.load();  // that one connection failed before it was accepted
    }
    // The connection stays in the backlog. One that is missed less makes room for it.
    if (shared_.table.EvictOne()) CallIfSet(shared_.settings.hooks.connection_rejected, "limit");
    const TimePoint now = Clock::now();
    if (now >= next_warning_) {
      next_warning_ = now + kWarningPause;
      CallIfSet(
          shared_.settings.hooks.warning,
          fmt::format("cannot accept connections: {}; raise the limit on open files, or lower "
                      "--max-connections",
                      SystemReason(error)));
    }
    pollfd waker{waker_.fd(), POLLIN, 0};
    ::poll(&waker, 1, static_cast<int>(kAcceptPause.count()));
    return false;
  }

  Shared& shared_;
  Listener listener_;
  std::vector<std::unique_ptr<Worker>>& workers_;
  Waker waker_;
  std::atomic<bool> stopped_{false};
  TimePoint next_warning_{};
};

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(HttpServerSettings settings) : shared_(std::move(settings)) {}

  core::Result<void> Start() {
    const HttpServerSettings& settings = shared_.settings;
    auto listener = Listen(settings.address, settings.port);
    if (!listener) return core::Unexpected(std::move(listener).error());
    address_ = listener->address;
    port_ = listener->port;

    const std::size_t count = settings.workers > 0
                                  ? settings.workers
                                  : std::max<std::size_t>(1, std::thread::hardware_concurrency());
    acceptor_ = std::make_unique<Acceptor>(&shared_, std::move(listener).value(), &workers_);
    bool ok = acceptor_->ok();
    for (std::size_t i = 0; i < count; ++i) {
      workers_.push_back(std::make_unique<Worker>(&shared_, i));
      ok = ok && workers_.back()->ok();
    }
    if (!ok) {
      return core::Failure(
          "cannot start the server: the limit on open files (ulimit -n) leaves "
          "none for its threads");
    }
    for (const auto& worker : workers_) {
      worker_threads_.push_back(StartThread([w = worker.get()] { w->Run(); }));
    }
    acceptor_thread_ = StartThread([this] { acceptor_->Run(); });
    return {};
  }

  void BeginDrain() {
    Stage serving = Stage::kServing;
    shared_.stage.compare_exchange_strong(serving, Stage::kDraining);
  }

  void Stop(milliseconds grace) {
    const std::lock_guard<std::mutex> lock(stop_mutex_);
    if (!acceptor_thread_.joinable()) return;
    shared_.stop_deadline.store(Clock::now() + grace);
    BeginDrain();
    acceptor_->Stop();
    acceptor_thread_.join();
    shared_.stage.store(Stage::kStopping);
    for (const auto& worker : workers_) worker->Wake();
    for (std::thread& thread : worker_threads_) thread.join();
  }

  const std::string& address() const { return address_; }
  int port() const { return port_; }
  const ConnectionTable& table() const { return shared_.table; }

 private:
  Shared shared_;
  std::string address_;
  int port_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Acceptor> acceptor_;
  std::vector<std::thread> worker_threads_;
  std::thread acceptor_thread_;
  std::mutex stop_mutex_;
};

core::Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerSettings settings) {
  auto impl = std::make_unique<Impl>(std::move(settings));
  if (auto started = impl->Start(); !started) return core::Unexpected(std::move(started).error());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { Stop(milliseconds(0)); }
const std::string& HttpServer::address() const { return impl_->address(); }
int HttpServer::port() const { return impl_->port(); }
std::size_t HttpServer::max_connections() const { return impl_->table().limit(); }
ConnectionCounts HttpServer::connections() const { return impl_->table().Count(); }
void HttpServer::BeginDrain() { impl_->BeginDrain(); }
void HttpServer::Stop(milliseconds grace) { impl_->Stop(grace); }

}  // namespace mountguard::webhook
