#ifndef MOUNTGUARD_WEBHOOK_SERVER_STATE_H_
#define MOUNTGUARD_WEBHOOK_SERVER_STATE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "webhook/connection_table.h"
#include "webhook/http_server_settings.h"

namespace mountguard::webhook {

enum class Stage : std::uint8_t { kServing, kDraining, kStopping };

/// What the threads of one server share. Thread-safe.
struct ServerState {
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit ServerState(HttpServerSettings given)
      : settings(std::move(given)), table(settings.max_connections) {}

  void TellRejected(std::string_view reason) const {
    if (settings.hooks.connection_rejected) settings.hooks.connection_rejected(reason);
  }
  void TellProtocolError(std::string_view reason) const {
    if (settings.hooks.protocol_error) settings.hooks.protocol_error(reason);
  }
  void Warn(std::string_view message) const {
    if (settings.hooks.warning) settings.hooks.warning(message);
  }

  const HttpServerSettings settings;
  ConnectionTable table;
  std::atomic<Stage> stage{Stage::kServing};
  std::atomic<TimePoint> stop_deadline{TimePoint::max()};
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_SERVER_STATE_H_
