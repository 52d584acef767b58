#ifndef MOUNTGUARD_WEBHOOK_ACCEPTOR_H_
#define MOUNTGUARD_WEBHOOK_ACCEPTOR_H_

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "core/thread.h"
#include "webhook/listener.h"
#include "webhook/server_state.h"
#include "webhook/worker.h"

namespace mountguard::webhook {

/// Accepts connections and deals them out to the workers, to the one that has the fewest. Keeps the
/// limit on connections, and goes on when descriptors run out. Only Stop is for other threads.
class Acceptor {
 public:
  /// Borrows the state and the workers.
  Acceptor(ServerState* state, Listener listener,
           const std::vector<std::unique_ptr<Worker>>* workers)
      : state_(*state), listener_(std::move(listener)), workers_(*workers) {}

  /// False if the system gave no descriptor.
  bool ok() const { return waker_.ok(); }

  /// The thread's work: returns when it is told to stop, with the connections accepted that were
  /// made until then, and the port closed.
  void Run();
  void Stop();

 private:
  void AcceptAll();
  /// False if there is none to be had now.
  bool AcceptOne();
  bool OnAcceptError(int error);

  ServerState& state_;
  Listener listener_;
  const std::vector<std::unique_ptr<Worker>>& workers_;
  core::Waker waker_;
  std::atomic<bool> stopped_{false};
  std::chrono::steady_clock::time_point next_warning_{};
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_ACCEPTOR_H_
