#include "webhook/config.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace mountguard::webhook {
namespace {

struct Unit {
  std::string_view name;
  double milliseconds;
};

/// The longer names first: "ms" must not be read as "m".
constexpr std::array<Unit, 6> kUnits = {{
    {"ms", 1},
    {"us", 0.001},
    {"ns", 0.000'001},
    {"s", 1'000},
    {"m", 60'000},
    {"h", 3'600'000},
}};

const Unit* UnitAt(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (text.substr(0, unit.name.size()) == unit.name) return &unit;
  }
  return nullptr;
}

core::Unexpected<core::Error> BadDuration(std::string_view text, std::chrono::hours longest) {
  return core::Failure(
      fmt::format("\"{}\" is no duration; expected such as 5s, 1m30s or 250ms, at most {}h", text,
                  longest.count()));
}

}  // namespace

core::Result<std::chrono::milliseconds> ParseDuration(std::string_view text,
                                                      std::chrono::hours longest) {
  if (text == "0") return std::chrono::milliseconds(0);
  std::string_view rest = text;
  double total = 0;
  while (!rest.empty()) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
    if (error != std::errc() || rest.front() == '-') return BadDuration(text, longest);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const Unit* unit = UnitAt(rest);
    if (unit == nullptr) return BadDuration(text, longest);
    rest.remove_prefix(unit->name.size());
    total += number * unit->milliseconds;
  }
  if (text.empty() || !(total <= static_cast<double>(std::chrono::milliseconds(longest).count())))
    return BadDuration(text, longest);
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

core::Result<Endpoint> ParseEndpoint(std::string_view text) {
  const auto refuse = [text] {
    return core::Failure(fmt::format(
        "\"{}\" is no address; expected HOST:PORT such as 127.0.0.1:8080, [::1]:8080 or :8080",
        text));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  std::string_view host = text.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse();  // an IPv6 address without brackets: where it ends is anyone's guess
  }
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return refuse();
  return Endpoint{std::string(host), port};
}

}  // namespace mountguard::webhook
