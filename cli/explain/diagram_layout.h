#ifndef MOUNTGUARD_CLI_EXPLAIN_DIAGRAM_LAYOUT_H_
#define MOUNTGUARD_CLI_EXPLAIN_DIAGRAM_LAYOUT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/explain/diagram.h"

namespace mountguard::cli {

struct Box {
  int x = 0, y = 0, width = 0, height = 0;

  int right() const { return x + width; }
  int bottom() const { return y + height; }
  int middle() const { return y + height / 2; }
};

struct PlacedMount {
  const DiagramMount* mount;
  Box box;
};

struct PlacedNode {
  const DiagramNode* node;
  Box box;
  std::vector<PlacedMount> mounts;
};

/// A line from the right side of one box to the left side of another one.
struct PlacedLine {
  const DiagramLine* line;
  int x1 = 0, y1 = 0, x2 = 0, y2 = 0;
};

/// A bracket on the left of two volumes.
struct PlacedOverlap {
  const DiagramOverlap* overlap;
  int x = 0, y1 = 0, y2 = 0;
};

/// Where everything of a diagram stands: three columns, containers from the top, each volume as
/// near as it gets to the mounts of it. Nothing lies over anything else. In pixels from the upper
/// left corner.
struct DiagramLayout {
  int width = 0, height = 0;
  std::vector<PlacedNode> nodes;
  std::vector<PlacedLine> lines;
  std::vector<PlacedOverlap> overlaps;
};

/// Borrows the diagram.
DiagramLayout LayOut(const Diagram& diagram);

/// How many characters of labels boxes are made for; longer ones have to be cut.
inline constexpr int kTitleColumns = 30;
inline constexpr int kPathColumns = 34;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_EXPLAIN_DIAGRAM_LAYOUT_H_
