#include "webhook/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <mutex>

#include "core/json_writer.h"
#include "webhook/log_writer.h"

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
    if (std::holds_alternative<std::monostate>(field.value)) continue;
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
    if (std::holds_alternative<std::monostate>(field.value)) continue;
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

/// Formatting is spdlog's, writing the LogWriter's.
struct Log::Output {
  class Sink final : public spdlog::sinks::base_sink<std::mutex> {
   public:
    explicit Sink(LogWriter* writer) : writer_(writer) {}

   private:
    void sink_it_(const spdlog::details::log_msg& message) override {
      spdlog::memory_buf_t line;
      formatter_->format(message, line);
      writer_->Write({line.data(), line.size()});
    }
    void flush_() override {}

    LogWriter* writer_;
  };

  Output(LogFormat how, int fd)
      : format(how),
        logger("mountguard", std::make_shared<Sink>(&writer)),
        writer(fd, [this](std::uint64_t lines, std::string_view reason) {
          Put(LogLevel::kWarn, "log lines lost",
              {{"lines", static_cast<std::int64_t>(lines)}, {"reason", reason}});
        }) {
    logger.set_pattern(format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ",%v})"
                                                  : "%Y-%m-%dT%H:%M:%S.%fZ %l %v",
                       spdlog::pattern_time_type::utc);
    logger.set_level(spdlog::level::trace);
  }

  void Put(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
    const std::string line =
        format == LogFormat::kJson ? JsonMembers(level, message, fields) : Text(message, fields);
    logger.log(kSpdlogLevels[static_cast<std::size_t>(level)],
               spdlog::string_view_t(line.data(), line.size()));
  }

  const LogFormat format;
  spdlog::logger logger;
  LogWriter writer;  // goes first: its last words go through the logger
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

Log::Log(LogLevel level, LogFormat format, int fd)
    : level_(level), output_(std::make_unique<Output>(format, fd)) {}

Log::~Log() = default;

void Log::Always(LogLevel level, std::string_view message,
                 std::initializer_list<LogField> fields) const {
  output_->Put(level, message, fields);
}

void Log::Flush() const { output_->writer.Flush(std::chrono::seconds(1)); }
std::uint64_t Log::lost_lines() const { return output_->writer.lost(); }

std::string_view ToString(LogLevel level) { return kLevels[static_cast<std::size_t>(level)]; }

}  // namespace mountguard::webhook
