#include "node/service_unit.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace mountguard::node {
namespace {

/// Where systemd looks for units, the strongest first (systemd.unit(5)).
constexpr std::array<std::string_view, 6> kUnitFolders = {
    "/etc/systemd/system",           "/run/systemd/system",     "/run/systemd/generator",
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"};

constexpr std::string_view kServiceEnd = ".service";

/// What a setting's value is, which says when it has no effect and how it is taken back.
enum class Kind { kSwitch, kList, kFlags };

struct Known {
  std::string_view name;
  Kind kind;
};

/// Settings of systemd.exec(5), v252, that need a mount namespace; MountFlags shared alone does
/// not.
constexpr std::array<Known, 21> kKnown = {{
    {"BindPaths", Kind::kList},
    {"BindReadOnlyPaths", Kind::kList},
    {"ExecPaths", Kind::kList},
    {"InaccessiblePaths", Kind::kList},
    {"MountFlags", Kind::kFlags},
    {"MountImages", Kind::kList},
    {"NoExecPaths", Kind::kList},
    {"PrivateDevices", Kind::kSwitch},
    {"PrivateIPC", Kind::kSwitch},
    {"PrivateMounts", Kind::kSwitch},
    {"PrivateTmp", Kind::kSwitch},
    {"ProtectControlGroups", Kind::kSwitch},
    {"ProtectHome", Kind::kSwitch},
    {"ProtectKernelLogs", Kind::kSwitch},
    {"ProtectKernelModules", Kind::kSwitch},
    {"ProtectKernelTunables", Kind::kSwitch},
    {"ProtectSystem", Kind::kSwitch},
    {"ReadOnlyPaths", Kind::kList},
    {"ReadWritePaths", Kind::kList},
    {"RootDirectory", Kind::kList},
    {"TemporaryFileSystem", Kind::kList},
}};

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool IsOff(std::string_view value) {
  return value == "no" || value == "false" || value == "off" || value == "0";
}

const Known* Find(std::string_view name) {
  const auto known = std::find_if(kKnown.begin(), kKnown.end(),
                                  [name](const Known& one) { return one.name == name; });
  return known == kKnown.end() ? nullptr : &*known;
}

/// Takes what one file of a unit says. An empty value takes back what was said before it.
void TakeFile(const std::string& file, std::string_view text,
              std::vector<NamespaceSetting>* settings) {
  bool in_service = false;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      in_service = line == "[Service]";
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!in_service || equals == std::string_view::npos) continue;
    const std::string_view name = Trimmed(line.substr(0, equals));
    const std::string_view value = Trimmed(line.substr(equals + 1));
    const Known* known = Find(name);
    if (known == nullptr) continue;
    const bool adds = known->kind == Kind::kList && !value.empty();
    if (!adds) {
      settings->erase(std::remove_if(settings->begin(), settings->end(),
                                     [name](const auto& one) { return one.name == name; }),
                      settings->end());
    }
    const bool none = value.empty() || (known->kind == Kind::kSwitch && IsOff(value)) ||
                      (known->kind == Kind::kFlags && value == "shared");
    if (none) continue;
    settings->push_back({std::string(name), std::string(value), file, number,
                         known->kind == Kind::kSwitch ? "no" : ""});
  }
}

}  // namespace

std::string ServiceOfCgroups(std::string_view cgroups) {
  // /system.slice/containerd.service, of cgroup v2 or of v1's controller "name=systemd"; what a
  // service starts in cgroups of its own stands behind.
  for (std::size_t end = cgroups.find(kServiceEnd); end != std::string_view::npos;
       end = cgroups.find(kServiceEnd, end + 1)) {
    const std::size_t behind = end + kServiceEnd.size();
    if (behind < cgroups.size() && cgroups[behind] != '\n' && cgroups[behind] != '/') continue;
    const std::size_t slash = cgroups.rfind('/', end);
    if (slash == std::string_view::npos) continue;
    return std::string(cgroups.substr(slash + 1, behind - slash - 1));
  }
  return "";
}

std::vector<NamespaceSetting> NamespaceSettings(const ProcessReader& reader,
                                                const std::string& service) {
  std::vector<NamespaceSetting> settings;
  if (service.empty()) return settings;
  const auto take = [&](const std::string& file) {
    const auto text = reader.files().Read(reader.PathOf(file));
    if (text) TakeFile(file, *text, &settings);
    return text.has_value();
  };
  for (const std::string_view folder : kUnitFolders) {
    if (take(std::string(folder) + "/" + service)) break;
  }
  // Of drop-ins of one name that of the strongest directory counts; they are read by name.
  std::map<std::string, std::string> drop_ins;
  for (const std::string_view folder : kUnitFolders) {
    const std::string path = std::string(folder) + "/" + service + ".d";
    const auto names = reader.files().List(reader.PathOf(path));
    if (!names) continue;
    for (const std::string& name : *names) {
      constexpr std::string_view kEnd = ".conf";
      const bool conf = name.size() > kEnd.size() &&
                        name.compare(name.size() - kEnd.size(), kEnd.size(), kEnd) == 0;
      if (conf) drop_ins.emplace(name, path + "/" + name);
    }
  }
  for (const auto& [name, file] : drop_ins) take(file);
  return settings;
}

}  // namespace mountguard::node
