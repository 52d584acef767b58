#include <optional>
#include <string>
#include <utility>

#include "cli/json_output.h"
#include "cli/node/doctor_report.h"
#include "cli/node/mount_json.h"
#include "cli/node/page.h"

namespace mountguard::cli {
namespace {

Json VersionJson(const std::optional<node::Version>& version) {
  return version ? Json(ToString(*version)) : Json(nullptr);
}

Json ProcessJson(const std::optional<node::NodeProcess>& process) {
  if (!process) return nullptr;
  Json settings = Json::array();
  for (const node::NamespaceSetting& setting : process->settings) {
    settings.push_back({{"name", setting.name},
                        {"value", setting.value},
                        {"file", setting.file},
                        {"line", setting.line}});
  }
  return {{"program", process->program},
          {"pid", process->pid},
          {"version", VersionJson(process->version)},
          {"service", OrNullText(process->service)},
          {"namespaceSettings", std::move(settings)}};
}

Json NodeJson(const node::NodeView& view) {
  return {{"kernel", VersionJson(view.kernel)},
          {"judgedAs", ToString(view.kind)},
          {"runtime", ProcessJson(view.runtime)},
          {"kubelet", ProcessJson(view.kubelet)},
          {"ociRuntime",
           view.oci_runtime.empty()
               ? Json(nullptr)
               : Json({{"program", view.oci_runtime}, {"version", VersionJson(view.oci_version)}})},
          {"userNamespace", view.user_namespace},
          {"container", OrNullText(view.container)},
          {"distribution", OrNullText(view.distribution)}};
}

Json PathJson(const DoctorReport::Path& path) {
  const node::PathFinding& finding = path.finding;
  Json needs = Json::array();
  for (const node::NeedFinding& one : finding.needs) {
    needs.push_back({{"mode", ToString(one.need)},
                     {"answer", ToString(one.answer)},
                     {"error", OrNullText(one.error)},
                     {"saidBy", OrNullText(one.said_by)},
                     {"why", OrNullText(one.why)}});
  }
  Json cases = Json::array();
  for (const node::FoundCase& one : finding.cases) {
    cases.push_back(
        {{"case", ToString(one.id)}, {"message", one.sentence}, {"page", PageOf(one.id)}});
  }
  Json cures = Json::array();
  for (const node::Cure& cure : finding.cures) {
    cures.push_back({{"file", OrNullText(cure.file)},
                     {"content", OrNullText(cure.content)},
                     {"commands", cure.commands},
                     {"changes", cure.changes}});
  }
  return {{"path", finding.path},
          {"resolved", finding.followed.path},
          {"exists", finding.followed.exists()},
          {"unread", OrNullText(finding.followed.unread)},
          {"askedBy", path.asked_by},
          {"mount", MountJson(finding.mount)},
          {"mountThatRuntimeChecks", MountJson(finding.checked ? finding.checked : finding.mount)},
          {"modes", std::move(needs)},
          {"cases", std::move(cases)},
          {"cures", std::move(cures)}};
}

}  // namespace

void WriteJsonDoctorReport(const DoctorReport& report, std::ostream& out) {
  Json paths = Json::array();
  for (const DoctorReport::Path& path : report.paths) paths.push_back(PathJson(path));
  WriteJson({{"apiVersion", "mountguard.io/v1"},
             {"kind", "NodeDoctorReport"},
             {"summary",
              {{"paths", report.paths.size()},
               {"served", report.Count(node::Answer::kServed)},
               {"refused", report.Count(node::Answer::kRefused)},
               {"withoutEffect", report.Count(node::Answer::kWithoutEffect)},
               {"unknown", report.Count(node::Answer::kUnknown)}}},
             {"node", NodeJson(report.node)},
             {"paths", std::move(paths)},
             {"unseen", report.node.unseen}},
            out);
}

}  // namespace mountguard::cli
