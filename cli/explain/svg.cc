#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "cli/explain/diagram.h"
#include "cli/explain/diagram_layout.h"
#include "cli/explain/diagram_svg.h"
#include "cli/explain/explanation.h"
#include "cli/report/assets.h"
#include "cli/report/markup.h"

namespace mountguard::cli {
namespace {

constexpr int kMargin = 16;
constexpr int kHeadingHeight = 34;
constexpr int kGap = 20;
constexpr int kLegendColumns = 3;
constexpr int kLegendColumnWidth = 325;
constexpr int kLegendWidth = kMargin + kLegendColumns * kLegendColumnWidth;
constexpr int kLegendRowHeight = 24;

/// What the lines mean, in columns; returns how high it is.
int WriteLegend(std::ostream& out) {
  int number = 0;
  for (const LegendSample& sample : Legend()) {
    fmt::print(out, "<g transform=\"translate({} {})\">",
               kMargin + number % kLegendColumns * kLegendColumnWidth,
               number / kLegendColumns * kLegendRowHeight);
    DrawSample(sample, out);
    fmt::print(out, "<text class=\"subtitle\" x=\"{}\" y=\"14\">{}</text></g>\n", kSampleWidth + 10,
               sample.meaning);
    ++number;
  }
  return (number + kLegendColumns - 1) / kLegendColumns * kLegendRowHeight;
}

}  // namespace

/// One picture: the pods one below the other, and what the lines mean.
void WriteSvgExplanation(const Explanation& explanation, const Terminal&, std::ostream& out) {
  std::ostringstream pods;
  int width = kLegendWidth;
  int y = 0;
  int number = 0;
  for (const ExplainedPod& pod : explanation.pods) {
    const Diagram diagram = MakeDiagram(pod, fmt::format("pod{}_", number++));
    if (diagram.empty()) continue;
    const DiagramLayout layout = LayOut(diagram);
    fmt::print(pods,
               "<g transform=\"translate(0 {})\"><text class=\"heading\" x=\"16\" y=\"26\">{}"
               "</text>\n",
               y, Escaped(diagram.title));
    fmt::print(pods, "<g transform=\"translate(0 {})\">\n", kHeadingHeight);
    DrawDiagram(layout, DrawnFor::kPicture, pods);
    fmt::print(pods, "</g></g>\n");
    y += kHeadingHeight + layout.height + kGap;
    width = std::max(width, layout.width);
  }
  fmt::print(pods, "<g transform=\"translate(0 {})\">\n", y);
  const int height = y + WriteLegend(pods) + kMargin;
  fmt::print(pods, "</g>\n");
  fmt::print(out,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"diagram\" width=\"{0}\" "
             "height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n<title>Mount propagation</title>\n"
             "<style>{2}</style>\n<rect class=\"page\" width=\"{0}\" height=\"{1}\"/>\n{3}</svg>\n",
             width, height, kDiagramCss, pods.str());
}

}  // namespace mountguard::cli
