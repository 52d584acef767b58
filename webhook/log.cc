#include "webhook/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>

#include "core/json_writer.h"

namespace mountguard::webhook {
namespace {

constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warn", "error"};
constexpr std::array<spdlog::level::level_enum, 4> kSpdlogLevels = {
    spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};

/// `"msg":"listening","address":"127.0.0.1:8443"`: a JSON object without its braces.
std::string JsonMembers(LogLevel level, std::string_view message,
                        std::initializer_list<LogField> fields) {
  std::string members;
  core::JsonWriter json(&members);
  json.Key("level").String(kLevels[static_cast<std::size_t>(level)]);
  json.Key("msg").String(message);
  for (const LogField& field : fields) {
    json.Key(field.key);
    if (const auto* text = std::get_if<std::string_view>(&field.value)) json.String(*text);
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) json.Int(*number);
    if (const auto* truth = std::get_if<bool>(&field.value)) json.Bool(*truth);
  }
  return members;
}

/// `listening address="127.0.0.1:8443"`.
std::string Text(std::string_view message, std::initializer_list<LogField> fields) {
  std::string line(message);
  for (const LogField& field : fields) {
    line.append(" ").append(field.key).append("=");
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      core::AppendJsonString(*text, &line);
    }
    if (const auto* number = std::get_if<std::int64_t>(&field.value))
      line += std::to_string(*number);
    if (const auto* truth = std::get_if<bool>(&field.value)) line += *truth ? "true" : "false";
  }
  return line;
}

}  // namespace

struct Log::Sink {
  Sink() : logger("mountguard", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {}

  mutable spdlog::logger logger;
  LogFormat format = LogFormat::kJson;
};

std::optional<LogLevel> LogLevelFromText(std::string_view text) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i] == text) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::optional<LogFormat> LogFormatFromText(std::string_view text) {
  if (text == "json") return LogFormat::kJson;
  if (text == "text") return LogFormat::kText;
  return std::nullopt;
}

Log::Log(LogLevel level, LogFormat format) : sink_(std::make_unique<Sink>()) {
  sink_->format = format;
  sink_->logger.set_pattern(format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ",%v})"
                                                       : "%Y-%m-%dT%H:%M:%S.%fZ %l %v",
                            spdlog::pattern_time_type::utc);
  sink_->logger.flush_on(spdlog::level::debug);
  set_level(level);
}

Log::~Log() = default;

void Log::set_level(LogLevel level) {
  sink_->logger.set_level(kSpdlogLevels[static_cast<std::size_t>(level)]);
}

LogLevel Log::level() const {
  for (std::size_t i = 0; i < kSpdlogLevels.size(); ++i) {
    if (kSpdlogLevels[i] == sink_->logger.level()) return static_cast<LogLevel>(i);
  }
  return LogLevel::kInfo;
}

void Log::Write(LogLevel level, std::string_view message,
                std::initializer_list<LogField> fields) const {
  const auto spdlog_level = kSpdlogLevels[static_cast<std::size_t>(level)];
  if (!sink_->logger.should_log(spdlog_level)) return;
  const std::string line = sink_->format == LogFormat::kJson ? JsonMembers(level, message, fields)
                                                             : Text(message, fields);
  sink_->logger.log(spdlog_level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace mountguard::webhook
