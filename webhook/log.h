#ifndef MOUNTGUARD_WEBHOOK_LOG_H_
#define MOUNTGUARD_WEBHOOK_LOG_H_

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

enum class LogFormat : std::uint8_t { kJson, kText };
std::optional<LogFormat> LogFormatFromText(std::string_view text);

/// One thing that a line says beside its message.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, bool> value;
};

/// Writes the server's log to standard error, a line an event: as JSON
///   {"time":"2026-11-23T10:00:00.123456Z","level":"info","msg":"listening","address":"..."}
/// or as text. Never a request's body, never a secret. Thread-safe; a line that cannot be written
/// (a full disk) is lost and nothing else.
class Log {
 public:
  Log(LogLevel level, LogFormat format);
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

  void set_level(LogLevel level);
  LogLevel level() const;

 private:
  void Write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields) const;

  struct Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_LOG_H_
