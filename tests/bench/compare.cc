#include "tests/bench/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "tests/bench/child.h"

namespace mountguard::bench {
namespace {

Sample Median(std::vector<Sample> samples) {
  const auto median = [&samples](double Sample::*field) {
    std::sort(samples.begin(), samples.end(),
              [field](const Sample& a, const Sample& b) { return a.*field < b.*field; });
    return samples[samples.size() / 2].*field;
  };
  return {median(&Sample::cpu_us), median(&Sample::per_second), median(&Sample::p50_us),
          median(&Sample::p99_us), median(&Sample::resident_mb)};
}

Sample Measure(const Child& server, LoadOptions options) {
  double before = 0;
  options.on_start = [&] { before = server.CpuMicroseconds(); };
  LoadResult result = Load(options);
  const double spent = server.CpuMicroseconds() - before;
  if (result.failures > 0 || result.requests == 0) {
    throw std::runtime_error(fmt::format("{} of {} requests failed", result.failures,
                                         result.requests + result.failures));
  }
  return {spent / static_cast<double>(result.requests), result.PerSecond(), result.Latency(0.5),
          result.Latency(0.99), server.ResidentMegabytes()};
}

}  // namespace

std::map<std::string, Sample> Compare(const std::vector<Target>& targets, int rounds,
                                      LoadOptions options) {
  std::map<std::string, std::unique_ptr<Child>> servers;
  for (const Target& target : targets) {
    servers[target.name] = std::make_unique<Child>(target.command);
  }
  std::map<std::string, std::vector<Sample>> samples;
  for (int round = 0; round < rounds; ++round) {
    for (const Target& target : targets) {
      options.port = servers[target.name]->port();
      samples[target.name].push_back(Measure(*servers[target.name], options));
    }
  }
  std::map<std::string, Sample> medians;
  for (const auto& [name, list] : samples) medians[name] = Median(list);
  return medians;
}

}  // namespace mountguard::bench
