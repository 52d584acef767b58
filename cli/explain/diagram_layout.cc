#include "cli/explain/diagram_layout.h"

#include <algorithm>
#include <unordered_map>

namespace mountguard::cli {
namespace {

constexpr int kMargin = 16;
constexpr int kHostWidth = 110;
constexpr int kVolumeWidth = 250;
constexpr int kContainerWidth = 400;
constexpr int kColumnGap = 110;
constexpr int kNodeGap = 18;
constexpr int kHeadHeight = 34;
constexpr int kRowHeight = 26;
constexpr int kFootHeight = 6;  // of a container, below its rows
constexpr int kVolumeHeight = 46;
constexpr int kOthersHeight = 62;
constexpr int kLeastHostHeight = 60;

class LayoutMaker {
 public:
  explicit LayoutMaker(const Diagram& diagram) : diagram_(diagram) {}

  DiagramLayout Make() {
    const bool has_host = Has(DiagramNode::Kind::kHost);
    volumes_x_ = kMargin + (has_host ? kHostWidth + kColumnGap : 0);
    const bool has_volumes = Has(DiagramNode::Kind::kVolume);
    containers_x_ = volumes_x_ + (has_volumes ? kVolumeWidth + kColumnGap : 0);
    PlaceContainers();
    PlaceVolumes();
    PlaceHost();
    PlaceLines();
    PlaceOverlaps();
    // In the order of the diagram, which is that of reading: from the left to the right.
    std::sort(layout_.nodes.begin(), layout_.nodes.end(),
              [](const PlacedNode& a, const PlacedNode& b) { return a.node < b.node; });
    layout_.width = containers_x_ + kContainerWidth + kMargin;
    for (const PlacedNode& node : layout_.nodes) {
      layout_.height = std::max(layout_.height, node.box.bottom() + kMargin);
    }
    return std::move(layout_);
  }

 private:
  bool Has(DiagramNode::Kind kind) const {
    return std::any_of(diagram_.nodes.begin(), diagram_.nodes.end(),
                       [kind](const DiagramNode& node) { return node.kind == kind; });
  }

  void Add(const DiagramNode& node, Box box) {
    boxes_[node.id] = box;
    layout_.nodes.push_back({&node, box, {}});
  }

  void PlaceContainers() {
    int y = kMargin;
    for (const DiagramNode& node : diagram_.nodes) {
      if (node.kind != DiagramNode::Kind::kContainer) continue;
      const int rows = static_cast<int>(node.mounts.size()) * kRowHeight;
      Add(node, {containers_x_, y, kContainerWidth, kHeadHeight + rows + kFootHeight});
      int row = y + kHeadHeight;
      for (const DiagramMount& mount : node.mounts) {
        const Box box = {containers_x_, row, kContainerWidth, kRowHeight};
        boxes_[mount.id] = box;
        layout_.nodes.back().mounts.push_back({&mount, box});
        row += kRowHeight;
      }
      y += kHeadHeight + rows + kFootHeight + kNodeGap;
    }
    bottom_ = std::max(y - kNodeGap, kMargin + kVolumeHeight);
  }

  /// The middle of the mounts that the volume has lines to.
  int WantedMiddle(const DiagramNode& volume) const {
    int sum = 0, count = 0;
    for (const DiagramLine& line : diagram_.lines) {
      if (line.from != volume.id) continue;
      sum += boxes_.at(line.to).middle();
      ++count;
    }
    return count == 0 ? kMargin : sum / count;
  }

  /// From the top each as high as it wants, or below the one before; then, where that goes beyond
  /// the containers, from the bottom up again.
  void PlaceVolumes() {
    struct Wish {
      const DiagramNode* node;
      int y;
    };
    std::vector<Wish> wishes;
    for (const DiagramNode& node : diagram_.nodes) {
      if (node.kind == DiagramNode::Kind::kVolume) {
        wishes.push_back({&node, WantedMiddle(node) - kVolumeHeight / 2});
      }
    }
    std::stable_sort(wishes.begin(), wishes.end(),
                     [](const Wish& a, const Wish& b) { return a.y < b.y; });
    int free = kMargin;
    for (Wish& wish : wishes) {
      wish.y = std::max(wish.y, free);
      free = wish.y + kVolumeHeight + kNodeGap;
    }
    int end = std::max(bottom_, kMargin + TotalHeight(wishes.size()));
    for (auto wish = wishes.rbegin(); wish != wishes.rend(); ++wish) {
      wish->y = std::min(wish->y, end - kVolumeHeight);
      end = wish->y - kNodeGap;
    }
    for (const Wish& wish : wishes) {
      Add(*wish.node, {volumes_x_, wish.y, kVolumeWidth, kVolumeHeight});
    }
    bottom_ = std::max(bottom_, kMargin + TotalHeight(wishes.size()));
  }

  static int TotalHeight(std::size_t volumes) {
    const int count = static_cast<int>(volumes);
    return count * (kVolumeHeight + kNodeGap) - kNodeGap;
  }

  /// As tall as all of it; other pods stand below the host.
  void PlaceHost() {
    const bool others = Has(DiagramNode::Kind::kOtherPods);
    const int below = others ? kOthersHeight + kNodeGap : 0;
    const int height = std::max(bottom_ - kMargin - below, kLeastHostHeight);
    for (const DiagramNode& node : diagram_.nodes) {
      if (node.kind == DiagramNode::Kind::kHost) Add(node, {kMargin, kMargin, kHostWidth, height});
      if (node.kind == DiagramNode::Kind::kOtherPods) {
        Add(node, {kMargin, kMargin + height + kNodeGap, kHostWidth, kOthersHeight});
      }
    }
  }

  bool IsOtherPods(const std::string& id) const {
    return std::any_of(diagram_.nodes.begin(), diagram_.nodes.end(), [&id](const DiagramNode& one) {
      return one.id == id && one.kind == DiagramNode::Kind::kOtherPods;
    });
  }

  void PlaceLines() {
    for (const DiagramLine& line : diagram_.lines) {
      const Box& from = boxes_.at(line.from);
      const Box& to = boxes_.at(line.to);
      // Other pods' line ends below the host's, which may end at the same volume.
      const int y2 = to.middle() + (IsOtherPods(line.from) ? 12 : 0);
      // The host is tall: a line leaves it as straight as it can.
      const bool tall = from.width == kHostWidth;
      const int y1 = tall ? std::clamp(y2, from.y + 10, from.bottom() - 10) : FanOut(line, from);
      layout_.lines.push_back({&line, from.right(), y1, to.x, y2});
    }
  }

  /// Lines leave a volume side by side, in the order of the mounts that they go to.
  int FanOut(const DiagramLine& line, const Box& from) const {
    int above = 0, count = 0;
    for (const DiagramLine& other : diagram_.lines) {
      if (other.from != line.from) continue;
      ++count;
      if (boxes_.at(other.to).y < boxes_.at(line.to).y) ++above;
    }
    const int room = kVolumeHeight - 12;
    const int step = count < 2 ? 0 : std::min(9, room / (count - 1));
    return from.middle() + step * above - step * (count - 1) / 2;
  }

  void PlaceOverlaps() {
    for (const DiagramOverlap& overlap : diagram_.overlaps) {
      layout_.overlaps.push_back({&overlap, volumes_x_, boxes_.at(overlap.first).middle() + 12,
                                  boxes_.at(overlap.second).middle() - 12});
    }
  }

  const Diagram& diagram_;
  DiagramLayout layout_;
  std::unordered_map<std::string, Box> boxes_;
  int volumes_x_ = 0, containers_x_ = 0;
  int bottom_ = 0;
};

}  // namespace

DiagramLayout LayOut(const Diagram& diagram) { return LayoutMaker(diagram).Make(); }

}  // namespace mountguard::cli
