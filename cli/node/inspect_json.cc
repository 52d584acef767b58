#include <ostream>
#include <string>

#include "cli/node/inspection.h"
#include "cli/node/wording.h"
#include "core/json_writer.h"

// Written piece by piece with core's writer: a node's 100,000 mounts are never held as one value.

namespace mountguard::cli {
namespace {

constexpr std::size_t kMostMissing = 100;  // that are named of one mount

using core::JsonWriter;

void TextOrNull(JsonWriter* json, std::string_view text) {
  if (text.empty()) {
    json->Null();
  } else {
    json->String(text);
  }
}

void GroupOrNull(JsonWriter* json, int group) {
  if (group == 0) {
    json->Null();
  } else {
    json->Int(group);
  }
}

void PutKernelFields(const node::Mount& mount, JsonWriter* json) {
  json->Key("id").Int(mount.id).Key("parent").Int(mount.parent);
  json->Key("device").String(std::to_string(mount.device.major) + ":" +
                             std::to_string(mount.device.minor));
  json->Key("root").String(mount.root).Key("rootDeleted").Bool(mount.root_deleted);
  json->Key("mountPoint").String(mount.mount_point);
  json->Key("options").String(mount.options);
  GroupOrNull(&json->Key("shared"), mount.shared);
  GroupOrNull(&json->Key("master"), mount.master);
  GroupOrNull(&json->Key("propagateFrom"), mount.propagate_from);
  json->Key("unbindable").Bool(mount.unbindable);
  TextOrNull(&json->Key("otherFields"), mount.other_fields);
  json->Key("type").String(mount.type).Key("source").String(mount.source);
  json->Key("superOptions").String(mount.super_options);
}

void PutLink(const node::HostLink& link, JsonWriter* json) {
  json->BeginObject().Key("mount").Int(link.host->id).Key("hostPath").String(link.host_path);
  json->Key("path").String(link.own_path);
  json->Key("seesHost").Bool(link.sees).Key("hostSees").Bool(link.shows).EndObject();
}

void PutMissing(const Inspection& inspection, const Inspection::Space& space,
                const InspectedMount& one, JsonWriter* json) {
  json->Key("missing").BeginObject();
  std::size_t count = 0;
  std::vector<std::string_view> paths;
  if (inspection.host() != nullptr && !one.host.links.empty()) {
    paths = inspection.host()->MissingIn(*space.about->tree, *one.mount, one.host.links.front(),
                                         kMostMissing, &count);
  }
  json->Key("count").Int(static_cast<std::int64_t>(count)).Key("hostPaths").BeginArray();
  for (const std::string_view path : paths) json->String(path);
  json->EndArray().EndObject();
}

void PutMount(const Inspection& inspection, const Inspection::Space& space,
              const InspectedMount& one, std::string* text) {
  JsonWriter json(text);
  json.BeginObject();
  PutKernelFields(*one.mount, &json);
  json.Key("visible").Bool(one.visible);
  GroupOrNull(&json.Key("coveredBy"), one.covered == nullptr ? 0 : one.covered->id);
  json.Key("propagation").String(ToString(one.mount->Propagation()));
  json.Key("oci").String(one.oci);
  TextOrNull(&json.Key("cri"), CriText(one));
  TextOrNull(&json.Key("mountPropagation"), one.mode ? ToString(*one.mode) : "");
  if (one.mode) {
    json.Key("host").BeginArray();
    for (const node::HostLink& link : one.host.links) PutLink(link, &json);
    json.EndArray().Key("moreOnHost").Int(static_cast<std::int64_t>(one.host.more));
    json.Key("untriedOnHost").Int(static_cast<std::int64_t>(one.host.untried));
    PutMissing(inspection, space, one, &json);
  } else {
    json.Key("serves").BeginArray();
    for (std::size_t i = 0; i < ServedModes(one.mount->Propagation()); ++i) {
      json.String(ToString(static_cast<core::MountPropagationMode>(i)));
    }
    json.EndArray();
  }
  json.EndObject();
}

void PutSpace(const node::MountNamespace& space, JsonWriter* json) {
  json->Key("pid").Int(space.pid);
  TextOrNull(&json->Key("command"), space.command);
  json->Key("mountNamespace");
  if (space.number) {
    json->Int(static_cast<std::int64_t>(*space.number));
  } else {
    json->Null();
  }
  json->Key("host").Bool(space.host);
  json->Key("container");
  if (!space.container) {
    json->Null();
    return;
  }
  json->BeginObject().Key("id").String(space.container->id);
  TextOrNull(&json->Key("runtime"), space.container->runtime);
  TextOrNull(&json->Key("name"), space.names.container);
  TextOrNull(&json->Key("pod"), space.names.pod);
  TextOrNull(&json->Key("namespace"), space.names.pod_namespace);
  TextOrNull(&json->Key("podUid"), space.names.pod_uid);
  json->Key("sandbox").Bool(space.names.sandbox);
  TextOrNull(&json->Key("source"), space.names.source);
  json->EndObject();
}

void WriteSpace(const Inspection& inspection, const Inspection::Space& space, std::ostream& out) {
  std::string head;
  JsonWriter json(&head);
  json.BeginObject();
  PutSpace(*space.about, &json);
  json.Key("duplicates").BeginArray();
  for (const node::PathCount& one : space.stacked) {
    json.BeginObject().Key("path").String(one.path).Key("mounts").Int(one.mounts);
    json.Key("alike").Int(one.alike).EndObject();
  }
  json.EndArray();
  out << "    " << head << ",\"mounts\":[";
  std::string line = "\n      ";
  inspection.ForEachMount(space, [&](const InspectedMount& one) {
    PutMount(inspection, space, one, &line);
    out << line;
    line = ",\n      ";
  });
  out << "\n    ]}";
}

std::string PinnedJson(const node::PinnedFileSystem& pinned, const node::Survey& survey) {
  std::string text;
  JsonWriter json(&text);
  const node::Mount& mount = pinned.mount();
  json.BeginObject().Key("device").String(std::to_string(mount.device.major) + ":" +
                                          std::to_string(mount.device.minor));
  json.Key("type").String(mount.type).Key("source").String(mount.source);
  json.Key("holders").BeginArray();
  for (const auto& holder : pinned.holders) {
    json.BeginObject();
    PutSpace(survey.namespaces[holder.space], &json);
    json.Key("mountPoint").String(holder.mount->mount_point);
    json.Key("mounts").Int(static_cast<std::int64_t>(holder.mounts)).EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

/// "key": [ with an element a line ].
template <class List, class Write>
void WriteList(std::string_view key, const List& list, std::ostream& out, const Write& write) {
  out << "  \"" << key << "\": [";
  bool first = true;
  for (const auto& one : list) {
    out << (first ? "\n" : ",\n");
    write(one);
    first = false;
  }
  out << (first ? "]" : "\n  ]");
}

}  // namespace

void WriteJsonInspection(const Inspection& inspection, const Terminal&, std::ostream& out) {
  out << "{\n  \"apiVersion\": \"mountguard.io/v1\",\n  \"kind\": \"NodeInspectReport\",\n";
  WriteList("namespaces", inspection.spaces(), out,
            [&](const Inspection::Space& space) { WriteSpace(inspection, space, out); });
  out << ",\n";
  WriteList("pinned", inspection.pinned(), out, [&](const node::PinnedFileSystem& one) {
    out << "    " << PinnedJson(one, inspection.survey());
  });
  out << ",\n";
  WriteList("unseen", inspection.survey().unseen, out, [&](const node::Unseen& one) {
    std::string text;
    JsonWriter json(&text);
    json.BeginObject().Key("what").String(one.what).Key("why").String(one.why).EndObject();
    out << "    " << text;
  });
  out << "\n}\n";
}

}  // namespace mountguard::cli
