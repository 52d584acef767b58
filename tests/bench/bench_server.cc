// Prints what a server costs under load, and then one table of what is asked of it and what was
// reached. The servers:
//   stock    an empty handler on the unmodified httplib::SSLServer (64 threads, no request limit)
//   null     our server with an empty handler
//   bare     accept, SSL_accept, one read and one write of the same sizes, close
//   admit    `mountguard serve`, a whole admission of a 5 KB pod with the baseline policy
//   psa      pod-security-admission's own webhook server (peers/), where it could be built
// Servers run on one core, the load on the other; rounds are interleaved and medians are printed.
// The figures that matter are ratios within this one run.

#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/bench/child.h"
#include "tests/bench/compare.h"
#include "tests/bench/limit_table.h"
#include "tests/bench/load.h"
#include "tests/bench/policy_cost.h"
#include "tests/bench/policy_text.h"
#include "tests/bench/review_body.h"
#include "tests/bench/servers.h"

namespace mountguard::bench {
namespace {

constexpr int kLoadCore = 1;
constexpr int kFewRules = 10;
constexpr int kManyRules = 10'000;
constexpr int kContainersOfLargePod = 411;  // 500 KB
constexpr CrowdSize kCrowd{1'000, 200};
constexpr int kStarts = 11;

// What is asked for.
constexpr double kMaxCpuAgainstStock = 0.8;
constexpr double kMinThroughputAgainstNull = 0.8;
constexpr double kMaxCpuAgainstBare = 1.3;
constexpr double kMaxCpuOfManyRules = 1.3;
constexpr double kMaxCpuOfLargePod = 1.2;  // times the ratio of the sizes
constexpr double kMaxLatencyInCrowd = 2;
constexpr double kMaxResidentMegabytes = 64;
constexpr double kMaxStartMilliseconds = 50;
constexpr double kMaxLoadingAgainstYaml = 1.5;
constexpr double kMaxCpuAgainstPeer = 0.1;
constexpr double kMaxMemoryAgainstPeer = 0.5;

/// Runs the groups of cases that belong together and gathers what they say about the limits.
class Benchmark {
 public:
  Benchmark(Servers servers, int rounds, std::chrono::milliseconds duration)
      : servers_(std::move(servers)), rounds_(rounds) {
    load_.body = ReviewBody();
    load_.duration = duration;
    load_.connections = 16;
  }

  void Run() {
    fmt::print("body {} bytes; medians of {} interleaved rounds of {} ms\n\n", load_.body.size(),
               rounds_, load_.duration.count());
    fmt::print("{:<16} {:<22} {:>9} {:>10} {:>9} {:>9} {:>8}\n", "connections", "server", "CPU us",
               "requests/s", "p50 us", "p99 us", "RSS MB");
    PinToCore(kLoadCore);
    for (int connections : {1, 16, 64}) CompareKept(connections);
    CompareNew();
    CompareSizes();
    CompareRules();
    ComparePeer();
    MeasureStart();
    MeasureLoading();
    fmt::print("\n");
    table_.Print();
  }

 private:
  LoadOptions Kept(int connections) const {
    LoadOptions load = load_;
    load.connections = connections;
    return load;
  }

  /// Prints a line each, the cases' in their order.
  std::map<std::string, Sample> CompareAndPrint(const std::string& connections,
                                                const std::vector<Case>& cases) const {
    const auto medians = Compare(cases, rounds_);
    for (const Case& one : cases) {
      const Sample& sample = medians.at(one.name);
      fmt::print("{:<16} {:<22} {:>9.1f} {:>10.0f} {:>9.0f} {:>9.0f} {:>8.1f}\n", connections,
                 one.name, sample.cpu_us, sample.per_second, sample.p50_us, sample.p99_us,
                 sample.resident_mb);
      std::fflush(stdout);
    }
    return medians;
  }

  void CompareKept(int connections) {
    const LoadOptions load = Kept(connections);
    const auto kept = fmt::format("{} kept", connections);
    const auto medians = CompareAndPrint(kept, {{"stock", servers_.Beside("stock"), load},
                                                {"null", servers_.Beside("null"), load},
                                                {"admit", servers_.Serve(), load}});
    if (connections == 64) return;
    const Sample& admit = medians.at("admit");
    table_.AtMost("CPU a request, against stock, " + kept, medians.at("stock").cpu_us, admit.cpu_us,
                  "us", kMaxCpuAgainstStock);
    table_.AtLeast("requests a second, against null, " + kept, medians.at("null").per_second,
                   admit.per_second, "/s", kMinThroughputAgainstNull);
  }

  void CompareNew() {
    LoadOptions load = load_;
    load.new_connection_each = true;
    const auto medians = CompareAndPrint("new each, 16", {{"bare", servers_.Beside("bare"), load},
                                                          {"stock", servers_.Beside("stock"), load},
                                                          {"null", servers_.Beside("null"), load},
                                                          {"admit", servers_.Serve(), load}});
    table_.AtMost("CPU of a new connection a request, against bare", medians.at("bare").cpu_us,
                  medians.at("admit").cpu_us, "us", kMaxCpuAgainstBare);
  }

  void CompareSizes() {
    LoadOptions large = load_;
    large.body = ReviewBody(kContainersOfLargePod);
    const auto medians = CompareAndPrint("16 kept", {{"admit, 5 KB", servers_.Serve(), load_},
                                                     {"admit, 500 KB", servers_.Serve(), large}});
    const double sizes =
        static_cast<double>(large.body.size()) / static_cast<double>(load_.body.size());
    table_.AtMost(fmt::format("CPU a request, a pod {:.1f} times as large", sizes),
                  medians.at("admit, 5 KB").cpu_us, medians.at("admit, 500 KB").cpu_us, "us",
                  kMaxCpuOfLargePod * sizes);
  }

  void CompareRules() {
    const auto serve = [this](int rules) {
      const std::string path = (std::filesystem::path(servers_.certificate).parent_path() /
                                fmt::format("{}.yaml", rules))
                                   .string();
      std::ofstream(path) << PolicyText(rules);
      return servers_.Serve({"--policy", path});
    };
    const auto medians =
        CompareAndPrint("16 kept", {{"10 rules", serve(kFewRules), load_},
                                    {"10,000 rules", serve(kManyRules), load_},
                                    {"10,000 rules, a crowd", serve(kManyRules), load_, kCrowd}});
    const Sample& many = medians.at("10,000 rules");
    const Sample& crowded = medians.at("10,000 rules, a crowd");
    table_.AtMost("CPU a request, 10,000 rules against 10", medians.at("10 rules").cpu_us,
                  many.cpu_us, "us", kMaxCpuOfManyRules);
    table_.AtMost("p99 with 1,000 idle and 200 dripping connections", many.p99_us, crowded.p99_us,
                  "us", kMaxLatencyInCrowd);
    table_.AtMost("resident memory with them and 10,000 rules", crowded.resident_mb, "MB",
                  kMaxResidentMegabytes);
  }

  void ComparePeer() {
    if (servers_.peer.empty()) {
      table_.Skip("CPU and memory against pod-security-admission", "it could not be built here");
      return;
    }
    // The pod is judged and let in, as ours judges it and lets it in.
    const std::vector<std::string> labels = {"pod-security.kubernetes.io/enforce=privileged",
                                             "pod-security.kubernetes.io/warn=baseline",
                                             "pod-security.kubernetes.io/audit=baseline"};
    // Nothing is asked of the namespace's pods, so that this one is not even decoded.
    const std::vector<std::string> no_labels;
    const auto medians =
        CompareAndPrint("16 kept", {{"psa, baseline", servers_.Peer(labels), load_},
                                    {"psa, nothing asked", servers_.Peer(no_labels), load_},
                                    {"admit", servers_.Serve(), load_}});
    const Sample& admit = medians.at("admit");
    const Sample& peer = medians.at("psa, baseline");
    table_.AtMost("CPU a request, against pod-security-admission", peer.cpu_us, admit.cpu_us, "us",
                  kMaxCpuAgainstPeer);
    table_.AtMost("  and where that has nothing to judge", medians.at("psa, nothing asked").cpu_us,
                  admit.cpu_us, "us", 0);
    table_.AtMost("resident memory, against pod-security-admission", peer.resident_mb,
                  admit.resident_mb, "MB", kMaxMemoryAgainstPeer);
  }

  void MeasureStart() {
    LoadOptions load = load_;
    load.duration = std::chrono::milliseconds(20);
    table_.AtMost("start to the first answered request",
                  StartToAnswerMilliseconds({"start", servers_.Serve(), load}, kStarts), "ms",
                  kMaxStartMilliseconds);
  }

  void MeasureLoading() {
    const PolicyCost cost = MeasurePolicies(kFewRules, kManyRules, rounds_);
    table_.AtMost(fmt::format("loading 10,000 rules ({:.1f} MB), against LoadAll", cost.megabytes),
                  cost.bare_ms, cost.load_ms, "ms", kMaxLoadingAgainstYaml);
    table_.AtMost("  loaded, linted, the index built", cost.bare_ms, cost.load_ms + cost.compile_ms,
                  "ms", 0);
    table_.AtMost("  the engine's part of a request, 10,000 rules against 10", cost.few_us,
                  cost.many_us, "us", 0);
  }

  const Servers servers_;
  const int rounds_;
  LoadOptions load_;  // 16 kept connections
  LimitTable table_;
};

}  // namespace
}  // namespace mountguard::bench

int main(int argc, char** argv) {
  using namespace mountguard::bench;  // NOLINT: the program's own names
  if (argc < 5) {
    fmt::print(stderr,
               "usage: {} MOUNTGUARD CERTIFICATE KEY PEER|- [ROUNDS [MILLISECONDS]]\n"
               "PEER is the program of tests/bench/peers.\n",
               argv[0]);
    return 2;
  }
  Servers servers;
  servers.directory = std::filesystem::path(argv[0]).parent_path().string();
  servers.mountguard = argv[1];
  servers.certificate = argv[2];
  servers.key = argv[3];
  if (std::string(argv[4]) != "-") servers.peer = argv[4];
  const int rounds = argc > 5 ? std::atoi(argv[5]) : 3;
  const std::chrono::milliseconds duration(argc > 6 ? std::atoi(argv[6]) : 2000);
  try {
    Benchmark(std::move(servers), rounds, duration).Run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_server: {}\n", error.what());
    return 1;
  }
  return 0;
}
