#ifndef MOUNTGUARD_CLI_SUITE_RUNNER_H_
#define MOUNTGUARD_CLI_SUITE_RUNNER_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/coverage.h"
#include "cli/environment.h"
#include "cli/input.h"
#include "cli/report/test_report.h"
#include "core/clock.h"
#include "policy/engine.h"
#include "policy/policy_loader.h"
#include "policy/policy_set.h"
#include "policy/test_suite.h"

namespace mountguard::cli {

/// Runs suites of tests, file after file, and gathers what comes of them.
///
/// What is wrong with suites and policies is told on env.err with its place, and counted in the
/// report; the other suites run all the same. Policies that several suites name are loaded once.
/// Not thread-safe.
class SuiteRunner {
 public:
  /// `env` is borrowed. `now` is the moment on which exceptions are judged where a suite says none.
  SuiteRunner(Environment& env, core::WallTime now)
      : env_(env), now_(now), suite_reader_(env.files, env.in) {}

  /// Reads one file and runs its suites. A file that was only come across (below a directory) and
  /// holds none is passed over.
  void RunFile(const std::string& path, bool only_come_across);

  /// A file or directory that cannot be read, in a whole sentence.
  void Unreadable(const std::string& message);

  /// How many suites there were, broken ones too.
  int suites_seen() const { return suites_seen_; }
  /// What came of everything that was run.
  TestReport TakeReport();
  /// The exit code of all that is wrong and could not be read; failed cases are in the report.
  ExitCode code() const { return code_; }

 private:
  /// Policies that are loaded together, and engines made of them by profile and runtime.
  struct Policies {
    std::shared_ptr<const policy::PolicySet> set;  // null if they are wrong or unreadable
    std::map<std::pair<std::string, std::string>, std::unique_ptr<const policy::Engine>> engines;
  };

  void RunSuite(const policy::PolicyFile& file, const policy::TestSuite& suite,
                const InputObject& document, const std::vector<InputNote>& notes);
  Policies& PoliciesOf(const policy::PolicyFile& file, const policy::TestSuite& suite,
                       std::vector<std::string>* paths);
  std::shared_ptr<const policy::PolicySet> LoadPolicies(const policy::PolicyFile& file,
                                                        const policy::TestSuite& suite);
  const policy::Engine& EngineOf(Policies& policies, const policy::TestSuite& suite,
                                 const policy::TestCase& one);
  void Tell(ExitCode code, const policy::PolicyProblem& problem,
            const std::vector<policy::PolicyFile>& files);

  Environment& env_;
  const core::WallTime now_;
  InputReader suite_reader_;
  std::map<std::vector<std::string>, Policies> policies_;
  Coverage coverage_;
  TestReport report_;
  ExitCode code_ = ExitCode::kClean;
  int suites_seen_ = 0;
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_SUITE_RUNNER_H_
