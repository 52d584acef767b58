#ifndef MOUNTGUARD_WEBHOOK_LOG_H_
#define MOUNTGUARD_WEBHOOK_LOG_H_

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace mountguard::webhook {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
/// "debug", "info", "warn", "error"; nothing for any other text.
std::optional<LogLevel> LogLevelFromText(std::string_view text);
std::string_view ToString(LogLevel level);

enum class LogFormat : std::uint8_t { kJson, kText };
std::optional<LogFormat> LogFormatFromText(std::string_view text);

/// One thing that a line says beside its message; without a value it is left out.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, bool, std::monostate> value;
};

/// Writes the server's log to standard error, a line an event: as JSON
///   {"time":"2026-11-23T10:00:00.123456Z","level":"info","msg":"listening","address":"..."}
/// or as text. Never a request's body, never a secret. Thread-safe. Who logs never waits: a line
/// that cannot be written (a full disk, a pipe that nobody reads) is lost and nothing else, and the
/// next one that can be is followed by how many were.
class Log {
 public:
  /// Writes to `fd`, which is borrowed.
  Log(LogLevel level, LogFormat format, int fd = STDERR_FILENO);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kInfo, message, fields);
  }
  void Warn(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kWarn, message, fields);
  }
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kError, message, fields);
  }

  /// Any thread may call it; lines that are being written keep what they began with.
  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  LogLevel level() const { return level_.load(std::memory_order_relaxed); }
  bool Logs(LogLevel level) const { return level >= this->level(); }

  /// Writes whatever the level is.
  void Always(LogLevel level, std::string_view message,
              std::initializer_list<LogField> fields = {}) const;
  /// Waits until all is written or lost, for a second at most: before the process ends at once.
  void Flush() const;
  /// Lines lost since the start.
  std::uint64_t lost_lines() const;

 private:
  void Write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields) const {
    if (Logs(level)) Always(level, message, fields);
  }

  struct Output;
  std::atomic<LogLevel> level_;
  std::unique_ptr<Output> output_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_LOG_H_
