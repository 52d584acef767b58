#include "webhook/connection_table.h"

#include <sys/socket.h>

#include <algorithm>

namespace mountguard::webhook {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, kConnectionPhases> kPhaseNames = {
    "handshake", "idle", "head", "body", "due", "write", "linger"};

std::size_t Index(ConnectionTable::Standing standing) { return static_cast<std::size_t>(standing); }

}  // namespace

std::string_view ToString(ConnectionPhase phase) {
  return kPhaseNames[static_cast<std::size_t>(phase)];
}

bool ConnectionTable::Entry::active() const {
  switch (phase.load(std::memory_order_relaxed)) {
    case ConnectionPhase::kHead:
    case ConnectionPhase::kBody:
    case ConnectionPhase::kDue:
    case ConnectionPhase::kWrite:
      return true;
    case ConnectionPhase::kHandshake:
    case ConnectionPhase::kIdle:
    case ConnectionPhase::kLinger:
      break;
  }
  return false;
}

bool ConnectionTable::MakeRoom(bool* evicted) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t count = 0;
  for (const auto& list : by_standing_) count += list.size();
  *evicted = count >= limit_ && EvictOneLocked();
  return count < limit_ || *evicted;
}

bool ConnectionTable::EvictOne() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return EvictOneLocked();
}

bool ConnectionTable::EvictOneLocked() {
  for (auto& list : by_standing_) {
    // Of those with a request under way only the unproven may be cut off: a slow sender is no
    // client that would be missed.
    const auto victim = std::find_if(list.begin(), list.end(), [](const Entry& entry) {
      return entry.standing != Standing::kProven || !entry.active();
    });
    if (victim == list.end()) continue;
    victim->evicted = true;
    leaving_.splice(leaving_.end(), list, victim);
    // Not close: the socket belongs to another thread, which finishes what has arrived already.
    ::shutdown(victim->socket, SHUT_RD);
    return true;
  }
  return false;
}

ConnectionTable::Handle ConnectionTable::Add(int socket, Standing standing,
                                             std::string remote_address) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto& list = by_standing_[Index(standing)];
  return list.emplace(list.end(), socket, standing, std::move(remote_address));
}

void ConnectionTable::Promote(Handle connection, Standing standing) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (connection->evicted) return;
  auto& from = by_standing_[Index(connection->standing)];
  auto& to = by_standing_[Index(standing)];
  connection->standing = standing;
  to.splice(to.end(), from, connection);
}

void ConnectionTable::Remove(Handle connection) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto& list = connection->evicted ? leaving_ : by_standing_[Index(connection->standing)];
  list.erase(connection);
}

ConnectionCounts ConnectionTable::Count() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  ConnectionCounts counts;
  const auto count = [&counts](const std::list<Entry>& list) {
    for (const Entry& entry : list) {
      if (entry.standing == Standing::kHandshaking) {
        ++counts.handshake;
      } else {
        ++(entry.active() ? counts.active : counts.idle);
      }
    }
  };
  for (const auto& list : by_standing_) count(list);
  count(leaving_);
  return counts;
}

std::vector<ConnectionInfo> ConnectionTable::List() const {
  const TimePoint now = std::chrono::steady_clock::now();
  const auto since = [now](TimePoint then) {
    return std::chrono::duration_cast<milliseconds>(std::max(now, then) - then);
  };
  std::vector<ConnectionInfo> infos;
  const auto list = [&](const std::list<Entry>& entries) {
    for (const Entry& entry : entries) {
      infos.push_back({entry.remote_address, entry.phase.load(std::memory_order_relaxed),
                       since(entry.accepted),
                       since(entry.phase_began.load(std::memory_order_relaxed)),
                       entry.requests.load(std::memory_order_relaxed), entry.evicted});
    }
  };
  const std::lock_guard<std::mutex> lock(mutex_);
  list(leaving_);
  for (const auto& entries : by_standing_) list(entries);
  return infos;
}

}  // namespace mountguard::webhook
