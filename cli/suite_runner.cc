#include "cli/suite_runner.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>

#include "cli/case_runner.h"
#include "cli/expectation.h"
#include "core/runtime.h"
#include "policy/suite_loader.h"

namespace mountguard::cli {
namespace {

using policy::PolicyFile;
using policy::PolicyProblem;
using policy::TestCase;
using policy::TestSuite;

constexpr std::string_view kDefaultRuntime = "containerd";

PolicyProblem ErrorAt(const TestSuite& suite, core::SourcePos position, std::string message) {
  return {PolicyProblem::Severity::kError, suite.file, position, std::move(message)};
}

/// Adds what is not there yet: a file may stand in a directory that is named as well.
void AddFiles(std::vector<PolicyFile> more, std::vector<PolicyFile>* files) {
  for (PolicyFile& file : more) {
    const auto same = [&file](const PolicyFile& known) { return known.name == file.name; };
    if (std::none_of(files->begin(), files->end(), same)) files->push_back(std::move(file));
  }
}

}  // namespace

void SuiteRunner::RunFile(const std::string& path, bool only_come_across) {
  auto content = env_.files.Read(path);
  if (!content) return Unreadable(content.error().message);
  if (only_come_across && !policy::LooksLikeSuite(*content)) return;
  ++suites_seen_;
  const PolicyFile file = {path, std::move(*content)};
  const policy::LoadedSuites loaded = policy::LoadSuites(file);
  for (const PolicyProblem& problem : loaded.problems) Tell(ExitCode::kUsage, problem, {file});

  // The same text once more, as kubectl reads it: for the objects that stand in it.
  std::size_t next = 0;
  std::vector<InputNote> notes;
  const InputSink sink = {
      [&](const InputObject& document) {
        if (next < loaded.suites.size()) RunSuite(file, loaded.suites[next++], document, notes);
        notes.clear();
      },
      [&notes](const InputNote& note) { notes.push_back(note); },
      [&](const InputFailure& failure) {
        Tell(ExitCode::kUsage,
             {PolicyProblem::Severity::kError, path, failure.pos, failure.message}, {file});
      }};
  if (!loaded.suites.empty()) suite_reader_.ReadText(file.name, file.content, sink);
}

void SuiteRunner::RunSuite(const PolicyFile& file, const TestSuite& suite,
                           const InputObject& document, const std::vector<InputNote>& notes) {
  std::vector<std::string> paths;
  Policies& policies = PoliciesOf(file, suite, &paths);
  if (policies.set == nullptr) return;
  const std::vector<PolicyProblem> unknown = policy::FindUnknownNames(suite, *policies.set);
  for (const PolicyProblem& problem : unknown) Tell(ExitCode::kUsage, problem, {file});
  if (!unknown.empty()) return;

  TestSuiteResult result = {suite.file, suite.name.text, std::move(paths), {}};
  const SuiteText text = {suite, document, notes};
  for (std::size_t i = 0; i < suite.cases.size(); ++i) {
    const TestCase& one = suite.cases[i];
    const core::WallTime now = one.at ? *one.at : suite.at.value_or(now_);
    CaseVerdict verdict =
        RunCase(text, static_cast<int>(i), EngineOf(policies, suite, one), now, env_);
    code_ = Combine(code_, verdict.code);
    TestCaseResult& said = result.cases.emplace_back();
    said.name = one.name.text;
    said.position = one.name.position;
    said.errors = std::move(verdict.errors);
    if (!said.errors.empty()) continue;
    said.decision = DecisionOf(verdict.report);
    said.differences = Compare(one.expect, verdict.report);
    if (!suite.policies.empty()) {
      coverage_.Count(*policies.set, one.request.profile.text, verdict.report);
    }
  }
  report_.suites.push_back(std::move(result));
}

SuiteRunner::Policies& SuiteRunner::PoliciesOf(const PolicyFile& file, const TestSuite& suite,
                                               std::vector<std::string>* paths) {
  for (const policy::PlacedText& path : suite.policies) {
    paths->push_back(PathFromSuite(suite, path.text));
  }
  const auto [entry, is_new] = policies_.try_emplace(*paths);
  Policies& policies = entry->second;
  if (is_new) {
    policies.set = suite.policies.empty() ? policy::Baseline() : LoadPolicies(file, suite);
    if (policies.set != nullptr && !suite.policies.empty()) coverage_.Add(*policies.set);
  } else if (policies.set == nullptr) {
    const std::string message =
        fmt::format("{}: {} is not run: its policies are wrong, as was told before", suite.file,
                    suite.name.text);
    fmt::print(env_.err, "{}\n", message);
    report_.errors.push_back(message);
  }
  return policies;
}

std::shared_ptr<const policy::PolicySet> SuiteRunner::LoadPolicies(const PolicyFile& file,
                                                                   const TestSuite& suite) {
  std::vector<PolicyFile> files;
  bool readable = true;
  for (const policy::PlacedText& path : suite.policies) {
    auto read = policy::ReadPolicyFiles({PathFromSuite(suite, path.text)}, env_.files);
    if (read) {
      AddFiles(std::move(*read), &files);
    } else {
      Tell(ExitCode::kUnreadable, ErrorAt(suite, path.position, read.error().message), {file});
      readable = false;
    }
  }
  if (!readable) return nullptr;
  policy::LoadedPolicies loaded = policy::LoadPolicies(files);
  for (const PolicyProblem& problem : loaded.problems) Tell(ExitCode::kUsage, problem, files);
  return std::move(loaded.policies);
}

const policy::Engine& SuiteRunner::EngineOf(Policies& policies, const TestSuite& suite,
                                            const TestCase& one) {
  const std::string runtime =
      suite.runtime.given() ? suite.runtime.text : std::string(kDefaultRuntime);
  auto& engine = policies.engines[{one.request.profile.text, runtime}];
  if (engine == nullptr) {
    engine = std::make_unique<const policy::Engine>(policies.set, one.request.profile.text,
                                                    *core::RuntimeFromText(runtime));
  }
  return *engine;
}

void SuiteRunner::Tell(ExitCode code, const PolicyProblem& problem,
                       const std::vector<PolicyFile>& files) {
  env_.err << policy::Render(problem, files);
  if (problem.severity != PolicyProblem::Severity::kError) return;
  report_.errors.push_back(problem.position.known()
                               ? fmt::format("{}:{}:{}: {}", problem.file, problem.position.line,
                                             problem.position.column, problem.message)
                               : fmt::format("{}: {}", problem.file, problem.message));
  code_ = Combine(code_, code);
}

void SuiteRunner::Unreadable(const std::string& message) {
  fmt::print(env_.err, "{}\n", message);
  report_.errors.push_back(message);
  code_ = Combine(code_, ExitCode::kUnreadable);
}

TestReport SuiteRunner::TakeReport() {
  report_.coverage = coverage_.Result();
  return std::move(report_);
}

}  // namespace mountguard::cli
