#ifndef MOUNTGUARD_POLICY_SUITE_FIELDS_H_
#define MOUNTGUARD_POLICY_SUITE_FIELDS_H_

#include <array>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/test_suite.h"

namespace mountguard::policy {

/// Where the value of a field goes; from its type follows what the field takes.
template <class T>
using SuiteTarget = std::variant<PlacedText T::*,                     // a text
                                 std::vector<PlacedText> T::*,        // a list of texts
                                 std::optional<bool> T::*,            // true or false
                                 std::optional<int> T::*,             // a whole number, from 0
                                 std::optional<core::WallTime> T::*,  // a date, or an RFC 3339 time
                                 ObjectSource T::*,  // a path, or the object itself
                                 TestRequest T::*, Expectation T::*,  // a map of its own fields
                                 std::vector<TestCase> T::*,          // lists of these
                                 std::vector<ExpectedFinding> T::*>;

/// One field of a MountPolicyTest: the one list that loader, schema and documentation go by.
template <class T>
struct SuiteField {
  std::string_view name;
  SuiteTarget<T> target;
  std::string_view description;  // one line, without a full stop
  bool required = false;
  std::string_view words = "";  // "allow|warn|deny": the only texts it takes; "" for any
};

/// The words of a field one by one.
std::vector<std::string_view> SplitWords(std::string_view words);

inline constexpr std::array<SuiteField<TestSuite>, 4> kSuiteSpecFields = {{
    {"policies", &TestSuite::policies,
     "Policy files and directories, relative to this file; without it the built-in baseline"},
    {"runtime", &TestSuite::runtime, "The nodes' container runtime, for advice that depends on it",
     false, "containerd|cri-o|cri-dockerd"},
    {"at", &TestSuite::at,
     "The day, or RFC 3339 time, on which exceptions are judged; without it today"},
    {"cases", &TestSuite::cases, "What is tried", true},
}};

inline constexpr std::array<SuiteField<TestCase>, 5> kSuiteCaseFields = {{
    {"name", &TestCase::name, "What the case shows; unique in its suite", true},
    {"object", &TestCase::object,
     "The manifest: a path relative to this file, or the object itself", true},
    {"at", &TestCase::at, "As spec.at, for this case"},
    {"request", &TestCase::request, "What the request says that the manifest does not"},
    {"expect", &TestCase::expect, "What must come of it", true},
}};

inline constexpr std::array<SuiteField<TestRequest>, 8> kSuiteRequestFields = {{
    {"profile", &TestRequest::profile, "Judge as /validate/PROFILE does"},
    {"namespace", &TestRequest::namespace_name, "The namespace of an object that names none"},
    {"operation", &TestRequest::operation, "CREATE, or UPDATE where there is an oldObject", false,
     "CREATE|UPDATE"},
    {"subResource", &TestRequest::sub_resource, "For what `kubectl debug` sends", false,
     "ephemeralcontainers"},
    {"user", &TestRequest::user, "Who makes the request; not given is not known"},
    {"groups", &TestRequest::groups, "The user's groups; not given are not known"},
    {"dryRun", &TestRequest::dry_run, "Whether it is a dry run; not given is not known"},
    {"oldObject", &TestRequest::old_object, "What was there before: a path, or the object itself"},
}};

inline constexpr std::array<SuiteField<Expectation>, 5> kSuiteExpectFields = {{
    {"decision", &Expectation::decision, "What the server answers", false, "allow|warn|deny"},
    {"findings", &Expectation::findings, "Findings that must be there; others may be, too"},
    {"noOtherFindings", &Expectation::no_other_findings,
     "true: a finding that is not listed in `findings` fails the case"},
    {"messages", &Expectation::messages, "Texts, each of which a finding's message must hold"},
    {"exceptions", &Expectation::exceptions,
     "Names of exceptions, each of which must have spared a finding"},
}};

inline constexpr std::array<SuiteField<ExpectedFinding>, 13> kSuiteFindingFields = {{
    {"rule", &ExpectedFinding::rule, "The rule's name or id", true},
    {"action", &ExpectedFinding::action, "The strongest action that follows", false,
     "Deny|Warn|Audit"},
    {"kind", &ExpectedFinding::kind, "The object's kind, where the manifest holds several"},
    {"name", &ExpectedFinding::name, "The object's name, where the manifest holds several"},
    {"container", &ExpectedFinding::container, "The container's name"},
    {"containerType", &ExpectedFinding::container_type, "The list in which the container stands",
     false, "container|initContainer|ephemeralContainer"},
    {"mount", &ExpectedFinding::mount, "The place in the container's volumeMounts, from 0"},
    {"device", &ExpectedFinding::device, "The place in the container's volumeDevices, from 0"},
    {"volume", &ExpectedFinding::volume, "The volume's name"},
    {"mountPath", &ExpectedFinding::mount_path, "The mount's path in the container"},
    {"exception", &ExpectedFinding::exception, "The exception that spares it"},
    {"undetermined", &ExpectedFinding::undetermined,
     "All that is not known and on which the verdict hangs", false,
     "user|groups|namespace|name|dryRun"},
    {"message", &ExpectedFinding::message, "A part of its message"},
}};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_SUITE_FIELDS_H_
