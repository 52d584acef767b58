// Prints what an admission costs: CPU a request, throughput and latency of
//   stock    an empty handler on the unmodified httplib::SSLServer (64 threads, no request limit)
//   null     our server with an empty handler
//   admit    `mountguard serve`, a whole admission of a 5 KB pod with the baseline policy
// at several numbers of kept connections and with a new connection for every request, there also
//   bare     accept, SSL_accept, one read and one write of the same sizes, close
// Servers run on one core, the load on the other; rounds are interleaved and medians are printed.
// The figures that matter are ratios within this one run.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/child.h"
#include "tests/bench/compare.h"
#include "tests/bench/load.h"
#include "tests/bench/review_body.h"

namespace mountguard::bench {
namespace {

constexpr int kLoadCore = 1;

struct Settings {
  std::string directory;  // of the servers built beside this program
  std::string mountguard;
  std::string certificate;
  std::string key;
  int rounds = 3;
  std::chrono::milliseconds duration{2000};
};

std::vector<std::string> CommandOf(const std::string& target, const Settings& settings) {
  if (target == "admit") {
    return {settings.mountguard,      "serve",     "--bind-address",         "127.0.0.1",
            "--secure-port",          "0",         "--metrics-bind-address", "",
            "--shutdown-delay",       "0s",        "--tls-cert-file",        settings.certificate,
            "--tls-private-key-file", settings.key};
  }
  return {settings.directory + "/" + target + "_server", settings.certificate, settings.key};
}

void PrintRow(const std::string& load, const std::string& target, const Sample& sample,
              const Sample& first, const Sample& null) {
  fmt::print("{:<16} {:<8} {:>9.1f} {:>10.0f} {:>9.0f} {:>9.0f} {:>8.1f} {:>11.2f} {:>13.2f}\n",
             load, target, sample.cpu_us, sample.per_second, sample.p50_us, sample.p99_us,
             sample.resident_mb, sample.cpu_us / first.cpu_us, sample.per_second / null.per_second);
}

void Run(const Settings& settings) {
  LoadOptions options;
  options.body = ReviewBody();
  options.duration = settings.duration;
  fmt::print("body {} bytes; medians of {} interleaved rounds of {} ms\n\n", options.body.size(),
             settings.rounds, settings.duration.count());
  fmt::print("{:<16} {:<8} {:>9} {:>10} {:>9} {:>9} {:>8} {:>11} {:>13}\n", "connections", "server",
             "CPU us", "requests/s", "p50 us", "p99 us", "RSS MB", "CPU/first", "req/s / null");
  PinToCore(kLoadCore);
  const auto compare = [&settings](const std::vector<std::string>& names, const LoadOptions& load) {
    std::vector<Target> targets;
    for (const std::string& name : names) targets.push_back({name, CommandOf(name, settings)});
    return Compare(targets, settings.rounds, load);
  };
  for (int connections : {1, 16, 64}) {
    options.connections = connections;
    const auto medians = compare({"stock", "null", "admit"}, options);
    for (const char* target : {"stock", "null", "admit"}) {
      PrintRow(fmt::format("{} kept", connections), target, medians.at(target), medians.at("stock"),
               medians.at("null"));
    }
  }
  options.connections = 16;
  options.new_connection_each = true;
  const auto medians = compare({"bare", "stock", "null", "admit"}, options);
  for (const char* target : {"bare", "stock", "null", "admit"}) {
    PrintRow("new each, 16", target, medians.at(target), medians.at("bare"), medians.at("null"));
  }
  fmt::print(
      "\nCPU/first: against the first server of the block. Limits: admit/stock at 16 kept 0.8, "
      "admit/null requests 0.8,\nnew each: null/bare 1.3.\n");
}

}  // namespace
}  // namespace mountguard::bench

int main(int argc, char** argv) {
  using namespace mountguard::bench;  // NOLINT: the program's own names
  if (argc < 4) {
    fmt::print(stderr, "usage: {} MOUNTGUARD CERTIFICATE KEY [ROUNDS [MILLISECONDS]]\n", argv[0]);
    return 2;
  }
  Settings settings;
  settings.directory = std::filesystem::path(argv[0]).parent_path().string();
  settings.mountguard = argv[1];
  settings.certificate = argv[2];
  settings.key = argv[3];
  if (argc > 4) settings.rounds = std::atoi(argv[4]);
  if (argc > 5) settings.duration = std::chrono::milliseconds(std::atoi(argv[5]));
  try {
    Run(settings);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_server: {}\n", error.what());
    return 1;
  }
  return 0;
}
