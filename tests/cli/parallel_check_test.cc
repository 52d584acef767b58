#include "cli/parallel_check.h"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/progress.h"
#include "core/clock.h"
#include "policy/policy_loader.h"
#include "tests/cli/memory_files.h"

namespace mountguard::cli {
namespace {

/// Documents of all fates: clean, denied, warned, broken, skipped, empty.
std::string Documents(int count, int salt) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    switch ((i + salt) % 5) {
      case 0:
        text += fmt::format(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{}}}\nspec:\n  containers:\n"
            "  - name: c\n    image: i\n    volumeMounts:\n"
            "    - {{name: h, mountPath: /h, mountPropagation: Bidirectional}}\n"
            "  volumes: [{{name: h, hostPath: {{path: /h}}}}]\n",
            i);
        break;
      case 1:
        text += "a: [\n";
        break;
      case 2:
        text += "kind: Pod\n";
        break;
      case 3:
        text += "apiVersion: v1\nkind: ConfigMap\nkind: ConfigMap\n";
        break;
      default:
        text += "# empty\n";
    }
    text += "---\n";
  }
  return text;
}

std::string Report(const std::vector<std::string>& files, const MemoryFiles& memory, int jobs) {
  std::istringstream in(Documents(4000, 1));
  std::ostringstream out;
  std::ostringstream err;
  const core::FixedClock clock(core::WallTime{});
  Environment env = {in, out, err, memory, clock, {}};
  const policy::Engine engine(policy::Baseline(), "", core::Runtime::kContainerd);
  const CheckReport report = CheckInParallel(
      files, [&] { return &engine; }, CheckSettings(), jobs, env);
  WriteJsonReport(report, {}, out);
  WriteTextReport(report, {}, out);
  CHECK(err.str().empty());
  return out.str();
}

}  // namespace

TEST_CASE("the report is the same whatever the number of threads") {
  std::map<std::string, std::string> contents;
  std::vector<std::string> files;
  for (int i = 0; i < 60; ++i) {
    files.push_back(fmt::format("f{}.yaml", i));
    // Every tenth is large enough for several pieces.
    contents[files.back()] = Documents(i % 10 == 0 ? 6000 : i % 7, i);
  }
  files.insert(files.begin() + 30, {"-", "missing.yaml"});
  const MemoryFiles memory(contents);
  const std::string expected = Report(files, memory, 1);
  CHECK(expected.find("missing.yaml: error: No such file") != std::string::npos);
  CHECK(expected.find("\"files\": 61") != std::string::npos);
  for (const int jobs : {2, 3, 8}) CHECK((Report(files, memory, jobs) == expected));
}

TEST_CASE("every format tells of thousands of results as of a few") {
  const auto written = [](int count) {
    const MemoryFiles memory({{"f", Documents(5 * count, 0)}});
    std::istringstream in;
    std::ostringstream out;
    const core::FixedClock clock(core::WallTime{});
    Environment env = {in, out, out, memory, clock, {}};
    const policy::Engine engine(policy::Baseline(), "", core::Runtime::kContainerd);
    const CheckReport report = CheckInParallel(
        {"f"}, [&] { return &engine; }, CheckSettings(), 2, env);
    for (const ReportFormat& format : ReportFormats()) format.write(report, {}, out);
    return out.str();
  };
  const auto occurrences = [](const std::string& text, const std::string& of) {
    std::size_t count = 0;
    for (std::size_t at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) {
      ++count;
    }
    return count;
  };
  // What is said of one pod does not depend on how many there are.
  const std::string text = written(2500);
  CHECK(occurrences(text, "p500\"") > 0);
  CHECK(occurrences(text, "p500\"") == occurrences(written(200), "p500\""));
  CHECK(occurrences(text, "bidirectional-requires-privileged") > 3 * 2500);
}

TEST_CASE("progress is a line that says how far it is") {
  CHECK(DescribeProgress(12, 1000, 45'400'000) == "checking: file 12 of 1000, 45 MB");
}

TEST_CASE("nothing is told of short work") {
  std::istringstream in;
  std::ostringstream err;
  const MemoryFiles memory;
  const core::FixedClock clock(core::WallTime{});
  Environment env = {in, err, err, memory, clock, {}};
  env.progress_width = [] { return 80; };
  {
    const Progress progress(env, [] { return "far"; });
  }
  CHECK(err.str().empty());
}

}  // namespace mountguard::cli
