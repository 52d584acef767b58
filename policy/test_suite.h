#ifndef MOUNTGUARD_POLICY_TEST_SUITE_H_
#define MOUNTGUARD_POLICY_TEST_SUITE_H_

#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/source_pos.h"

namespace mountguard::policy {

/// The model of docs/policy-testing.md, as the loader checked it.

/// A text and where it stands; "" was not given.
struct PlacedText {
  std::string text;
  core::SourcePos position;

  bool given() const { return !text.empty(); }
};

/// An object to be judged: in a file, or written into the suite.
struct ObjectSource {
  std::string path;  // as the suite names it; "" of one that stands in the suite
  core::SourcePos position;

  bool given() const { return position.known(); }
  bool is_inline() const { return given() && path.empty(); }
};

/// What the request says that no manifest does. What is not given is not known.
struct TestRequest {
  PlacedText profile;
  PlacedText namespace_name;
  PlacedText operation;  // not given: CREATE, or UPDATE where there is an old object
  PlacedText sub_resource;
  PlacedText user;
  std::vector<PlacedText> groups;
  std::optional<bool> dry_run;
  ObjectSource old_object;
};

/// A finding that must be there: what is given of it must be so, what is not may be anything.
struct ExpectedFinding {
  PlacedText rule;
  PlacedText action;      // the strongest
  PlacedText kind, name;  // of the object
  PlacedText container;
  PlacedText container_type;
  std::optional<int> mount;
  std::optional<int> device;
  PlacedText volume;
  PlacedText mount_path;
  PlacedText exception;
  std::vector<PlacedText> undetermined;
  PlacedText message;  // a part of it
  core::SourcePos position;
};

struct Expectation {
  PlacedText decision;
  std::vector<ExpectedFinding> findings;
  std::optional<bool> no_other_findings;
  std::vector<PlacedText> messages;    // each a part of some finding's
  std::vector<PlacedText> exceptions;  // names of those that must have spared something
};

struct TestCase {
  PlacedText name;
  ObjectSource object;
  std::optional<core::WallTime> at;
  TestRequest request;
  Expectation expect;
  core::SourcePos position;
};

/// One MountPolicyTest.
struct TestSuite {
  std::string file;  // what messages call the file that it stands in
  int number = 0;    // of the suites in its file, from 0
  PlacedText name;
  std::vector<PlacedText> policies;  // paths; none: the built-in baseline
  PlacedText runtime;
  std::optional<core::WallTime> at;
  std::vector<TestCase> cases;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_TEST_SUITE_H_
