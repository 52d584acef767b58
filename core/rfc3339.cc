#include "core/rfc3339.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace mountguard::core {
namespace {

/// Takes text off from the left; once something did not fit, `ok` stays false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// Exactly `digits` digits.
  int Number(std::size_t digits) {
    int number = 0;
    for (std::size_t i = 0; i < digits; ++i) number = number * 10 + Digit();
    return number;
  }
  /// One digit, or 0 where there is none.
  int Digit() {
    ok_ = ok_ && NextIsDigit();
    if (!ok_) return 0;
    const int digit = rest_.front() - '0';
    rest_.remove_prefix(1);
    return digit;
  }
  bool NextIsDigit() const {
    return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }
  /// Takes one of `choices` and tells which; 0 if none of them comes next.
  char OneOf(std::string_view choices) {
    if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) return 0;
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }
  void Expect(std::string_view choices) { ok_ = OneOf(choices) != 0 && ok_; }
  void Demand(bool condition) { ok_ = ok_ && condition; }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

/// The clock counts nanoseconds from 1970 in 64 bits, which end in 2262. What lies beyond ("never":
/// 9999-12-31) is moved to the ends; both are leap years, so that every date exists there.
constexpr std::chrono::year kFirstYear(1680);
constexpr std::chrono::year kLastYear(2260);

std::chrono::sys_days ScanDay(Scanner* scanner) {
  const std::chrono::year year(scanner->Number(4));
  scanner->Expect("-");
  const std::chrono::month month(static_cast<unsigned>(scanner->Number(2)));
  scanner->Expect("-");
  const std::chrono::day day(static_cast<unsigned>(scanner->Number(2)));
  scanner->Demand((year / month / day).ok());
  return std::chrono::sys_days(std::clamp(year, kFirstYear, kLastYear) / month / day);
}

std::chrono::nanoseconds ScanTimeOfDay(Scanner* scanner) {
  const int hour = scanner->Number(2);
  scanner->Expect(":");
  const int minute = scanner->Number(2);
  scanner->Expect(":");
  const int second = scanner->Number(2);
  scanner->Demand(hour < 24 && minute < 60 && second < 60);
  std::chrono::nanoseconds time =
      std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  if (scanner->OneOf(".") != 0) {
    scanner->Demand(scanner->NextIsDigit());
    for (std::chrono::nanoseconds unit = std::chrono::milliseconds(100); scanner->NextIsDigit();
         unit /= 10) {
      time += unit * scanner->Digit();
    }
  }
  return time;
}

/// How far the local time that was read runs ahead of UTC.
std::chrono::minutes ScanOffset(Scanner* scanner) {
  if (scanner->OneOf("Zz") != 0) return std::chrono::minutes(0);
  const char sign = scanner->OneOf("+-");
  const int hours = scanner->Number(2);
  scanner->Expect(":");
  const int minutes = scanner->Number(2);
  scanner->Demand(sign != 0 && hours < 24 && minutes < 60);
  return std::chrono::minutes((sign == '-' ? -1 : 1) * (hours * 60 + minutes));
}

}  // namespace

std::string FormatRfc3339(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

std::optional<WallTime> ParseRfc3339(std::string_view text) {
  Scanner scanner(text);
  const std::chrono::sys_days day = ScanDay(&scanner);
  scanner.Expect("Tt");
  const std::chrono::nanoseconds time = ScanTimeOfDay(&scanner);
  const std::chrono::minutes offset = ScanOffset(&scanner);
  if (!scanner.ok() || !scanner.at_end()) return std::nullopt;
  return WallTime(
      std::chrono::duration_cast<WallTime::duration>(day.time_since_epoch() + time - offset));
}

std::optional<WallTime> ParseDate(std::string_view text) {
  Scanner scanner(text);
  const std::chrono::sys_days day = ScanDay(&scanner);
  if (!scanner.ok() || !scanner.at_end()) return std::nullopt;
  return WallTime(day);
}

std::optional<WallTime> ParseDateOrTime(std::string_view text) {
  const std::optional<WallTime> day = ParseDate(text);
  return day ? day : ParseRfc3339(text);
}

}  // namespace mountguard::core
