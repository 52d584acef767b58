// A server that works for long: what it holds of memory, files and threads must not grow while it
// is under load and its policy and certificate change all the time.
//
//   soak MOUNTGUARD [--any-memory]
//
// Ten seconds, or ten minutes with MOUNTGUARD_LONG=1. --any-memory judges files and threads alone:
// a sanitizer's memory is its own.

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "certs/issuer.h"
#include "core/clock.h"
#include "core/file_writer.h"
#include "tests/bench/child.h"
#include "tests/bench/load.h"
#include "tests/bench/review_body.h"
#include "tests/temporary_directory.h"
#include "tests/webhook/client.h"

namespace mountguard::tests {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr seconds kShort{10};
constexpr seconds kLong{600};
constexpr int kSamples = 20;
constexpr seconds kSoakPatience{30};
constexpr milliseconds kBetweenReloads{100};
/// Memory at the end, against a third of the way: what the allocator may keep.
constexpr double kMaxGrowth = 1.05;
constexpr double kMaxGrowthMegabytes = 1;

void WaitFor(const std::string& what, const std::function<bool()>& condition) {
  const auto give_up = SteadyClock::now() + kSoakPatience;
  while (!condition()) {
    if (SteadyClock::now() > give_up) throw std::runtime_error(what + " never came about");
    std::this_thread::sleep_for(milliseconds(5));
  }
}

void Write(const fs::path& path, const std::string& text) {
  const auto written = core::WriteFileAtomically(path, text, 0600);
  if (!written) throw std::runtime_error(written.error().message);
}

/// The files of a server. A version tells itself apart from the one before; names return, as every
/// new name of a rule would be a new time series that the server has to keep.
class Files {
 public:
  Files() { Change(0); }

  void Change(int version) {
    WritePolicy(version);
    WriteCertificate(version);
  }
  void WritePolicy(int version) {
    Write(policy(),
          fmt::format("apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {{name: "
                      "soak}}\nspec:\n  rules:\n    - name: {}\n      match: "
                      "[{{mountPropagation: [Bidirectional]}}]\n      "
                      "validationActions: [Warn]\n",
                      NameOf(version)));
  }
  void WriteCertificate(int version) {
    certs::IssueOptions options;
    options.dns_names = {NameOf(version)};
    const auto issued = certs::Issue(options, core::SystemClock());
    if (!issued) throw std::runtime_error(issued.error().message);
    Write(key(), issued->serving.key);
    Write(certificate(), issued->serving.certificate);
  }

  static std::string NameOf(int version) { return fmt::format("version-{}", version % 2); }

  std::string policy() const { return directory_ / "policy.yaml"; }
  std::string certificate() const { return directory_ / "tls.crt"; }
  std::string key() const { return directory_ / "tls.key"; }

 private:
  TemporaryDirectory directory_;
};

/// What the server holds.
struct Holdings {
  double resident_mb = 0;
  int files = 0;
  int threads = 0;
};

Holdings Look(const bench::Child& server) {
  return {server.ResidentMegabytes(), server.OpenFiles(), server.Threads()};
}

bool PolicyIs(int port, int version) {
  const std::string body = bench::ReviewBody();
  Client client(port, Client::Tls::kOn);
  const Response response = client.Exchange(
      "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  return response.body.find(Files::NameOf(version) + "=Warn") != std::string::npos;
}

bool CertificateIs(int port, int version) {
  const Client client(port, Client::Tls::kOn);
  X509* certificate = client.connected() ? SSL_get0_peer_certificate(client.tls()) : nullptr;
  const std::string name = Files::NameOf(version);
  return certificate != nullptr &&
         X509_check_host(certificate, name.data(), name.size(), 0, nullptr) == 1;
}

/// Two loads at once: connections that are kept, and a new one for every request.
class Loads {
 public:
  Loads(int port, seconds duration) {
    for (const bool new_each : {false, true}) {
      bench::LoadOptions options;
      options.port = static_cast<std::uint16_t>(port);
      options.connections = new_each ? 2 : 8;
      options.new_connection_each = new_each;
      options.duration = duration;
      options.body = bench::ReviewBody();
      runs_.push_back(std::async(std::launch::async, [options] { return bench::Load(options); }));
    }
  }
  bool done() const {
    return std::all_of(runs_.begin(), runs_.end(), [](const auto& run) {
      return run.wait_for(seconds(0)) == std::future_status::ready;
    });
  }
  /// Of both together.
  bench::LoadResult Get() {
    bench::LoadResult sum;
    for (auto& run : runs_) {
      const bench::LoadResult result = run.get();
      sum.requests += result.requests;
      sum.failures += result.failures;
    }
    return sum;
  }

 private:
  std::vector<std::future<bench::LoadResult>> runs_;
};

double MedianMegabytes(std::vector<Holdings>::const_iterator begin,
                       std::vector<Holdings>::const_iterator end) {
  std::vector<double> values;
  std::transform(begin, end, std::back_inserter(values),
                 [](const Holdings& held) { return held.resident_mb; });
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

/// What is wrong, in words.
std::vector<std::string> Judge(const Holdings& before, const Holdings& after,
                               const std::vector<Holdings>& under_load, bool any_memory) {
  std::vector<std::string> faults;
  if (after.files != before.files) {
    faults.push_back(
        fmt::format("{} open files at rest before, {} after", before.files, after.files));
  }
  if (after.threads != before.threads) {
    faults.push_back(fmt::format("{} threads before, {} after", before.threads, after.threads));
  }
  const auto third = static_cast<std::ptrdiff_t>(under_load.size() / 3);
  const double early = MedianMegabytes(under_load.begin() + third, under_load.end() - third);
  const double late = MedianMegabytes(under_load.end() - third, under_load.end());
  fmt::print("memory: {:.1f} MB in the second third, {:.1f} MB in the last\n", early, late);
  if (!any_memory && late > early * kMaxGrowth + kMaxGrowthMegabytes) {
    faults.push_back("memory grows");
  }
  return faults;
}

std::vector<std::string> Run(const std::string& mountguard, seconds duration, bool any_memory) {
  Files files;
  const bench::Child server({mountguard, "serve", "--bind-address", "127.0.0.1", "--secure-port",
                             "0", "--metrics-bind-address", "", "--shutdown-delay", "0s",
                             "--tls-cert-file", files.certificate(), "--tls-private-key-file",
                             files.key(), "--policy", files.policy()});
  int version = 0;
  const auto reload = [&] {
    ++version;
    files.Change(version);
    WaitFor("policy " + Files::NameOf(version), [&] { return PolicyIs(server.port(), version); });
    WaitFor("certificate " + Files::NameOf(version),
            [&] { return CertificateIs(server.port(), version); });
  };
  // What is done once only is done before the first look.
  Loads(server.port(), seconds(1)).Get();
  reload();
  std::this_thread::sleep_for(milliseconds(500));
  const Holdings before = Look(server);

  fmt::print("{:>8} {:>9} {:>9} {:>7} {:>9}\n", "seconds", "reloads", "RSS MB", "files", "threads");
  std::vector<Holdings> under_load;
  Loads loads(server.port(), duration);
  const auto start = SteadyClock::now();
  const milliseconds interval = milliseconds(duration) / kSamples;
  while (!loads.done()) {
    reload();
    std::this_thread::sleep_for(kBetweenReloads);
    const auto elapsed = SteadyClock::now() - start;
    if (elapsed < interval * static_cast<int>(under_load.size() + 1)) continue;
    const Holdings held = Look(server);
    under_load.push_back(held);
    fmt::print("{:>8.1f} {:>9} {:>9.1f} {:>7} {:>9}\n",
               std::chrono::duration<double>(elapsed).count(), version, held.resident_mb,
               held.files, held.threads);
    std::fflush(stdout);
  }
  const bench::LoadResult result = loads.Get();
  fmt::print("{} requests, {} failed; {} reloads of policy and certificate\n", result.requests,
             result.failures, version);
  WaitFor("as few open files as before", [&] { return server.OpenFiles() <= before.files; });
  const Holdings after = Look(server);
  fmt::print(
      "at rest before: {:.1f} MB, {} files, {} threads; after: {:.1f} MB, {} files, {} threads\n",
      before.resident_mb, before.files, before.threads, after.resident_mb, after.files,
      after.threads);
  std::vector<std::string> faults = Judge(before, after, under_load, any_memory);
  if (result.failures > 0 || result.requests == 0) faults.push_back("requests failed");
  return faults;
}

}  // namespace
}  // namespace mountguard::tests

int main(int argc, char** argv) {
  using namespace mountguard::tests;  // NOLINT: the program's own names
  if (argc < 2) {
    fmt::print(stderr, "usage: {} MOUNTGUARD [--any-memory]\n", argv[0]);
    return 2;
  }
  const char* wanted = std::getenv("MOUNTGUARD_LONG");
  const bool is_long = wanted != nullptr && std::strcmp(wanted, "1") == 0;
  try {
    const auto faults = Run(argv[1], is_long ? kLong : kShort,
                            argc > 2 && std::strcmp(argv[2], "--any-memory") == 0);
    for (const std::string& fault : faults) fmt::print("FAILED: {}\n", fault);
    return faults.empty() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print("FAILED: {}\n", error.what());
    return 1;
  }
}
