#include "tests/bench/limit_table.h"

#include <fmt/format.h>

namespace mountguard::bench {
namespace {

constexpr char kRow[] = "{:<58} {:>12} {:>12} {:>8} {:>8}  {}";

std::string WithUnit(double number, const char* unit) {
  return fmt::format("{:.1f} {}", number, unit);
}

}  // namespace

void LimitTable::AtMost(const std::string& what, double base, double value, const char* unit,
                        double limit) {
  const double ratio = value / base;
  Add(what, WithUnit(base, unit), WithUnit(value, unit), ratio,
      limit > 0 ? fmt::format("<= {:.4g}", limit) : "", limit > 0 && ratio > limit);
}

void LimitTable::AtLeast(const std::string& what, double base, double value, const char* unit,
                         double limit) {
  const double ratio = value / base;
  Add(what, WithUnit(base, unit), WithUnit(value, unit), ratio, fmt::format(">= {:.4g}", limit),
      ratio < limit);
}

void LimitTable::AtMost(const std::string& what, double value, const char* unit, double limit) {
  Add(what, "", WithUnit(value, unit), value, fmt::format("<= {:.4g}", limit), value > limit);
}

void LimitTable::Skip(const std::string& what, const std::string& why) {
  lines_.push_back(fmt::format("{:<58} skipped: {}", what, why));
}

void LimitTable::Add(const std::string& what, const std::string& base, const std::string& value,
                     double figure, const std::string& limit, bool missed) {
  lines_.push_back(fmt::format(kRow, what, base, value, fmt::format("{:.2f}", figure), limit,
                               missed ? "MISSED" : ""));
}

void LimitTable::Print() const {
  fmt::print("{}\n", fmt::format(kRow, "", "base", "this", "reached", "limit", ""));
  for (const std::string& line : lines_) fmt::print("{}\n", line);
}

}  // namespace mountguard::bench
