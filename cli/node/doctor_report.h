#ifndef MOUNTGUARD_CLI_NODE_DOCTOR_REPORT_H_
#define MOUNTGUARD_CLI_NODE_DOCTOR_REPORT_H_

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/environment.h"
#include "node/doctor.h"
#include "node/node_view.h"

namespace mountguard::cli {

/// What `node doctor` found.
struct DoctorReport {
  /// A path, and who asked for it: "" for the command line, "rule no-root-agents (a.yaml)".
  struct Path {
    node::PathFinding finding;
    std::vector<std::string> asked_by;
  };

  node::NodeView node;
  std::vector<Path> paths;

  int Count(node::Answer answer) const;
  /// True if some path could not be followed to its end.
  bool HasUnread() const;
};

void WriteTextDoctorReport(const DoctorReport& report, const Terminal& terminal, std::ostream& out);
void WriteJsonDoctorReport(const DoctorReport& report, std::ostream& out);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_DOCTOR_REPORT_H_
