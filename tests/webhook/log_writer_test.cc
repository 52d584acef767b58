#include "webhook/log_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <string>

#include "tests/temporary_directory.h"
#include "webhook/log.h"

namespace mountguard::webhook {
namespace {

constexpr std::chrono::seconds kPatience(20);

/// A pipe whose reader decides when it reads.
class Pipe {
 public:
  Pipe() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    CloseReader();
    ::close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writer() const { return ends_[1]; }
  void CloseReader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  /// Reads until `enough` says so of the text so far.
  template <typename Enough>
  std::string ReadTill(Enough enough) {
    std::array<char, 4096> buffer{};
    while (!enough(text_)) {
      const ssize_t count = ::read(ends_[0], buffer.data(), buffer.size());
      if (count <= 0) return text_;
      text_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text_;
  }
  std::string ReadUntil(std::string_view end) {
    return ReadTill([&](const std::string& text) { return text.find(end) != std::string::npos; });
  }

 private:
  std::array<int, 2> ends_{};
  std::string text_;
};

TEST_CASE("lines arrive whole and in their order") {
  Pipe pipe;
  LogWriter writer(pipe.writer());
  std::string all;
  for (int i = 0; i < 100; ++i) {
    writer.Write(fmt::format("line {}\n", i));
    all += fmt::format("line {}\n", i);
  }
  CHECK(pipe.ReadUntil("line 99\n") == all);
  CHECK(writer.Flush(kPatience));
  CHECK(writer.lost() == 0);
}

/// How many lines a text stands for: each for itself, and a notice for as many as it says are lost.
std::uint64_t Accounted(const std::string& text) {
  constexpr std::string_view kNotice = "lost ";
  std::uint64_t lines = 0;
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    const bool notice = text.compare(begin, kNotice.size(), kNotice) == 0;
    lines += notice ? std::stoull(text.substr(begin + kNotice.size())) : 1;
  }
  return lines;
}

TEST_CASE("a pipe that nobody reads stalls nobody, and its loss is told once somebody does") {
  Pipe pipe;
  std::atomic<std::uint64_t> told{0};
  LogWriter* itself = nullptr;
  LogWriter writer(
      pipe.writer(),
      [&](std::uint64_t lines, std::string_view reason) {
        told += lines;
        itself->Write(fmt::format("lost {}: {}\n", lines, reason));
      },
      /*room=*/64 * 1024);
  itself = &writer;
  const std::string line = std::string(99, 'x') + "\n";
  for (int i = 0; i < 10'000; ++i) writer.Write(line);  // a megabyte
  CHECK(writer.lost() > 5'000);
  CHECK_FALSE(writer.Flush(std::chrono::milliseconds(1)));

  // The loss may be told in two parts: a first batch that the pipe took whole ends amid the
  // writing.
  const std::string text =
      pipe.ReadTill([](const std::string& so_far) { return Accounted(so_far) == 10'000; });
  CHECK(text.find(": nobody reads the log\n") != std::string::npos);
  CHECK(writer.Flush(kPatience));
  CHECK(told == writer.lost());
}

TEST_CASE("a full disk costs lines and nothing else") {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  {
    LogWriter writer(full);
    for (int i = 0; i < 10; ++i) writer.Write("a line\n");
    CHECK(writer.Flush(kPatience));
    CHECK(writer.lost() == 10);
  }
  ::close(full);
}

TEST_CASE("a pipe whose reader is gone costs lines and nothing else") {
  Pipe pipe;
  pipe.CloseReader();
  LogWriter writer(pipe.writer());
  writer.Write("a line\n");
  CHECK(writer.Flush(kPatience));
  CHECK(writer.lost() == 1);
}

TEST_CASE("a writer whose pipe is stuck still ends") {
  Pipe pipe;
  LogWriter writer(pipe.writer());
  for (int i = 0; i < 10'000; ++i) writer.Write(std::string(99, 'x') + "\n");
}  // the test hangs here if it does not

TEST_CASE("a log's level can be changed, and a field without a value is left out") {
  Pipe pipe;
  Log log(LogLevel::kWarn, LogFormat::kJson, pipe.writer());
  log.Info("not told");
  log.set_level(LogLevel::kInfo);
  log.Info("told", {{"key", std::string_view("value")}, {"none", std::monostate()}});
  log.set_level(LogLevel::kError);
  log.Warn("not told");
  log.Always(LogLevel::kInfo, "end", {{"number", std::int64_t{3}}, {"truth", true}});
  const std::string text = pipe.ReadUntil("\"end\"");
  CHECK(text.find(R"("level":"info","msg":"told","key":"value"})") != std::string::npos);
  CHECK(text.find(R"("level":"info","msg":"end","number":3,"truth":true})") != std::string::npos);
  CHECK(text.find("not told") == std::string::npos);
}

TEST_CASE("a log tells of lost lines in a line of its own") {
  Pipe pipe;
  Log log(LogLevel::kError, LogFormat::kJson, pipe.writer());
  const std::string text(50'000, 'x');
  for (int i = 0; i < 200; ++i) log.Error(text);
  const std::uint64_t lost = log.lost_lines();
  CHECK(lost > 0);
  CHECK(pipe.ReadUntil("log lines lost\",").find("\"level\":\"warn\",\"msg\":\"log lines lost\"") !=
        std::string::npos);
  CHECK(pipe.ReadUntil("nobody reads the log\"}\n")
            .find(fmt::format("\"lines\":{},\"reason\":\"nobody reads the log\"", lost)) !=
        std::string::npos);
}

}  // namespace
}  // namespace mountguard::webhook
