// Every tests/testdata/explain/NAME.yaml has NAME.FORMAT.out for every format of explain, and
// NAME.narrow.out for the text on a terminal of 80 columns. A policy of the same name in policies/
// is applied. MOUNTGUARD_UPDATE_GOLDEN=1 writes them anew; then read the diff.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/explain/diagram.h"
#include "cli/explain/diagram_layout.h"
#include "cli/explain/explanation.h"
#include "core/display_width.h"
#include "tests/cli/golden.h"
#include "tests/cli/manifests.h"
#include "tests/cli/run.h"

namespace mountguard::cli {
namespace {

const std::filesystem::path kDirectory = std::filesystem::path(MOUNTGUARD_TESTDATA) / "explain";

Arguments ExplainOf(const std::string& manifest, std::string_view format) {
  Arguments arguments = {"explain", manifest, "-o", std::string(format)};
  const std::string policy = "policies/" + manifest;
  if (std::filesystem::exists(policy)) arguments.insert(arguments.end(), {"--policy", policy});
  return arguments;
}

std::string GoldenOf(std::string manifest, std::string_view kind) {
  manifest.resize(manifest.size() - std::string(".yaml").size());
  return manifest + "." + std::string(kind) + ".out";
}

Terminal Narrow() {
  Terminal terminal;
  terminal.width = 80;
  terminal.wraps = true;
  return terminal;
}

TEST_CASE("Explanations are what they were approved to be", "[golden][explain]") {
  const StartedIn here(kDirectory);
  const std::vector<std::string> manifests = ManifestsIn(kDirectory);
  REQUIRE(manifests.size() >= 7);
  for (const std::string& manifest : manifests) {
    for (const ExplainFormat& format : ExplainFormats()) {
      CompareWithGolden(GoldenOf(manifest, format.name),
                        Shown(RunProgram(ExplainOf(manifest, format.name))));
    }
    CompareWithGolden(GoldenOf(manifest, "narrow"),
                      Shown(RunProgram(ExplainOf(manifest, "text"), "", Narrow())));
  }
}

TEST_CASE("No approved explanation is left without its manifest and its format",
          "[golden][explain]") {
  for (const auto& entry : std::filesystem::directory_iterator(kDirectory)) {
    if (entry.path().extension() != ".out") continue;
    std::filesystem::path manifest = entry.path();
    const std::string kind = manifest.replace_extension().extension().string().substr(1);
    INFO(entry.path());
    CHECK((kind == "narrow" || FindExplainFormat(kind) != nullptr));
    CHECK(std::filesystem::exists(manifest.replace_extension(".yaml")));
  }
}

TEST_CASE("On a narrow terminal no line of words is wider than it", "[explain]") {
  const StartedIn here(kDirectory);
  for (const std::string& manifest : ManifestsIn(kDirectory)) {
    const std::string text = RunProgram(ExplainOf(manifest, "text"), "", Narrow()).out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      const bool one_word = line.find(' ', line.find_first_not_of(' ')) == std::string::npos;
      CHECK((core::DisplayWidth(line) <= 80 || one_word));
    }
  }
}

/// What stands in fenced blocks of docs/explain.md that name a format, by format.
std::vector<std::pair<std::string, std::string>> Excerpts() {
  std::ifstream page(std::string(MOUNTGUARD_SOURCE_DIR) + "/docs/explain.md");
  std::vector<std::pair<std::string, std::string>> excerpts;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("```", 0) == 0) {
      inside = !inside && line.size() > 3;
      if (inside) excerpts.emplace_back(line.substr(3), "");
    } else if (inside) {
      excerpts.back().second += line + "\n";
    }
  }
  return excerpts;
}

TEST_CASE("The excerpts in docs/explain.md are what the program prints", "[explain]") {
  const StartedIn here(kDirectory);
  std::set<std::string> formats;
  for (const auto& [format, excerpt] : Excerpts()) {
    INFO(format);
    const std::string shown = RunProgram(ExplainOf("order.yaml", format)).out;
    CHECK(shown.find(excerpt) != std::string::npos);
    formats.insert(format);
  }
  CHECK(formats.size() == ExplainFormats().size());
}

// The layout

bool Meet(const Box& a, const Box& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

/// A pod of `containers` containers with so many mounts each, of so many host paths.
ExplainedPod PodOf(int containers, int mounts, int volumes) {
  ExplainedPod pod;
  for (int i = 0; i < volumes; ++i) {
    pod.volumes.push_back({"v" + std::to_string(i), "hostPath", "/srv/" + std::to_string(i)});
  }
  for (int i = 0; i < containers; ++i) {
    ExplainedContainer& container = pod.containers.emplace_back();
    container.name = "c" + std::to_string(i);
    container.start = i + 1;
    for (int j = 0; j < mounts; ++j) {
      ExplainedMount& mount = pod.mounts.emplace_back();
      mount.container = i;
      mount.mount = j;
      mount.volume = "v" + std::to_string((i * 7 + j * 3) % volumes);
      mount.mount_path = "/m" + std::to_string(j);
      const int self = static_cast<int>(pod.mounts.size()) - 1;
      if (j % 2 == 0) {
        pod.edges.push_back({{ExplainedParty::Kind::kMount, self},
                             {ExplainedParty::Kind::kOtherPods, -1},
                             "live",
                             "host-paths",
                             ""});
      }
    }
  }
  return pod;
}

TEST_CASE("Nothing of a picture lies over anything else, and all of it is in it", "[explain]") {
  for (const int containers : {1, 2, 5, 20}) {
    for (const int mounts : {1, 3, 9}) {
      for (const int volumes : {1, 4, 30}) {
        const ExplainedPod pod = PodOf(containers, mounts, volumes);
        const Diagram diagram = MakeDiagram(pod, "p_");
        const DiagramLayout layout = LayOut(diagram);
        REQUIRE(layout.nodes.size() == diagram.nodes.size());
        CHECK(layout.lines.size() == diagram.lines.size());
        for (std::size_t i = 0; i < layout.nodes.size(); ++i) {
          const Box& box = layout.nodes[i].box;
          CHECK((box.x >= 0 && box.y >= 0));
          CHECK((box.right() <= layout.width && box.bottom() <= layout.height));
          for (std::size_t j = 0; j < i; ++j) CHECK_FALSE(Meet(box, layout.nodes[j].box));
        }
        for (const PlacedLine& line : layout.lines) CHECK(line.x1 < line.x2);
      }
    }
  }
}

}  // namespace
}  // namespace mountguard::cli
