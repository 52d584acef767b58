#include "node/process.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "node/mount_monitor.h"

namespace mountguard::node {
namespace {

template <class Number>
std::optional<Number> NumberIn(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

}  // namespace

ProcessReader::ProcessReader(const core::FileReader& files, std::string_view root)
    : files_(files), root_(root) {
  while (!root_.empty() && root_.back() == '/') root_.pop_back();
}

std::string ProcessReader::PathOf(std::string_view path) const { return root_ + std::string(path); }

std::string ProcessReader::PathOf(int pid, std::string_view name) const {
  return fmt::format("{}/proc/{}/{}", root_, pid, name);
}

core::Result<std::string> ProcessReader::Read(int pid, std::string_view name) const {
  auto text = files_.Read(PathOf(pid, name));
  if (!text && !files_.IsDirectory(PathOf(pid, ""))) return NoProcess(pid);
  return text;
}

core::Unexpected<core::Error> ProcessReader::NoProcess(int pid) const {
  return core::Failure(fmt::format("there is no process {} in {}/proc", pid, root_));
}

core::Result<std::vector<int>> ProcessReader::Pids() const {
  const auto names = files_.List(root_ + "/proc");
  if (!names) return core::Unexpected(names.error());
  std::vector<int> pids;
  for (const std::string& name : *names) {
    if (const auto pid = NumberIn<int>(name)) pids.push_back(*pid);
  }
  std::sort(pids.begin(), pids.end());
  if (pids.empty()) {
    return core::Failure(
        fmt::format("{}/proc shows no processes; is the node's /proc mounted there?", root_));
  }
  return pids;
}

core::Result<MountTable> ProcessReader::Mounts(int pid) const {
  auto monitor = MountMonitor::Open(PathOf(pid, "mountinfo"));
  if (monitor) return monitor->Read();
  if (!files_.IsDirectory(PathOf(pid, ""))) return NoProcess(pid);
  return core::Unexpected(monitor.error());
}

bool ProcessReader::IsAlive(int pid) const {
  const auto stat = files_.Read(PathOf(pid, "stat"));
  // "70 (name) S ...", where the name may hold anything.
  if (!stat) return files_.IsDirectory(PathOf(pid, ""));
  const std::size_t name_end = stat->rfind(')');
  const char state =
      name_end != std::string::npos && name_end + 2 < stat->size() ? (*stat)[name_end + 2] : '?';
  return state != 'Z' && state != 'X';
}

core::Result<int> ProcessReader::FirstMountId(int pid) const {
  const std::string path = PathOf(pid, "mountinfo");
  const auto file = files_.Open(path);
  if (!file) return core::Unexpected(file.error());
  std::array<char, 16> start{};
  const auto size = (*file)->Read(start.data(), start.size());
  if (!size) return core::Unexpected(size.error());
  const std::string_view text(start.data(), *size);
  if (const auto id = NumberIn<int>(text.substr(0, text.find(' ')))) return *id;
  return core::Failure(fmt::format("{}: it does not begin with a mount id", path));
}

core::Result<std::string> ProcessReader::Cgroups(int pid) const { return Read(pid, "cgroup"); }

core::Result<std::string> ProcessReader::Command(int pid) const {
  auto name = Read(pid, "comm");
  if (name && !name->empty() && name->back() == '\n') name->pop_back();
  return name;
}

core::Result<std::uint64_t> ProcessReader::Namespace(int pid, std::string_view kind) const {
  const std::string path = PathOf(pid, fmt::format("ns/{}", kind));
  const auto link = files_.ReadLink(path);
  if (!link) return core::Unexpected(link.error());
  const std::string_view text = *link;
  const std::string prefix = fmt::format("{}:[", kind);
  if (text.size() > prefix.size() && text.substr(0, prefix.size()) == prefix &&
      text.back() == ']') {
    const auto digits = text.substr(prefix.size(), text.size() - prefix.size() - 1);
    if (const auto number = NumberIn<std::uint64_t>(digits)) return *number;
  }
  return core::Failure(
      fmt::format("{}: expected a link such as {}4026531840], got \"{}\"", path, prefix, text));
}

core::Result<std::uint64_t> ProcessReader::MountNamespace(int pid) const {
  return Namespace(pid, "mnt");
}

core::Result<std::uint64_t> ProcessReader::UserNamespace(int pid) const {
  return Namespace(pid, "user");
}

}  // namespace mountguard::node
