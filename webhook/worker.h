#ifndef MOUNTGUARD_WEBHOOK_WORKER_H_
#define MOUNTGUARD_WEBHOOK_WORKER_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/scoped_fd.h"
#include "core/thread.h"
#include "webhook/connection.h"
#include "webhook/http_exchange.h"
#include "webhook/server_state.h"

namespace mountguard::webhook {

/// One thread and the connections that it serves, from the handshake to the end.
///
/// It waits for all of them in one epoll set, reads what is there, answers the requests that are
/// whole, and writes: never does it wait for a single client. Only Give, Wake and load are for
/// other threads.
class Worker {
 public:
  struct Arrival {
    int socket;
    ConnectionTable::Handle entry;
  };

  /// Borrows the state. `number` counts the workers of a server from 0.
  Worker(ServerState* state, std::size_t number);

  /// False if the system gave no descriptors.
  bool ok() const { return ok_; }
  /// Connections, those that it was given and has not seen yet included.
  std::size_t load() const { return load_.load(std::memory_order_relaxed); }
  void Wake() const { waker_.Wake(); }
  void Give(Arrival arrival);

  /// The thread's work: returns when the server stops, and the last connection is closed or the
  /// time for that is over.
  void Run();

 private:
  using TimePoint = Connection::TimePoint;

  bool Done() const;
  int MillisecondsToWait() const;
  void LookAtTheClock();
  void OnWake();
  void Adopt(Arrival arrival);
  void BeginStop();
  void Enter(Connection& connection, ConnectionPhase phase, TimePoint deadline);
  void Expire(Connection& connection);
  void Close(Connection& connection);
  void Watch(Connection& connection, std::uint32_t events);
  void OnReady(Connection& connection);

  void Handshake(Connection& connection);
  void Read(Connection& connection);
  /// False if there is nothing to be read from the connection now: it is closed, on its way there,
  /// or has a request whole, and waits for its turn in AnswerAll or until its response can be
  /// written.
  bool Consume(Connection& connection, std::string_view bytes);
  void BeginRequest(Connection& connection);
  void Release(Connection& connection);
  void OnHead(Connection& connection);
  bool InviteBody(Connection& connection);

  void AnswerAll();
  void Answer(Connection& connection, std::string* response);
  void Refuse(Connection& connection, int status, std::string_view reason,
              std::string_view message);
  void PutRefusal(Connection& connection, int status, std::string_view reason,
                  std::string_view message,
                  std::vector<std::pair<std::string, std::string>> headers, std::string* response);

  /// True if the response is gone and the connection goes on.
  bool Send(Connection& connection, std::string_view response);
  void ContinueWriting(Connection& connection);
  void GoOn(Connection& connection);
  bool Finish(Connection& connection);
  void Linger(Connection& connection);
  void Discard(Connection& connection);

  ServerState& state_;
  const HttpServerSettings& settings_;
  HttpExchange exchange_;
  core::ScopedFd epoll_;
  core::Waker waker_;
  bool ok_ = false;
  bool stopping_ = false;
  TimePoint now_ = std::chrono::steady_clock::now();  // of the last wake-up
  std::vector<char> scratch_;
  std::string response_;                // of a refusal
  std::vector<Connection*> due_;        // with a whole request, in the order in which they came
  std::vector<Connection*> answered_;   // by this round, and
  std::vector<std::string> responses_;  // what is to be written to each
  ConnectionLists connections_;
  std::vector<std::unique_ptr<RequestReader>> spare_readers_;
  std::atomic<std::size_t> load_{0};
  std::mutex inbox_mutex_;
  std::vector<Arrival> inbox_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_WORKER_H_
