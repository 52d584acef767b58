#ifndef MOUNTGUARD_CLI_CHECKER_H_
#define MOUNTGUARD_CLI_CHECKER_H_

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/input.h"
#include "cli/report/reporter.h"
#include "core/clock.h"
#include "core/code_frame.h"
#include "core/file_reader.h"
#include "core/manifest_stream.h"
#include "policy/engine.h"
#include "policy/subject.h"
#include "policy/verdict.h"

namespace mountguard::cli {

/// How manifests are judged: what the command line says of a request that nobody made yet.
struct CheckSettings {
  std::string operation = "CREATE";
  std::optional<std::string> namespace_name;  // of objects that do not say theirs
  std::optional<std::string> user;
  std::vector<std::string> groups;  // none: unknown
  std::optional<bool> dry_run;
  std::string sub_resource;
  core::JsonValue old_object;           // on UPDATE; borrowed
  bool undecodable_is_finding = false;  // as for the server; else it is an error
  bool strict = false;
  int frame_width = 100;  // columns for the lines around a result
  core::WallTime now;     // what exceptions' expiry is held against
};

/// The request that would bring `object`, as far as it can be assumed. Borrows both.
policy::RequestFacts AssumedRequest(const CheckSettings& settings, core::JsonValue object);

/// Judges manifests by one engine, one after the other, as the server judges requests.
///
/// Keeps its buffers: what it costs is the reading. Not thread-safe; one a thread.
class Checker {
 public:
  /// All borrowed; must outlive this.
  Checker(const policy::Engine& engine, const CheckSettings& settings,
          const core::FileReader& files, std::istream& standard_input)
      : engine_(engine), settings_(settings), reader_(files, standard_input) {}

  /// What there is to say of what `read` puts into the sink: a text, a part of a file. In the order
  /// of documents and items; of one object first what Kubernetes says, in its order, then the rest
  /// by position.
  CheckReport Check(const std::function<InputCounts(const InputSink& sink)>& read);
  /// The same of some documents of a file.
  CheckReport CheckPiece(const std::string& file, const core::ManifestPiece& piece);
  /// The report on a file that cannot be read, or not any further.
  CheckReport Unreadable(const std::string& file, const std::string& message);

 private:
  void Take(const InputObject& object);
  void Take(const InputNote& note);
  void Take(const InputFailure& failure);

  void Judge(const InputObject& object);
  void JudgeReview(const InputObject& object);
  /// Judges what subject_ holds, which was read from `object`.
  void Evaluate(const InputObject& object);
  void AddError(const InputPlace& place, core::SourcePos position, std::string_view text,
                int first_line, std::string message);
  core::CodeFrame FrameAt(std::string_view text, int first_line, core::SourcePos position);

  const policy::Engine& engine_;
  const CheckSettings& settings_;
  InputReader reader_;
  policy::Subject subject_;
  policy::Verdict verdict_;
  std::optional<core::LineIndex> lines_;  // of the text lines_of_
  std::string_view lines_of_;
  std::vector<CheckResult> results_;  // until they are in order
  CheckReport report_;
};

/// Adds what `part` says behind what `report` says.
void Append(CheckReport part, CheckReport* report);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_CHECKER_H_
