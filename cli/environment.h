#ifndef MOUNTGUARD_CLI_ENVIRONMENT_H_
#define MOUNTGUARD_CLI_ENVIRONMENT_H_

#include <functional>
#include <iosfwd>
#include <vector>

#include "core/clock.h"
#include "core/file_reader.h"

namespace mountguard::cli {

struct FlagGroup;

/// Told of the flags of a command in place of the command's being run (flag_listing.h).
using FlagListener = std::function<void(const std::vector<FlagGroup>& groups)>;

/// What a run of the program says to the shell. Part of the interface: CI jobs tell "your manifest
/// is wrong" from "the check did not work" by it.
enum class ExitCode : int {
  kClean = 0,
  kFindings = 1,    // findings at or above --fail-on
  kUsage = 2,       // wrong usage, a wrong policy, a wrong certificate
  kUnreadable = 3,  // something could not be read or written
};

/// The code of a run in which both happened: 2 before 3 before 1. What could not be read is never
/// "clean", and a wrong policy makes every finding doubtful.
ExitCode Combine(ExitCode a, ExitCode b);

/// How a stream may be written to.
struct Terminal {
  bool colour = false;
  int width = 100;     // columns
  bool wraps = false;  // a person looks at it: long lines are wrapped between words
};

/// Everything that a command touches of the world, so that a test can be the world. Borrowed.
struct Environment {
  std::istream& in;
  std::ostream& out;  // results, and nothing else
  std::ostream& err;  // everything else
  const core::FileReader& files;
  const core::Clock& clock;
  Terminal terminal;  // of `out`
  /// Where `err` is a terminal on which a line may be written over and over, so that long work
  /// tells how far it is: the columns that it has at the moment.
  std::function<int()> progress_width;
  const FlagListener* flag_listener = nullptr;
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_ENVIRONMENT_H_
