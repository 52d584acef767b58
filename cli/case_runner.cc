#include "cli/case_runner.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

namespace mountguard::cli {
namespace {

using policy::ObjectSource;
using policy::TestCase;
using policy::TestRequest;

/// True if the case says something of the request that a saved AdmissionReview says itself.
bool SaysRequest(const TestRequest& request) {
  return request.namespace_name.given() || request.operation.given() ||
         request.sub_resource.given() || request.user.given() || !request.groups.empty() ||
         request.dry_run.has_value() || request.old_object.given();
}

CheckSettings SettingsOf(const TestRequest& request, core::WallTime now) {
  CheckSettings settings;
  settings.operation = request.operation.given()    ? request.operation.text
                       : request.old_object.given() ? "UPDATE"
                                                    : "CREATE";
  const auto if_given = [](const policy::PlacedText& text) {
    return text.given() ? std::optional(text.text) : std::nullopt;
  };
  settings.namespace_name = if_given(request.namespace_name);
  settings.user = if_given(request.user);
  for (const policy::PlacedText& group : request.groups) settings.groups.push_back(group.text);
  settings.dry_run = request.dry_run;
  settings.sub_resource = request.sub_resource.text;
  settings.undecodable_is_finding = true;
  settings.now = now;
  return settings;
}

class CaseRun {
 public:
  CaseRun(const SuiteText& text, int number, const policy::Engine& engine, core::WallTime now,
          Environment& env)
      : text_(text),
        number_(number),
        case_(text.suite.cases[static_cast<std::size_t>(number)]),
        env_(env),
        settings_(SettingsOf(case_.request, now)),
        checker_(engine, settings_, env.files, env.in) {}

  CaseVerdict Run() {
    if (case_.request.old_object.given()) {
      JudgeUpdate();
    } else {
      JudgeObject();
    }
    for (const CheckError& error : verdict_.report.errors) {
      const std::string place =
          error.position.known()
              ? fmt::format("{}:{}:{}: ", error.file, error.position.line, error.position.column)
              : error.file + ": ";
      Fail(ExitCode::kUnreadable, place + error.message);
    }
    return std::move(verdict_);
  }

 private:
  void Fail(ExitCode code, std::string message) {
    verdict_.errors.push_back(std::move(message));
    verdict_.code = Combine(verdict_.code, code);
  }

  /// Reads an object of the case from where it is.
  InputCounts Read(const ObjectSource& source, std::string_view field, InputReader* reader,
                   const InputSink& sink) {
    if (!source.is_inline()) return reader->ReadFile(PathFromSuite(text_.suite, source.path), sink);
    const std::string prefix = fmt::format("spec.cases[{}].{}", number_, field);
    InputObject part = text_.document;
    part.field_prefix = prefix;
    const core::JsonValue one =
        part.root.Get("spec").Get("cases").At(static_cast<std::size_t>(number_));
    part.root = field == "object" ? one.Get("object") : one.Get("request").Get("oldObject");
    for (const InputNote& note : text_.notes) {
      const bool inside = note.field.rfind(prefix + ".", 0) == 0;
      if (inside && sink.note) sink.note(note);
    }
    reader->ReadPart(part, sink);
    return {1, 1};
  }

  void JudgeUpdate() {
    int objects = 0;
    InputReader reader(env_.files, env_.in);
    const InputSink sink = {[&](const InputObject& old) {
                              if (++objects > 1) return;
                              settings_.old_object = old.root;
                              JudgeObject();
                              settings_.old_object = {};
                            },
                            nullptr,
                            [this](const InputFailure& failure) {
                              const std::string file =
                                  failure.whole_file ? std::string(failure.place.file) + ": " : "";
                              Fail(ExitCode::kUnreadable, file + failure.message);
                            }};
    Read(case_.request.old_object, "request.oldObject", &reader, sink);
    if (objects > 1 || objects_ > 1) {
      Fail(ExitCode::kUsage, "expected one object and one oldObject: which was which is not said");
    } else if (objects == 0 && verdict_.errors.empty()) {
      Fail(ExitCode::kUsage, "the oldObject holds no object");
    }
  }

  void JudgeObject() {
    InputReader reader(env_.files, env_.in);
    verdict_.report = checker_.Check([&](const InputSink& checking) {
      const InputSink sink = {[&](const InputObject& object) {
                                Inspect(object);
                                checking.object(object);
                              },
                              checking.note, checking.failure};
      return Read(case_.object, "object", &reader, sink);
    });
    for (const SkippedDocument& skipped : verdict_.report.skipped) {
      Fail(ExitCode::kUsage, fmt::format("{}:{}: this is left out, as check does: {}", skipped.file,
                                         skipped.position.line, skipped.reason));
    }
    if (objects_ == 0 && verdict_.report.errors.empty()) {
      Fail(ExitCode::kUsage, "the object's file holds no object");
    }
  }

  /// Tells requests that no API server would make.
  void Inspect(const InputObject& object) {
    ++objects_;
    if (object.is_admission_review) {
      if (SaysRequest(case_.request)) {
        Fail(ExitCode::kUsage,
             "an AdmissionReview says its request itself: of `request` leave all out but profile");
      }
      return;
    }
    const std::string& wanted = case_.request.namespace_name.text;
    const std::string_view own = object.root.Get("metadata").Get("namespace").AsString();
    if (wanted.empty() || own.empty() || own == wanted) return;
    Fail(ExitCode::kUsage, fmt::format("the object is in the namespace {:?}, the request in {:?}: "
                                       "the API server refuses that",
                                       own, wanted));
  }

  const SuiteText& text_;
  const int number_;
  const TestCase& case_;
  Environment& env_;
  CheckSettings settings_;
  Checker checker_;
  CaseVerdict verdict_;
  int objects_ = 0;
};

}  // namespace

CaseVerdict RunCase(const SuiteText& text, int number, const policy::Engine& engine,
                    core::WallTime now, Environment& env) {
  return CaseRun(text, number, engine, now, env).Run();
}

std::string PathFromSuite(const policy::TestSuite& suite, const std::string& path) {
  const std::filesystem::path from = std::filesystem::path(suite.file).parent_path();
  return (from / path).lexically_normal().string();
}

}  // namespace mountguard::cli
