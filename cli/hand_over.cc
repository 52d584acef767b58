#include "cli/hand_over.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/command.h"

namespace mountguard::cli {
namespace {

constexpr const char* kServer = "mountguard-server";

/// The path by which the kernel was asked for this program; unlike /proc/self/exe it is also there
/// in a root without /proc.
const char* OwnPath() {
  // The kernel passes the address of a text as a number.
  return reinterpret_cast<const char*>(getauxval(AT_EXECFN));  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace

int HandOver(char* const* argv) {
  const char* const own = OwnPath();
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(own != nullptr ? own : "", error);
  const std::string server = (real.parent_path() / kServer).string();
  if (!error) {
    execv(server.c_str(), argv);
    error = std::error_code(errno, std::generic_category());
  }
  std::vector<std::string_view> own_commands = FamiliesOf(LocalCommands());
  const std::string_view last = own_commands.back();
  own_commands.pop_back();
  fmt::print(stderr,
             "mountguard: {}: {}\n"
             "{} and {} are in this program, all else is in {}, which belongs beside it; `cmake "
             "--install` puts both in place.\n",
             server, error.message(), fmt::join(own_commands, ", "), last, kServer);
  return static_cast<int>(ExitCode::kUnreadable);
}

}  // namespace mountguard::cli
