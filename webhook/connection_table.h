#ifndef MOUNTGUARD_WEBHOOK_CONNECTION_TABLE_H_
#define MOUNTGUARD_WEBHOOK_CONNECTION_TABLE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>

namespace mountguard::webhook {

/// How many connections there are, by what they do.
struct ConnectionCounts {
  std::size_t handshake = 0;  // no finished handshake yet
  std::size_t active = 0;     // a request is being read, handled or answered
  std::size_t idle = 0;
};

/// All connections of a server, so that a limit on them can be kept by closing the one that will be
/// missed least: first those without a finished handshake, then those that never sent a request,
/// then those that served one and wait for the next; the oldest first.
/// Thread-safe; its lock is taken thrice in a connection's life, not at each request.
class ConnectionTable {
 public:
  enum class Standing : std::uint8_t { kHandshaking, kUnproven, kProven };

  struct Entry {
    Entry(int fd, Standing now) : socket(fd), standing(now) {}
    const int socket;
    Standing standing;                // under the table's lock
    bool evicted = false;             // under the table's lock
    std::atomic<bool> active{false};  // written by the connection's thread alone
  };
  using Handle = std::list<Entry>::iterator;

  explicit ConnectionTable(std::size_t limit) : limit_(limit) {}

  /// True if there is room for one more, made by telling one to leave if need be: its socket reads
  /// end-of-file from then on, so that its own thread closes it. False if all are at work.
  /// `evicted` is set if one had to go.
  bool MakeRoom(bool* evicted);
  /// Tells the one that is missed least to leave. False if there is none.
  bool EvictOne();

  Handle Add(int socket, Standing standing);
  void Promote(Handle connection, Standing standing);
  /// Must come before the socket is closed.
  void Remove(Handle connection);

  ConnectionCounts Count() const;
  std::size_t limit() const { return limit_; }

 private:
  bool EvictOneLocked();

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::array<std::list<Entry>, 3> by_standing_;  // the oldest first
  std::list<Entry> leaving_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_CONNECTION_TABLE_H_
