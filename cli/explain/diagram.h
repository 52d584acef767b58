#ifndef MOUNTGUARD_CLI_EXPLAIN_DIAGRAM_H_
#define MOUNTGUARD_CLI_EXPLAIN_DIAGRAM_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/explain/explanation.h"

namespace mountguard::cli {

// A pod as a picture, without a format: on the left the host and other pods, in the middle the
// volumes, on the right the containers with their mounts. A mount that is made on one end of a line
// reaches the other end as its flow says.

/// What of the mounts made at one end of a line reaches the other.
enum class Flow { kNone, kAtStart, kLive };
std::string_view ToString(Flow flow);  // "none", "at-start", "live"

/// A mount, as a row of its container.
struct DiagramMount {
  std::string id;
  std::string path;
  std::string mode;
  std::size_t mount;  // into ExplainedPod::mounts
};

struct DiagramNode {
  enum class Kind { kHost, kOtherPods, kVolume, kContainer };
  Kind kind;
  std::string id;
  std::string title;
  std::string subtitle;              // "" for none
  std::vector<DiagramMount> mounts;  // of a container
};

struct DiagramLine {
  std::string from;  // id of a node or a mount; from left to right
  std::string to;
  Flow forward = Flow::kNone;
  Flow backward = Flow::kNone;
};

/// Two volumes with files in common.
struct DiagramOverlap {
  std::string first, second;
};

struct Diagram {
  std::string title;
  std::vector<DiagramNode> nodes;  // the host first, volumes, containers in start order
  std::vector<DiagramLine> lines;
  std::vector<DiagramOverlap> overlaps;

  bool empty() const { return nodes.empty(); }
};

/// The picture of a pod; ids begin with `prefix` and consist of letters, digits and underscores.
/// Volumes that nobody mounts are left out, and so is the host where no volume has to do with it.
Diagram MakeDiagram(const ExplainedPod& pod, const std::string& prefix);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_EXPLAIN_DIAGRAM_H_
