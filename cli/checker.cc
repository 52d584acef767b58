#include "cli/checker.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/cri.h"
#include "policy/admission_review.h"
#include "policy/all_rules.h"

namespace mountguard::cli {
namespace {

using policy::Action;
using policy::Finding;

std::optional<std::string> Text(std::string_view text) { return std::string(text); }

/// A text of which "" means that there is none.
std::optional<std::string> TextOrNone(std::string_view text) {
  return text.empty() ? std::nullopt : Text(text);
}

std::optional<int> IndexOrNone(int index) {
  return index == Finding::kNone ? std::nullopt : std::optional<int>(index);
}

void SetPlace(const InputPlace& place, CheckResult* result) {
  result->file = place.file;
  result->document = place.document;
  result->item = place.item;
  result->source = TextOrNone(place.helm_source);
}

void SetObject(const policy::Subject& subject, CheckResult* result) {
  const core::Document& object = subject.object();
  result->api_version = object.api_version;
  result->kind = object.kind;
  result->namespace_name = subject.request().namespace_name.value_or(object.namespace_name);
  result->name = object.name;
}

/// The container, mount or device that the finding is about.
void SetMount(const Finding& finding, const policy::JudgedTemplate& judged, CheckResult* result) {
  result->template_path = judged.source.path;
  if (finding.container == Finding::kNone) return;
  const core::PodSpecView& pod = judged.pod;
  const auto& container = pod.containers()[static_cast<std::size_t>(finding.container)];
  result->container = Text(container.name);
  result->container_type = Text(ToString(container.type));
  result->sidecar = container.sidecar;
  result->mount = IndexOrNone(finding.mount);
  result->device = IndexOrNone(finding.device);
  if (result->device) {
    const auto index = static_cast<std::size_t>(finding.device);
    result->volume = Text(pod.Devices(container)[index].name);
  }
  if (!result->mount) return;
  const core::VolumeMount& mount = pod.Mounts(container)[static_cast<std::size_t>(finding.mount)];
  result->volume = Text(mount.name);
  result->mount_path = Text(mount.mount_path);
  if (mount.mount_propagation) result->mount_propagation = Text(*mount.mount_propagation);
  const auto cri = core::TranslateMountPropagation(mount.mount_propagation, pod.windows());
  if (cri) result->cri = Text(ToString(*cri));
}

void SetFinding(const Finding& finding, CheckResult* result) {
  result->rule = finding.rule;
  result->origin = finding.origin;
  result->actions = finding.actions;
  result->field = finding.field;
  result->error = finding.error;
  result->message = finding.message;
  result->exception = TextOrNone(finding.exception);
  result->undetermined.assign(finding.undetermined.begin(), finding.undetermined.end());
  // What hangs on something unknown is told, but nobody is held to it.
  if (!result->undetermined.empty()) result->actions = result->actions.CappedAt(Action::kAudit);
}

void Count(const CheckResult& result, CheckSummary* summary) {
  if (!result.stands()) {
    ++summary->excepted;
    return;
  }
  if (!result.undetermined.empty()) ++summary->undetermined;
  switch (result.actions.Strongest()) {
    case Action::kDeny:
      ++summary->deny;
      break;
    case Action::kWarn:
      ++summary->warn;
      break;
    case Action::kAudit:
      ++summary->audit;
      break;
    case Action::kOff:
      break;
  }
}

/// The order of results within a file; those of Kubernetes keep the order in which they came.
auto SortKey(const CheckResult& result) {
  const bool kubernetes = result.origin == policy::Origin::kKubernetes;
  return std::make_tuple(result.document, result.item.value_or(-1), !kubernetes,
                         kubernetes ? core::SourcePos() : result.position);
}

}  // namespace

policy::RequestFacts AssumedRequest(const CheckSettings& settings, core::JsonValue object) {
  const core::JsonValue metadata = object.Get("metadata");
  policy::RequestFacts facts;
  facts.operation = settings.operation;
  facts.sub_resource = settings.sub_resource;
  facts.user = settings.user;
  if (!settings.groups.empty()) {
    facts.groups.emplace(settings.groups.begin(), settings.groups.end());
  }
  facts.dry_run = settings.dry_run;
  const std::string_view own_namespace = metadata.Get("namespace").AsString();
  if (!own_namespace.empty()) {
    facts.namespace_name = own_namespace;
  } else {
    facts.namespace_name = settings.namespace_name;
  }
  const std::string_view name = metadata.Get("name").AsString();
  if (!name.empty()) facts.name = name;
  return facts;
}

CheckReport Checker::Check(const std::function<InputCounts(const InputSink& sink)>& read) {
  report_ = {};
  results_.clear();
  lines_.reset();
  lines_of_ = {};
  const InputSink sink = {[this](const InputObject& object) { Take(object); },
                          [this](const InputNote& note) { Take(note); },
                          [this](const InputFailure& failure) { Take(failure); }};
  const InputCounts counts = read(sink);
  report_.summary.files = counts.files;
  report_.summary.documents = counts.documents;
  std::stable_sort(
      results_.begin(), results_.end(),
      [](const CheckResult& a, const CheckResult& b) { return SortKey(a) < SortKey(b); });
  for (CheckResult& result : results_) {
    Count(result, &report_.summary);
    report_.results.Add(std::move(result));
  }
  return std::move(report_);
}

CheckReport Checker::CheckPiece(const std::string& file, const core::ManifestPiece& piece) {
  return Check([&](const InputSink& sink) { return reader_.ReadPiece(file, piece, sink); });
}

CheckReport Checker::Unreadable(const std::string& file, const std::string& message) {
  return Check([&](const InputSink& sink) {
    TellUnreadable(file, message, sink);
    return InputCounts{};
  });
}

void Checker::Take(const InputObject& object) {
  if (object.skip_reason) {
    const bool kubernetes_object =
        object.root.Get("apiVersion").IsString() && object.root.Get("kind").IsString();
    const core::SourcePos position = object.Find("").value;
    if (!settings_.strict) {
      report_.skipped.Add(
          {std::string(object.place.file), object.place.document, position, *object.skip_reason});
      return;
    }
    if (!kubernetes_object) {
      AddError(object.place, position, object.text, object.first_line, *object.skip_reason);
      return;
    }
  }
  ++report_.summary.objects;
  object.is_admission_review ? JudgeReview(object) : Judge(object);
}

void Checker::Judge(const InputObject& object) {
  subject_.Read(AssumedRequest(settings_, object.root), engine_.workloads(),
                engine_.metadata_keys(), object.root, settings_.old_object);
  Evaluate(object);
}

void Checker::JudgeReview(const InputObject& object) {
  const auto review = policy::DecodeAdmissionReview(object.root);
  if (!review) {
    AddError(object.place, object.Find("").value, object.text, object.first_line,
             review.error().message);
    return;
  }
  subject_.Read(review->facts, engine_.workloads(), engine_.metadata_keys(), review->object,
                review->old_object);
  std::string path;
  Evaluate(ReviewedObject(object, &path));
}

void Checker::Evaluate(const InputObject& object) {
  const auto& undecodable = subject_.undecodable();
  if (undecodable && !settings_.undecodable_is_finding) {
    const core::FieldLocation location = object.Find(undecodable->field);
    AddError(object.place, location.value, object.text, object.first_line, undecodable->message);
    return;
  }
  for (const policy::JudgedTemplate& judged : subject_.templates()) {
    ++report_.summary.pods;
    for (const core::ContainerView& container : judged.pod.containers()) {
      if (container.judged) report_.summary.mounts += static_cast<int>(container.mount_count);
    }
  }
  engine_.Evaluate(subject_, settings_.now, &verdict_);
  for (const Finding& finding : verdict_.findings) {
    CheckResult& result = results_.emplace_back();
    SetPlace(object.place, &result);
    SetObject(subject_, &result);
    if (const auto index = static_cast<std::size_t>(finding.template_index);
        index < subject_.templates().size()) {
      SetMount(finding, subject_.templates()[index], &result);
    }
    SetFinding(finding, &result);
    const core::FieldLocation location = object.Find(finding.field);
    result.position = location.value;
    result.definition = location.definition;
    result.frame = FrameAt(object.text, object.first_line, result.position);
  }
}

void Checker::Take(const InputNote& note) {
  if (settings_.strict) {
    AddError(note.place, note.pos, note.text, note.first_line, note.message);
    return;
  }
  CheckResult& result = results_.emplace_back();
  SetPlace(note.place, &result);
  result.rule =
      note.kind == InputNoteKind::kDuplicateKey ? policy::kDuplicateKey : policy::kDroppedDocument;
  result.origin = policy::Origin::kInput;
  result.actions = Action::kWarn;
  result.field = note.field;
  result.message = note.message;
  result.position = note.pos;
  result.frame = FrameAt(note.text, note.first_line, note.pos);
}

void Checker::Take(const InputFailure& failure) {
  AddError(failure.place, failure.whole_file ? core::SourcePos() : failure.pos, failure.text,
           failure.first_line, failure.message);
}

void Checker::AddError(const InputPlace& place, core::SourcePos position, std::string_view text,
                       int first_line, std::string message) {
  report_.errors.Add({std::string(place.file), place.document, position,
                      FrameAt(text, first_line, position), std::move(message)});
}

core::CodeFrame Checker::FrameAt(std::string_view text, int first_line, core::SourcePos position) {
  if (text.empty() || !position.known()) return {};
  // Values on one line have lines that begin at the same place, and end at others.
  if (!lines_ || lines_of_.data() != text.data() || lines_of_.size() != text.size()) {
    lines_.emplace(text, first_line);
    lines_of_ = text;
  }
  return core::MakeCodeFrame(*lines_, position, settings_.frame_width);
}

void Append(CheckReport part, CheckReport* report) {
  CheckSummary& sum = report->summary;
  sum.files += part.summary.files;
  sum.documents += part.summary.documents;
  sum.objects += part.summary.objects;
  sum.pods += part.summary.pods;
  sum.mounts += part.summary.mounts;
  sum.deny += part.summary.deny;
  sum.warn += part.summary.warn;
  sum.audit += part.summary.audit;
  sum.excepted += part.summary.excepted;
  sum.undetermined += part.summary.undetermined;
  report->results.AddAll(std::move(part.results));
  report->errors.AddAll(std::move(part.errors));
  report->skipped.AddAll(std::move(part.skipped));
}

}  // namespace mountguard::cli
