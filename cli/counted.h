#ifndef MOUNTGUARD_CLI_COUNTED_H_
#define MOUNTGUARD_CLI_COUNTED_H_

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace mountguard::cli {

/// "1 file", "2 files".
inline std::string Counted(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_COUNTED_H_
