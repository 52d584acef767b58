#include "webhook/connection_table.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

namespace mountguard::webhook {
namespace {

using Standing = ConnectionTable::Standing;

/// One side of a connection, as the table knows it; whether it was told to leave is seen by
/// reading.
class Socket {
 public:
  Socket() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()) == 0); }
  ~Socket() {
    for (const int end : ends_) ::close(end);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return ends_[0]; }
  bool told_to_leave() const {
    char byte = 0;
    return ::recv(ends_[0], &byte, 1, 0) == 0;
  }

 private:
  std::array<int, 2> ends_{};
};

TEST_CASE("there is room until the limit is reached") {
  ConnectionTable table(2);
  Socket sockets[2];
  bool evicted = true;
  for (const Socket& socket : sockets) {
    CHECK(table.MakeRoom(&evicted));
    CHECK_FALSE(evicted);
    table.Add(socket.fd(), Standing::kProven, "client");
  }
  CHECK(table.MakeRoom(&evicted));
  CHECK(evicted);
}

TEST_CASE("who is missed least goes first, the oldest of them") {
  ConnectionTable table(6);
  Socket proven_old, proven_new, unproven_old, unproven_new, silent_old, silent_new;
  table.Add(proven_old.fd(), Standing::kProven, "client");
  table.Add(proven_new.fd(), Standing::kProven, "client");
  table.Add(unproven_old.fd(), Standing::kUnproven, "client");
  table.Add(unproven_new.fd(), Standing::kUnproven, "client");
  table.Add(silent_old.fd(), Standing::kHandshaking, "client");
  table.Add(silent_new.fd(), Standing::kHandshaking, "client");
  Socket* const order[] = {&silent_old,   &silent_new, &unproven_old,
                           &unproven_new, &proven_old, &proven_new};
  for (std::size_t next = 0; next < std::size(order); ++next) {
    for (std::size_t i = 0; i < std::size(order); ++i) {
      INFO("before eviction " << next << ", connection " << i);
      CHECK(order[i]->told_to_leave() == (i < next));
    }
    CHECK(table.EvictOne());
  }
  CHECK_FALSE(table.EvictOne());
}

TEST_CASE("one that serves a request is never told to leave") {
  ConnectionTable table(1);
  Socket socket;
  const auto connection = table.Add(socket.fd(), Standing::kProven, "client");
  connection->phase = ConnectionPhase::kDue;
  bool evicted = true;
  CHECK_FALSE(table.MakeRoom(&evicted));
  CHECK_FALSE(evicted);
  connection->phase = ConnectionPhase::kIdle;
  CHECK(table.MakeRoom(&evicted));
  CHECK(socket.told_to_leave());
}

TEST_CASE("one that left makes room, and one that is leaving may still rise and be removed") {
  ConnectionTable table(1);
  Socket socket;
  const auto connection = table.Add(socket.fd(), Standing::kHandshaking, "client");
  bool evicted = false;
  CHECK(table.MakeRoom(&evicted));
  CHECK(evicted);
  table.Promote(connection, Standing::kUnproven);
  table.Remove(connection);
  CHECK(table.MakeRoom(&evicted));
  CHECK_FALSE(evicted);
}

TEST_CASE("connections are counted by what they do") {
  ConnectionTable table(10);
  Socket sockets[3];
  table.Add(sockets[0].fd(), Standing::kHandshaking, "client");
  const auto working = table.Add(sockets[1].fd(), Standing::kHandshaking, "client");
  table.Add(sockets[2].fd(), Standing::kProven, "client");
  CHECK(table.Count().handshake == 2);
  CHECK(table.Count().idle == 1);
  table.Promote(working, Standing::kUnproven);
  working->phase = ConnectionPhase::kBody;
  CHECK(table.Count().handshake == 1);
  CHECK(table.Count().active == 1);
  CHECK(table.Count().idle == 1);
  table.Remove(working);
  CHECK(table.Count().active == 0);
}

}  // namespace
}  // namespace mountguard::webhook
