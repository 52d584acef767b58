#ifndef MOUNTGUARD_WEBHOOK_CONNECTION_TABLE_H_
#define MOUNTGUARD_WEBHOOK_CONNECTION_TABLE_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mountguard::webhook {

/// What a connection is doing, and so what its deadline means.
enum class ConnectionPhase : std::uint8_t {
  kHandshake,
  kIdle,
  kHead,    // a request's head is being read
  kBody,    // its body
  kDue,     // it is whole and waits for its turn
  kWrite,   // its response is being written
  kLinger,  // the last response is gone; the client is given time to take it
};
constexpr std::size_t kConnectionPhases = 7;
std::string_view ToString(ConnectionPhase phase);

/// How many connections there are, by what they do.
struct ConnectionCounts {
  std::size_t handshake = 0;  // no finished handshake yet
  std::size_t active = 0;     // a request is being read, handled or answered
  std::size_t idle = 0;
};

/// One connection as an operator may want to see it.
struct ConnectionInfo {
  std::string remote_address;  // "10.0.0.1:52110"
  ConnectionPhase phase = ConnectionPhase::kHandshake;
  std::chrono::milliseconds age{0};       // since it was accepted
  std::chrono::milliseconds in_phase{0};  // since the phase began
  std::uint64_t requests = 0;             // answered by a handler
  bool leaving = false;                   // told to, to make room
};

/// All connections of a server, so that a limit on them can be kept by closing the one that will be
/// missed least: first those without a finished handshake, then those that never sent a request,
/// then those that served one and wait for the next; the oldest first.
/// Thread-safe; its lock is taken thrice in a connection's life, not at each request.
class ConnectionTable {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class Standing : std::uint8_t { kHandshaking, kUnproven, kProven };

  struct Entry {
    Entry(int fd, Standing now, std::string from)
        : socket(fd), remote_address(std::move(from)), standing(now) {}

    /// A request is being read, handled or answered.
    bool active() const;

    const int socket;
    const std::string remote_address;
    const TimePoint accepted = std::chrono::steady_clock::now();
    Standing standing;     // under the table's lock
    bool evicted = false;  // under the table's lock
    // Written by the connection's thread alone.
    std::atomic<ConnectionPhase> phase{ConnectionPhase::kHandshake};
    std::atomic<TimePoint> phase_began{accepted};
    std::atomic<std::uint64_t> requests{0};
  };
  using Handle = std::list<Entry>::iterator;

  explicit ConnectionTable(std::size_t limit) : limit_(limit) {}

  /// True if there is room for one more, made by telling one to leave if need be: its socket reads
  /// end-of-file from then on, so that its own thread closes it. False if all are at work.
  /// `evicted` is set if one had to go.
  bool MakeRoom(bool* evicted);
  /// Tells the one that is missed least to leave. False if there is none.
  bool EvictOne();

  Handle Add(int socket, Standing standing, std::string remote_address);
  void Promote(Handle connection, Standing standing);
  /// Must come before the socket is closed.
  void Remove(Handle connection);

  ConnectionCounts Count() const;
  /// In the order in which they would be told to leave.
  std::vector<ConnectionInfo> List() const;

 private:
  bool EvictOneLocked();

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::array<std::list<Entry>, 3> by_standing_;  // the oldest first
  std::list<Entry> leaving_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_CONNECTION_TABLE_H_
