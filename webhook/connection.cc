#include "webhook/connection.h"

#include <algorithm>
#include <iterator>

namespace mountguard::webhook {

Connection& ConnectionLists::Add(int socket, SSL_CTX* tls, ConnectionTable::Handle entry) {
  auto& list = In(ConnectionPhase::kHandshake);
  Connection& connection = list.emplace_back(socket, tls, entry);
  connection.self = std::prev(list.end());
  connection.deadline = TimePoint::max();
  return connection;
}

void ConnectionLists::Remove(Connection& connection) {
  In(connection.phase).erase(connection.self);
}

/// Deadlines of one phase mostly lie equally far ahead, so the place is nearly always the end.
void ConnectionLists::Enter(Connection& connection, ConnectionPhase phase, TimePoint deadline,
                            TimePoint now) {
  auto& from = In(connection.phase);
  auto& to = In(phase);
  if (connection.phase != phase) {
    connection.entry->phase_began.store(now, std::memory_order_relaxed);
    connection.entry->phase.store(phase, std::memory_order_relaxed);
  }
  connection.deadline = deadline;
  connection.phase = phase;
  to.splice(to.end(), from, connection.self);
  auto place = connection.self;
  while (place != to.begin() && std::prev(place)->deadline > deadline) --place;
  to.splice(place, to, connection.self);
}

void ConnectionLists::Shorten(ConnectionPhase phase, TimePoint deadline) {
  for (Connection& connection : In(phase)) {
    connection.deadline = std::min(connection.deadline, deadline);
  }
}

void ConnectionLists::Postpone(TimePoint::duration by) {
  for (auto& list : by_phase_) {
    for (Connection& connection : list) {
      if (connection.deadline != TimePoint::max()) connection.deadline += by;
      connection.request_began += by;
      connection.request_deadline += by;
    }
  }
}

ConnectionLists::TimePoint ConnectionLists::FirstDeadline() const {
  TimePoint first = TimePoint::max();
  for (const auto& list : by_phase_) {
    if (!list.empty()) first = std::min(first, list.front().deadline);
  }
  return first;
}

Connection* ConnectionLists::Overdue(TimePoint now) {
  for (auto& list : by_phase_) {
    if (!list.empty() && list.front().deadline <= now) return &list.front();
  }
  return nullptr;
}

Connection* ConnectionLists::First() {
  for (auto& list : by_phase_) {
    if (!list.empty()) return &list.front();
  }
  return nullptr;
}

}  // namespace mountguard::webhook
