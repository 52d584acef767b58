#ifndef MOUNTGUARD_WEBHOOK_APP_H_
#define MOUNTGUARD_WEBHOOK_APP_H_

#include <memory>

#include "core/clock.h"
#include "core/file_reader.h"
#include "core/result.h"
#include "webhook/config.h"
#include "webhook/log.h"
#include "webhook/start_error.h"

namespace mountguard::webhook {

/// The admission server, wired: policies, certificate, ports, log and metrics.
///
/// It listens only once policy and certificate are loaded. Files that change are read again; what
/// is broken in them is logged and counted, and the last good policy and certificate stay in force.
class App {
 public:
  /// Loads everything and opens the ports. `reader`, `clock` and `log` are borrowed and must
  /// outlive the App. Call it on the main thread, before other threads are started: it takes
  /// SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 for itself.
  static core::Result<std::unique_ptr<App>, StartError> Start(const ServerConfig& config,
                                                              const core::FileReader& reader,
                                                              const core::Clock& clock, Log& log);
  /// Stops without grace, if it still runs.
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  /// "127.0.0.1:43211": where it listens; for metrics "" if it does not.
  const std::string& secure_address() const;
  const std::string& metrics_address() const;

  /// Serves until SIGTERM or SIGINT; then is not ready, answers for the shutdown delay, drains, and
  /// returns. A second one ends the process at once, with 128 and the signal's number. SIGUSR1 and
  /// SIGUSR2 make the log a level more and less talkative.
  void RunUntilSignal();

 private:
  class Impl;
  explicit App(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_APP_H_
