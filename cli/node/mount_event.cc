#include "cli/node/mount_event.h"

#include <fmt/format.h>

#include <string_view>

#include "cli/node/wording.h"
#include "core/code_frame.h"
#include "core/json_writer.h"
#include "core/rfc3339.h"

namespace mountguard::cli {
namespace {

using Kind = node::MountChange::Kind;

std::string TitleOf(const node::Spectator& one, const MountEvent& event) {
  return node::TitleOf(event.survey->namespaces[one.space]);
}

std::string AudienceText(const MountEvent& event) {
  std::string seen;
  std::string missed;
  for (const node::Spectator& one : event.audience) {
    std::string& list = one.sees ? seen : missed;
    list += fmt::format("{}{} ", list.empty() ? "" : ", ", TitleOf(one, event));
    if (one.sees) {
      list += fmt::format("at {}{}", one.path, one.hidden ? " (below another mount)" : "");
    } else {
      list += fmt::format("(its {} is {})", one.path, ToString(one.type));
    }
  }
  if (event.change.kind == Kind::kGone) return seen.empty() ? "" : "; still mounted in " + seen;
  std::string text;
  if (!seen.empty()) text += "; seen by " + seen;
  if (!missed.empty()) text += (seen.empty() ? "; not seen by " : "; not by ") + missed;
  return text;
}

/// "mounted at /a, now at /b; rw, now ro": what of it is another than before.
std::string DifferenceText(const node::Mount& before, const node::Mount& after) {
  std::string text;
  const auto add = [&text](std::string_view was, std::string_view is) {
    if (was != is) text += fmt::format("; {}, now {}", was, is);
  };
  add(before.mount_point, after.mount_point);
  add(KernelText(before), KernelText(after));
  add(before.options, after.options);
  add(before.super_options, after.super_options);
  if (before.parent != after.parent) text += "; moved onto another mount";
  if (!before.root_deleted && after.root_deleted) text += "; its root was removed";
  return text;
}

void PutNamespace(const node::MountNamespace& space, core::JsonWriter* json) {
  json->Key("pid").Int(space.pid).Key("host").Bool(space.host);
  const auto text = [json](std::string_view key, std::string_view value) {
    json->Key(key);
    if (value.empty()) {
      json->Null();
    } else {
      json->String(value);
    }
  };
  text("command", space.command);
  text("container", space.container ? space.container->id : "");
  text("containerName", space.names.container);
  text("pod", space.names.pod);
  text("namespace", space.names.pod_namespace);
}

void PutMount(std::string_view key, const node::Mount* mount, core::JsonWriter* json) {
  json->Key(key);
  if (mount == nullptr) {
    json->Null();
    return;
  }
  json->BeginObject().Key("id").Int(mount->id).Key("parent").Int(mount->parent);
  json->Key("mountPoint").String(mount->mount_point).Key("root").String(mount->root);
  json->Key("type").String(mount->type).Key("source").String(mount->source);
  json->Key("options").String(mount->options);
  json->Key("propagation").String(ToString(mount->Propagation()));
  json->Key("shared").Int(mount->shared).Key("master").Int(mount->master).EndObject();
}

}  // namespace

std::string EventLine(const MountEvent& event) {
  const node::Mount& mount = event.change.mount();
  std::string text =
      fmt::format("{} {}: {} {} ({})", core::FormatRfc3339(event.time), node::TitleOf(*event.where),
                  ToString(event.change.kind), mount.mount_point, FileSystemText(mount));
  if (event.change.kind == Kind::kChanged) {
    text += DifferenceText(*event.change.before, *event.change.after);
  }
  return core::PrintableText(text + AudienceText(event));
}

std::string EventJson(const MountEvent& event) {
  std::string text;
  core::JsonWriter json(&text);
  json.BeginObject().Key("time").String(core::FormatRfc3339(event.time));
  json.Key("event").String(ToString(event.change.kind)).Key("in").BeginObject();
  PutNamespace(*event.where, &json);
  json.EndObject();
  PutMount("before", event.change.before, &json);
  PutMount("after", event.change.after, &json);
  json.Key("audience").BeginArray();
  for (const node::Spectator& one : event.audience) {
    json.BeginObject();
    PutNamespace(event.survey->namespaces[one.space], &json);
    json.Key("path").String(one.path).Key("sees").Bool(one.sees).Key("hidden").Bool(one.hidden);
    json.Key("propagation").String(ToString(one.type)).EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

}  // namespace mountguard::cli
