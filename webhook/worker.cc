#include "webhook/worker.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>

namespace mountguard::webhook {
namespace {

using Clock = std::chrono::steady_clock;
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
/// A deadline that is over for so long was missed by us, not by the client.
constexpr milliseconds kStandstill{500};

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

}  // namespace

Worker::Worker(ServerState* state, std::size_t number)
    : state_(*state),
      settings_(state->settings),
      exchange_(&settings_.routes, &settings_.error_response,
                std::chrono::duration_cast<std::chrono::seconds>(settings_.idle_timeout), number),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      scratch_(kScratchBytes) {
  epoll_event event{EPOLLIN, {nullptr}};
  ok_ = waker_.ok() && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, waker_.fd(), &event) == 0;
}

void Worker::Give(Arrival arrival) {
  load_.fetch_add(1, std::memory_order_relaxed);
  {
    const std::lock_guard<std::mutex> lock(inbox_mutex_);
    inbox_.push_back(arrival);
  }
  waker_.Wake();
}

void Worker::Run() {
  std::array<epoll_event, kCohort> events;
  do {
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), events.size(), MillisecondsToWait());
    LookAtTheClock();
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
    while (Connection* const overdue = connections_.Overdue(now_)) Expire(*overdue);
  } while (!Done());
  while (Connection* const left = connections_.First()) Close(*left);
}

bool Worker::Done() const {
  return stopping_ && (load() == 0 || now_ >= state_.stop_deadline.load());
}

int Worker::MillisecondsToWait() const {
  if (!due_.empty()) return 0;
  const TimePoint next = std::min(connections_.FirstDeadline(),
                                  stopping_ ? state_.stop_deadline.load() : TimePoint::max());
  if (next == TimePoint::max()) return -1;
  const auto left = std::chrono::ceil<milliseconds>(next - now_).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 3'600'000));
}

/// A process that was stopped, or a machine that was, finds deadlines that passed while it stood
/// still, and behind them clients that did all in time: they wait in the sockets. So the time is
/// given back to all. Nobody can stretch a deadline by this but who keeps the worker from running.
void Worker::LookAtTheClock() {
  const TimePoint before = std::exchange(now_, Clock::now());
  const TimePoint first = connections_.FirstDeadline();
  if (first < now_ && now_ - first > kStandstill) connections_.Postpone(now_ - before);
}

void Worker::OnWake() {
  waker_.Clear();
  // Read before the inbox: nobody accepts any more once it is said.
  const bool stop = state_.stage.load() == Stage::kStopping;
  std::vector<Arrival> arrivals;
  {
    const std::lock_guard<std::mutex> lock(inbox_mutex_);
    arrivals.swap(inbox_);
  }
  for (const Arrival& arrival : arrivals) Adopt(arrival);
  if (stop && !stopping_) BeginStop();
}

void Worker::Adopt(Arrival arrival) {
  Connection* connection = nullptr;
  try {
    connection = &connections_.Add(arrival.socket, settings_.tls, arrival.entry);
  } catch (const std::bad_alloc&) {
    state_.TellRejected("memory");
    state_.table.Remove(arrival.entry);
    ::close(arrival.socket);
    load_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  if (connection->stream.encrypted()) {
    Enter(*connection, ConnectionPhase::kHandshake, now_ + settings_.handshake_timeout);
  } else {
    Enter(*connection, ConnectionPhase::kIdle, now_ + settings_.idle_timeout);
  }
  connection->watched = EPOLLIN;
  epoll_event event{connection->watched, {connection}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, arrival.socket, &event) != 0) Close(*connection);
}

/// Whoever waits gets a last chance; who has begun a request, its usual time.
void Worker::BeginStop() {
  stopping_ = true;
  for (const ConnectionPhase phase :
       {ConnectionPhase::kHandshake, ConnectionPhase::kIdle, ConnectionPhase::kLinger}) {
    connections_.Shorten(phase, now_ + kLastCall);
  }
}

void Worker::Enter(Connection& connection, ConnectionPhase phase, TimePoint deadline) {
  if (stopping_ && (phase == ConnectionPhase::kIdle || phase == ConnectionPhase::kLinger)) {
    deadline = std::min(deadline, now_ + kLastCall);
  }
  connections_.Enter(connection, phase, deadline, now_);
}

void Worker::Expire(Connection& connection) {
  switch (connection.phase) {
    case ConnectionPhase::kHandshake:
      state_.TellRejected("handshake_timeout");
      return Close(connection);
    case ConnectionPhase::kIdle:
      connection.stream.FinishWriting();
      return Close(connection);
    case ConnectionPhase::kHead:
    case ConnectionPhase::kBody:
      Refuse(connection, 408, "timeout", "the request did not arrive in time");
      return;
    case ConnectionPhase::kDue:
    case ConnectionPhase::kWrite:
    case ConnectionPhase::kLinger:
      return Close(connection);
  }
}

void Worker::Close(Connection& connection) {
  Release(connection);
  state_.table.Remove(connection.entry);
  connections_.Remove(connection);
  load_.fetch_sub(1, std::memory_order_relaxed);
}

void Worker::Watch(Connection& connection, std::uint32_t events) {
  if (connection.watched == events) return;
  connection.watched = events;
  epoll_event event{events, {&connection}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.stream.socket(), &event);
}

void Worker::OnReady(Connection& connection) {
  switch (connection.phase) {
    case ConnectionPhase::kHandshake:
      return Handshake(connection);
    case ConnectionPhase::kIdle:
    case ConnectionPhase::kHead:
    case ConnectionPhase::kBody:
      return Read(connection);
    case ConnectionPhase::kDue:
      return;  // has its turn in this round
    case ConnectionPhase::kWrite:
      return ContinueWriting(connection);
    case ConnectionPhase::kLinger:
      return Discard(connection);
  }
}

void Worker::Handshake(Connection& connection) {
  switch (connection.stream.Handshake()) {
    case TlsStream::Status::kOk:
      state_.table.Promote(connection.entry, ConnectionTable::Standing::kUnproven);
      Enter(connection, ConnectionPhase::kIdle, now_ + settings_.idle_timeout);
      Watch(connection, EPOLLIN);
      return Read(connection);
    case TlsStream::Status::kWantRead:
      return Watch(connection, EPOLLIN);
    case TlsStream::Status::kWantWrite:
      return Watch(connection, EPOLLOUT);
    case TlsStream::Status::kClosed:
      return Close(connection);
    case TlsStream::Status::kPlainText:
      state_.TellRejected("plain_text");
      response_.clear();
      exchange_.Refuse(400, "this port speaks HTTPS, and the request came without TLS", "", {},
                       &response_);
      connection.stream.WritePlain(response_);
      return Linger(connection);
    case TlsStream::Status::kFailed:
      state_.TellRejected("handshake_failed");
      return Linger(connection);  // OpenSSL has sent an alert that says why
  }
}

void Worker::Read(Connection& connection) {
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

bool Worker::Consume(Connection& connection, std::string_view bytes) {
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
          Enter(connection, ConnectionPhase::kHead,
                connection.request_began + settings_.header_timeout);
        } else {
          Release(connection);
        }
        break;
      case RequestReader::State::kBody:
        Enter(connection, ConnectionPhase::kBody, connection.request_deadline);
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
        Enter(connection, ConnectionPhase::kDue, TimePoint::max());
        due_.push_back(&connection);
        return false;
    }
  }
  return true;
}

void Worker::BeginRequest(Connection& connection) {
  if (spare_readers_.empty()) {
    connection.reader = std::make_unique<RequestReader>(&settings_.limits);
  } else {
    connection.reader = std::move(spare_readers_.back());
    spare_readers_.pop_back();
  }
  connection.request_began = now_;
}

void Worker::Release(Connection& connection) {
  if (connection.reader == nullptr) return;
  if (spare_readers_.size() < kSpareReaders) {
    connection.reader->Reset();
    spare_readers_.push_back(std::move(connection.reader));
  }
  connection.reader = nullptr;
}

void Worker::OnHead(Connection& connection) {
  const auto asked = RequestedTimeout(connection.reader->query());
  connection.request_deadline =
      connection.request_began +
      std::min(settings_.request_timeout, asked.value_or(settings_.request_timeout));
}

bool Worker::InviteBody(Connection& connection) {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (connection.stream.Write(kContinue).bytes == kContinue.size()) return true;
  Close(connection);  // a client that lets its receive buffer fill up while it waits for this
  return false;
}

/// Answers the requests that are whole, then writes the responses. A client that sent several
/// without waiting has its next one answered in the next round, so that it starves nobody.
void Worker::AnswerAll() {
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

void Worker::Answer(Connection& connection, std::string* response) {
  const Stage stage = state_.stage.load(std::memory_order_relaxed);
  RequestReader& request = *connection.reader;
  if (stage != Stage::kServing && connection.served) {
    PutRefusal(connection, 503, "draining",
               "this replica is shutting down; the request can be sent to another at once",
               {{"Retry-After", "0"}}, response);
    return;
  }
  connection.ends = stage != Stage::kServing || !request.keep_alive();
  exchange_.Answer(&request,
                   {connection.entry->remote_address, connection.stream.client_certificate(),
                    connection.request_deadline, connection.ends},
                   response);
  Release(connection);
  connection.entry->requests.fetch_add(1, std::memory_order_relaxed);
  if (!connection.served) {
    connection.served = true;
    state_.table.Promote(connection.entry, ConnectionTable::Standing::kProven);
  }
}

void Worker::Refuse(Connection& connection, int status, std::string_view reason,
                    std::string_view message) {
  response_.clear();
  PutRefusal(connection, status, reason, message, {}, &response_);
  Send(connection, response_);
}

void Worker::PutRefusal(Connection& connection, int status, std::string_view reason,
                        std::string_view message,
                        std::vector<std::pair<std::string, std::string>> headers,
                        std::string* response) {
  state_.TellProtocolError(reason);
  exchange_.Refuse(status, message, connection.reader->method(), std::move(headers), response);
  connection.ends = true;
  Release(connection);
}

bool Worker::Send(Connection& connection, std::string_view response) {
  const TlsStream::Io io = WriteAll(connection.stream, response);
  if (io.status == TlsStream::Status::kOk) return Finish(connection);
  if (io.status != TlsStream::Status::kWantWrite) {
    Close(connection);
    return false;
  }
  connection.output.assign(response, io.bytes);
  connection.written = 0;
  Enter(connection, ConnectionPhase::kWrite, now_ + settings_.write_timeout);
  Watch(connection, EPOLLOUT);
  return false;
}

void Worker::ContinueWriting(Connection& connection) {
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
void Worker::GoOn(Connection& connection) {
  const std::string pending = std::exchange(connection.pending, {});
  if (Consume(connection, pending) && connection.stream.HasPending()) Read(connection);
}

/// The response is gone. True if the connection goes on.
bool Worker::Finish(Connection& connection) {
  if (connection.ends) {
    Linger(connection);
    return false;
  }
  Enter(connection, ConnectionPhase::kIdle, now_ + settings_.idle_timeout);
  return true;
}

void Worker::Linger(Connection& connection) {
  connection.stream.FinishWriting();
  Enter(connection, ConnectionPhase::kLinger, now_ + kLingerTime);
  Watch(connection, EPOLLIN);
}

void Worker::Discard(Connection& connection) {
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

}  // namespace mountguard::webhook
