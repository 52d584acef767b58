#include "tests/bench/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "tests/bench/child.h"

namespace mountguard::bench {
namespace {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Sample Median(const std::vector<Sample>& samples) {
  const auto median = [&samples](double Sample::*field) {
    std::vector<double> values;
    for (const Sample& sample : samples) values.push_back(sample.*field);
    return Median(std::move(values));
  };
  return {median(&Sample::cpu_us), median(&Sample::per_second), median(&Sample::p50_us),
          median(&Sample::p99_us), median(&Sample::resident_mb)};
}

LoadResult LoadWithoutFailure(const Case& one, const LoadOptions& options) {
  LoadResult result = Load(options);
  if (result.failures > 0 || result.requests == 0) {
    throw std::runtime_error(fmt::format("{}: {} of {} requests failed", one.name, result.failures,
                                         result.requests + result.failures));
  }
  return result;
}

Sample Measure(const Child& server, const Case& one) {
  const Crowd crowd(server.port(), one.crowd);
  LoadOptions options = one.load;
  options.port = server.port();
  double before = 0;
  options.on_start = [&] { before = server.CpuMicroseconds(); };
  LoadResult result = LoadWithoutFailure(one, options);
  const double spent = server.CpuMicroseconds() - before;
  return {spent / static_cast<double>(result.requests), result.PerSecond(), result.Latency(0.5),
          result.Latency(0.99), server.ResidentMegabytes()};
}

}  // namespace

std::map<std::string, Sample> Compare(const std::vector<Case>& cases, int rounds) {
  std::vector<std::unique_ptr<Child>> servers;
  for (const Case& one : cases) servers.push_back(std::make_unique<Child>(one.command));
  std::vector<std::vector<Sample>> samples(cases.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < cases.size(); ++i) {
      samples[i].push_back(Measure(*servers[i], cases[i]));
    }
  }
  std::map<std::string, Sample> medians;
  for (std::size_t i = 0; i < cases.size(); ++i) medians[cases[i].name] = Median(samples[i]);
  return medians;
}

double StartToAnswerMilliseconds(const Case& one, int rounds) {
  std::vector<double> milliseconds;
  for (int round = 0; round < rounds; ++round) {
    using SteadyClock = std::chrono::steady_clock;
    const auto start = SteadyClock::now();
    SteadyClock::time_point answered;
    const Child server(one.command);
    LoadOptions options = one.load;
    options.port = server.port();
    options.connections = 1;
    options.on_start = [&] { answered = SteadyClock::now(); };  // the first answer is there
    LoadWithoutFailure(one, options);
    milliseconds.push_back(std::chrono::duration<double, std::milli>(answered - start).count());
  }
  return Median(std::move(milliseconds));
}

}  // namespace mountguard::bench
