#ifndef MOUNTGUARD_WEBHOOK_CONNECTION_H_
#define MOUNTGUARD_WEBHOOK_CONNECTION_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "webhook/connection_table.h"
#include "webhook/request_reader.h"
#include "webhook/tls_stream.h"

namespace mountguard::webhook {

/// One accepted connection, as the worker that serves it knows it.
struct Connection {
  using TimePoint = std::chrono::steady_clock::time_point;

  Connection(int socket, SSL_CTX* tls, ConnectionTable::Handle handle)
      : stream(socket, tls), entry(handle) {}

  TlsStream stream;
  ConnectionTable::Handle entry;
  std::list<Connection>::iterator self;
  ConnectionPhase phase = ConnectionPhase::kHandshake;
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

/// The connections of one worker by what they do, each phase in order of expiry. Not thread-safe.
class ConnectionLists {
 public:
  using TimePoint = Connection::TimePoint;

  /// The new connection is in kHandshake and never expires there.
  Connection& Add(int socket, SSL_CTX* tls, ConnectionTable::Handle entry);
  void Remove(Connection& connection);

  void Enter(Connection& connection, ConnectionPhase phase, TimePoint deadline, TimePoint now);
  /// All of a phase must be over by then.
  void Shorten(ConnectionPhase phase, TimePoint deadline);
  /// Moves all deadlines, and the times that further ones are reckoned from.
  void Postpone(TimePoint::duration by);

  /// TimePoint::max() if nothing ever expires.
  TimePoint FirstDeadline() const;
  /// One whose deadline is over, or null.
  Connection* Overdue(TimePoint now);
  /// Any, or null.
  Connection* First();

 private:
  std::list<Connection>& In(ConnectionPhase phase) {
    return by_phase_[static_cast<std::size_t>(phase)];
  }

  std::array<std::list<Connection>, kConnectionPhases> by_phase_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_CONNECTION_H_
