#include "webhook/debug_pages.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "core/file_reader.h"
#include "core/json_writer.h"

namespace mountguard::webhook {
namespace {

void PutNames(const std::vector<std::string>& names, core::JsonWriter* json) {
  json->BeginArray();
  for (const std::string& name : names) json->String(name);
  json->EndArray();
}

void PutPolicy(const policy::MountPolicy& policy, core::WallTime now, core::JsonWriter* json) {
  json->BeginObject();
  json->Key("name").String(policy.name);
  json->Key("file").String(policy.file);
  json->Key("profiles");
  PutNames(policy.profiles, json);
  json->Key("rules").BeginArray();
  for (const policy::PolicyRule& rule : policy.rules) json->String(rule.name);
  json->EndArray();
  json->Key("exceptions").BeginArray();
  for (const policy::PolicyException& exception : policy.exceptions) {
    json->BeginObject();
    json->Key("name").String(exception.name);
    json->Key("expired").Bool(exception.ExpiredAt(now));
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

/// `stat` of one thread as proc(5) has it.
void PutThread(std::string_view id, const std::string& stat, core::JsonWriter* json) {
  const std::size_t name_begin = stat.find('(');
  const std::size_t name_end = stat.rfind(')');
  if (name_begin == std::string::npos || name_end == std::string::npos) return;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string state;
  std::string skipped;
  fields >> state;
  constexpr int kFieldsBetween = 10;  // of state, the third, and utime, the fourteenth
  for (int i = 0; i < kFieldsBetween; ++i) fields >> skipped;
  std::int64_t user_ticks = 0;
  std::int64_t system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  json->BeginObject();
  json->Key("id").String(id);
  json->Key("name").String(
      std::string_view(stat).substr(name_begin + 1, name_end - name_begin - 1));
  json->Key("state").String(state);
  json->Key("cpuMilliseconds")
      .Int((user_ticks + system_ticks) * 1000 / std::max(1L, ::sysconf(_SC_CLK_TCK)));
  json->EndObject();
}

}  // namespace

std::string DebugConnections(const std::vector<ConnectionInfo>& connections) {
  std::string text;
  core::JsonWriter json(&text);
  json.BeginArray();
  for (const ConnectionInfo& connection : connections) {
    json.BeginObject();
    json.Key("remoteAddress").String(connection.remote_address);
    json.Key("phase").String(ToString(connection.phase));
    json.Key("phaseMilliseconds").Int(connection.in_phase.count());
    json.Key("ageMilliseconds").Int(connection.age.count());
    json.Key("requests").Int(static_cast<std::int64_t>(connection.requests));
    json.Key("leaving").Bool(connection.leaving);
    json.EndObject();
  }
  json.EndArray();
  return text + "\n";
}

std::string DebugPolicy(const PolicyGeneration& generation, core::WallTime now) {
  const policy::PolicySet& set = generation.policies();
  std::string text;
  core::JsonWriter json(&text);
  json.BeginObject();
  json.Key("digest").String(set.digest());
  json.Key("files").BeginArray();
  for (const policy::PolicyFile& file : generation.files()) json.String(file.name);
  json.EndArray();
  json.Key("profiles");
  PutNames(set.profiles(), &json);
  json.Key("policies").BeginArray();
  for (const policy::MountPolicy& policy : set.policies()) PutPolicy(policy, now, &json);
  json.EndArray();
  json.EndObject();
  return text + "\n";
}

std::string DebugFlags(const std::vector<EffectiveFlag>& flags) {
  std::string text;
  core::JsonWriter json(&text);
  json.BeginObject();
  for (const EffectiveFlag& flag : flags) json.Key(flag.name).String(flag.value);
  json.EndObject();
  return text + "\n";
}

std::string DebugThreads() {
  const core::SystemFileReader files;
  std::string text;
  core::JsonWriter json(&text);
  json.BeginArray();
  if (const auto ids = files.List("/proc/self/task")) {
    for (const std::string& id : *ids) {
      // One that has ended meanwhile is not there.
      if (const auto stat = files.Read("/proc/self/task/" + id + "/stat"))
        PutThread(id, *stat, &json);
    }
  }
  json.EndArray();
  return text + "\n";
}

}  // namespace mountguard::webhook
