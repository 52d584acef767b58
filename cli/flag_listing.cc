#include "cli/flag_listing.h"

#include <array>
#include <sstream>

#include "core/clock.h"
#include "core/file_reader.h"

namespace mountguard::cli {
namespace {

std::vector<std::string> Parts(std::string_view text, char separator) {
  const std::vector<std::string_view> parts = SplitText(text, separator);
  return {parts.begin(), parts.end()};
}

/// Whether the word that help puts for a value means a file or a folder.
bool MeansPath(std::string_view value) {
  constexpr std::array<std::string_view, 3> kPaths = {"PATH", "FILE", "DIR"};
  for (std::string_view path : kPaths) {
    if (value.substr(0, path.size()) == path) return true;
  }
  return false;
}

ListedFlag Listed(const Flag& flag) {
  ListedFlag listed;
  listed.names = Parts(flag.names, ',');
  listed.value = flag.value;
  listed.help = flag.help;
  listed.takes_path = MeansPath(flag.value);
  if (flag.value.find('|') != std::string_view::npos) listed.choices = Parts(flag.value, '|');
  listed.choices.insert(listed.choices.end(), flag.suggestions.begin(), flag.suggestions.end());
  return listed;
}

}  // namespace

std::vector<ListedGroup> ListFlags(const Command& command) {
  std::vector<ListedGroup> listed;
  const FlagListener listener = [&listed](const std::vector<FlagGroup>& groups) {
    for (const FlagGroup& group : groups) {
      ListedGroup& one = listed.emplace_back();
      one.title = group.title;
      for (const Flag& flag : group.flags) one.flags.push_back(Listed(flag));
    }
  };
  std::istringstream in;
  std::ostringstream out;
  const core::SystemFileReader files;
  const core::SystemClock clock;
  Environment env = {in, out, out, files, clock, Terminal{}};
  env.flag_listener = &listener;
  static_cast<void>(command.run(command, {}, env));
  return listed;
}

}  // namespace mountguard::cli
