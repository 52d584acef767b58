// The policies of a running server, changed while it answers: every way in which files change, and
// a thousand changes under load.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "certs/issuer.h"
#include "core/clock.h"
#include "core/file_reader.h"
#include "policy/policy_loader.h"
#include "tests/temporary_directory.h"
#include "tests/webhook/client.h"
#include "webhook/app.h"

namespace mountguard::webhook {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using tests::Client;
using tests::Response;

// Files

/// A policy of one rule that denies HostToContainer; its name tells which file of which version.
std::string PolicyText(const std::string& file, int version) {
  const std::string name = file + "-" + std::to_string(version);
  return "apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: " + name +
         "}\nspec:\n  rules:\n    - name: " + name +
         "\n      match: [{mountPropagation: [HostToContainer]}]\n";
}

std::string HalfOf(const std::string& text) { return text.substr(0, text.size() / 2); }

void Write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

/// As editors do: a new file is renamed over the old one.
void WriteByRename(const fs::path& path, const std::string& text) {
  const fs::path next = path.parent_path() / ".next";
  Write(next, text);
  fs::rename(next, path);
}

/// A ConfigMap volume: the kubelet writes a new folder and swaps one link.
class ConfigMapVolume {
 public:
  explicit ConfigMapVolume(fs::path root) : root_(std::move(root)) { fs::create_directory(root_); }

  void Swap(const std::map<std::string, std::string>& files) {
    const std::string folder = "..version" + std::to_string(++version_);
    fs::create_directory(root_ / folder);
    for (const auto& [name, text] : files) Write(root_ / folder / name, text);
    fs::create_symlink(folder, root_ / "..data_tmp");
    fs::rename(root_ / "..data_tmp", root_ / "..data");
    for (const auto& [name, text] : files) {
      if (!fs::is_symlink(root_ / name)) fs::create_symlink("..data/" + name, root_ / name);
    }
    if (!folder_.empty()) fs::remove_all(root_ / folder_);
    folder_ = folder;
  }

 private:
  fs::path root_;
  int version_ = 0;
  std::string folder_;
};

// The server

/// What the process writes on standard error goes into a file while this lives.
class LogFile {
 public:
  explicit LogFile(const fs::path& path)
      : before_(::dup(STDERR_FILENO)),
        file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)) {
    ::dup2(file_, STDERR_FILENO);
  }
  ~LogFile() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    ::close(file_);
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

 private:
  int before_;
  int file_;
};

int PortOf(const std::string& address) { return std::stoi(address.substr(address.rfind(':') + 1)); }

/// The machine's clock, put forward or back.
class JumpingClock final : public core::Clock {
 public:
  core::WallTime Now() const override {
    return std::chrono::system_clock::now() + std::chrono::hours(hours_.load());
  }
  void JumpTo(int hours_from_now) { hours_ = hours_from_now; }

 private:
  std::atomic<int> hours_{0};
};

/// `mountguard serve` in this process, on free ports, with a certificate of its own.
class Server {
 public:
  explicit Server(const fs::path& work, std::vector<std::string> policies)
      : log_file_(work / "log") {
    certs::IssueOptions options;
    options.dns_names = {"localhost"};
    const auto issued = certs::Issue(options, clock_);
    Write(work / "tls.crt", issued->serving.certificate);
    Write(work / "tls.key", issued->serving.key);
    ServerConfig config;
    config.bind_address = "127.0.0.1";
    config.secure_port = 0;
    config.metrics_bind_address = "127.0.0.1:0";
    config.tls_cert_file = work / "tls.crt";
    config.tls_private_key_file = work / "tls.key";
    config.policies = std::move(policies);
    config.reload_settle_time = milliseconds(1);
    auto app = App::Start(config, files_, clock_, log_);
    if (!app) FAIL(app.error().message);
    app_ = std::move(*app);
  }

  int port() const { return PortOf(app_->secure_address()); }
  int metrics_port() const { return PortOf(app_->metrics_address()); }
  JumpingClock& clock() { return clock_; }

 private:
  LogFile log_file_;
  JumpingClock clock_;
  const core::SystemFileReader files_;
  Log log_{LogLevel::kInfo, LogFormat::kJson};
  std::unique_ptr<App> app_;
};

const std::string& ReviewRequest() {
  static const std::string request = [] {
    const std::string body =
        R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","operation":"CREATE",)"
        R"("namespace":"n","object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"volumes":)"
        R"([{"name":"v","hostPath":{"path":"/srv"}}],"containers":[{"name":"a","image":"i","volumeMounts":)"
        R"([{"name":"v","mountPath":"/m","mountPropagation":"HostToContainer"}]}]}}}})";
    return "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: "
           "application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }();
  return request;
}

std::string Get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

/// By which rules, and which set, a pod was judged.
struct Judgement {
  int status = 0;
  std::string digest;
  std::string findings;

  friend bool operator==(const Judgement& a, const Judgement& b) {
    return a.status == b.status && a.digest == b.digest && a.findings == b.findings;
  }
};

Judgement Ask(Client* client) {
  const Response response = client->Exchange(ReviewRequest());
  if (response.status != 200) return {response.status, response.body, {}};
  const json answer = json::parse(response.body)["response"];
  const json& annotations = answer["auditAnnotations"];
  return {response.status, annotations["policy"], annotations.value("findings", "")};
}

/// What a set of these texts must answer.
Judgement Expected(const std::vector<std::string>& texts) {
  std::vector<policy::PolicyFile> files;
  Judgement expected{200, {}, {}};
  std::vector<std::string> findings;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    files.push_back({std::to_string(i) + ".yaml", texts[i]});
  }
  const auto loaded = policy::LoadPolicies(files);
  REQUIRE(loaded.policies != nullptr);
  for (const policy::MountPolicy& one : loaded.policies->policies()) {
    for (const policy::PolicyRule& rule : one.rules) findings.push_back(rule.name + "=Deny");
  }
  std::sort(findings.begin(), findings.end());
  for (const std::string& finding : findings) {
    expected.findings += (expected.findings.empty() ? "" : ",") + finding;
  }
  expected.digest = loaded.policies->digest();
  return expected;
}

/// Asks a server until it is in a state; what it counts in the metrics.
class Probe {
 public:
  explicit Probe(const Server& server)
      : client_(server.port(), Client::Tls::kOn),
        scrape_(server.metrics_port(), Client::Tls::kOff) {}

  Judgement Now() { return Ask(&client_); }
  bool Ready() { return client_.Exchange(Get("/readyz")).status == 200; }

  std::string Metrics() { return scrape_.Exchange(Get("/metrics")).body; }
  double Metric(const std::string& name) {
    const std::string text = "\n" + Metrics();
    const std::size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
  double Failures() { return Metric("mountguard_policy_reloads_total{result=\"failure\"}"); }
  double Successes() { return Metric("mountguard_policy_reloads_total{result=\"success\"}"); }

  bool WaitFor(const Judgement& wanted) {
    return Wait([&] { return Now() == wanted; });
  }
  bool WaitForFailures(double count) {
    return Wait([&] { return Failures() >= count; });
  }
  static bool Wait(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      std::this_thread::sleep_for(milliseconds(1));
    }
    return true;
  }

 private:
  Client client_;
  Client scrape_;
};

}  // namespace

TEST_CASE(
    "a policy file may be renamed over, written in place, half at a time, and go and return") {
  const tests::TemporaryDirectory work;
  const fs::path file = work / "policy.yaml";
  const auto text = [](int version) { return PolicyText("a", version); };
  Write(file, text(1));
  const Server server(work / "", {file});
  Probe probe(server);
  CHECK(probe.Now() == Expected({text(1)}));
  CHECK(probe.Failures() == 0);
  CHECK(probe.Successes() == 0);

  WriteByRename(file, text(2));
  CHECK(probe.WaitFor(Expected({text(2)})));

  Write(file, HalfOf(text(3)));  // the rest is still to come
  CHECK(probe.WaitForFailures(1));
  CHECK(probe.Now() == Expected({text(2)}));
  CHECK(probe.Ready());
  Write(file, text(3));
  CHECK(probe.WaitFor(Expected({text(3)})));

  Write(file, "");
  CHECK(probe.WaitForFailures(2));
  fs::remove(file);
  CHECK(probe.WaitForFailures(3));
  CHECK(probe.Now() == Expected({text(3)}));
  CHECK(probe.Ready());
  Write(file, text(4));
  CHECK(probe.WaitFor(Expected({text(4)})));
}

TEST_CASE("a policy directory may be swapped as a ConfigMap volume is, vanish and return") {
  const tests::TemporaryDirectory work;
  const fs::path root = work / "policies";
  const auto files = [](int version) {
    return std::map<std::string, std::string>{{"a.yaml", PolicyText("a", version)},
                                              {"b.yaml", PolicyText("b", version)}};
  };
  const auto expected = [](int version) {
    return Expected({PolicyText("a", version), PolicyText("b", version)});
  };
  auto volume = std::make_unique<ConfigMapVolume>(root);
  volume->Swap(files(1));
  const Server server(work / "", {root});
  Probe probe(server);
  CHECK(probe.Now() == expected(1));

  volume->Swap(files(2));
  CHECK(probe.WaitFor(expected(2)));

  auto broken = files(3);
  broken["b.yaml"] = "spec: [";
  volume->Swap(broken);
  CHECK(probe.WaitForFailures(1));
  CHECK(probe.Now() == expected(2));
  CHECK(probe.Ready());

  fs::rename(root, work / "elsewhere");
  CHECK(probe.WaitForFailures(2));
  CHECK(probe.Now() == expected(2));
  CHECK(probe.Ready());
  fs::create_directory(root);  // there again, and empty
  CHECK(probe.WaitForFailures(3));
  CHECK(probe.Now() == expected(2));
  fs::remove(root);
  volume = std::make_unique<ConfigMapVolume>(root);
  volume->Swap(files(4));
  CHECK(probe.WaitFor(expected(4)));
}

TEST_CASE("a clock that jumps cuts off nobody and changes only what goes by dates") {
  constexpr int kTenYears = 10 * 365 * 24;
  const tests::TemporaryDirectory work;
  Server server(work.path(), {});
  const std::string& request = ReviewRequest();
  Client kept(server.port(), Client::Tls::kOn);
  CHECK(Ask(&kept).status == 200);
  for (const int hours : {kTenYears, -kTenYears, 0}) {
    INFO(hours << " hours from now");
    Client half(server.port(), Client::Tls::kOn);
    REQUIRE(half.Send(request.substr(0, request.size() / 2)));
    CHECK(Ask(&kept).status == 200);
    server.clock().JumpTo(hours);
    CHECK(Ask(&kept).status == 200);
    CHECK(half.Exchange(request.substr(request.size() / 2)).status == 200);
    Client newcomer(server.port(), Client::Tls::kOn);
    CHECK(Ask(&newcomer).status == 200);
    CHECK(newcomer.Exchange(Get("/readyz")).status == (hours > 0 ? 503 : 200));
  }
}

TEST_CASE("metrics tell which policies are in force, and what their exceptions do") {
  const tests::TemporaryDirectory work;
  const fs::path file = work / "policy.yaml";
  const std::string exceptions =
      "  exceptions:\n"
      "    - {name: used, rules: [a-1], match: [{namespaces: [n]}], reason: x}\n"
      "    - {name: unused, rules: [a-1], match: [{namespaces: [other]}], reason: x}\n"
      "    - {name: over, rules: [a-1], match: [{namespaces: [n]}], reason: x, expires: "
      "2020-01-01}\n";
  Write(file, PolicyText("a", 1) + exceptions);
  const Server server(work / "", {file});
  Probe probe(server);
  const Judgement first = probe.Now();
  CHECK(first.findings.empty());
  CHECK(probe.Metric("mountguard_policy_info{digest=\"" + first.digest + "\"}") == 1);
  CHECK(probe.Metric("mountguard_policy_rules") == 1);
  CHECK(probe.Metric("mountguard_exceptions_expired") == 1);
  CHECK(probe.Metric("mountguard_exceptions_used_total{exception=\"used\"}") == 1);
  CHECK(probe.Metric("mountguard_exceptions_used_total{exception=\"unused\"}") == 0);
  CHECK(probe.Metric("mountguard_exceptions_used_total{exception=\"over\"}") == 0);

  WriteByRename(file, PolicyText("a", 2));
  CHECK(probe.WaitFor(Expected({PolicyText("a", 2)})));
  const std::string digest = probe.Now().digest;
  CHECK(probe.WaitForFailures(0));
  CHECK(probe.Metric("mountguard_policy_info{digest=\"" + digest + "\"}") == 1);
  CHECK(probe.Metric("mountguard_policy_info{digest=\"" + first.digest + "\"}") == -1);
  CHECK(probe.Metric("mountguard_exceptions_expired") == 0);
  CHECK(probe.Successes() == 1);
}

TEST_CASE("metrics tell of the findings of rules that are in force") {
  const tests::TemporaryDirectory work;
  const fs::path file = work / "policy.yaml";
  Write(file, PolicyText("a", 1));
  const Server server(work / "", {file});
  Probe probe(server);
  const auto findings = [&probe](const std::string& rule) {
    return probe.Metric("mountguard_findings_total{action=\"Deny\",rule=\"" + rule + "\"}");
  };
  probe.Now();
  probe.Now();
  CHECK(findings("a-1") == 2);

  // What is in force still goes on counting; what is gone goes.
  WriteByRename(file, PolicyText("a", 1) + "    - {name: more, match: [{volumeTypes: [nfs]}]}\n");
  CHECK(Probe::Wait([&] { return probe.Metric("mountguard_policy_rules") == 2; }));
  CHECK(findings("a-1") == 2);
  probe.Now();
  CHECK(findings("a-1") == 3);
  WriteByRename(file, PolicyText("a", 2));
  CHECK(Probe::Wait([&] { return findings("a-1") == -1; }));
  CHECK(findings("a-2") == -1);
  probe.Now();
  CHECK(findings("a-2") == 1);
}

namespace {

constexpr int kSwaps = 1'000;
constexpr int kBrokenEvery = 10;
constexpr int kClients = 2;

/// Leaves the server some of a small machine's time to read its policies in.
constexpr std::chrono::microseconds kPause{200};

bool IsBroken(int version) { return version % kBrokenEvery == 0; }

/// The next one follows at some moment, perhaps while this one is being read.
bool IsHasty(int version) { return version % kBrokenEvery == 3 || version % kBrokenEvery == 6; }

/// Clients that ask again and again, and hold every answer against the sets that were in force.
class CheckedLoad {
 public:
  /// `sets` by version; only those that are not broken are there.
  CheckedLoad(int port, const std::map<std::string, int>& version_of,
              const std::map<int, Judgement>& sets)
      : port_(port), version_of_(version_of), sets_(sets) {
    for (int i = 0; i < kClients; ++i) clients_.emplace_back([this] { Run(); });
  }
  ~CheckedLoad() { Stop(); }

  /// Swapped in: from now on it may judge.
  void Publish(int version) { published_ = version; }
  /// Seen in force: from now on nothing older may judge.
  void Confirm(int version) { confirmed_ = version; }

  void Stop() {
    stop_ = true;
    for (std::thread& client : clients_) {
      if (client.joinable()) client.join();
    }
  }
  /// After Stop.
  const std::vector<std::string>& faults() const { return faults_; }
  long answers() const { return answers_; }

 private:
  void Run() {
    Client client(port_, Client::Tls::kOn);
    while (!stop_) {
      const int oldest = confirmed_;
      const Judgement judgement = Ask(&client);
      const int newest = published_;
      ++answers_;
      if (std::string fault = WhyWrong(judgement, oldest, newest); !fault.empty()) {
        const std::lock_guard lock(mutex_);
        faults_.push_back(std::move(fault));
        if (judgement.status == 0) return;  // the connection is gone
      }
      std::this_thread::sleep_for(kPause);
    }
  }

  std::string WhyWrong(const Judgement& judgement, int oldest, int newest) const {
    if (judgement.status != 200) return "lost: status " + std::to_string(judgement.status);
    const auto version = version_of_.find(judgement.digest);
    if (version == version_of_.end())
      return "judged by a set that nobody wrote: " + judgement.findings;
    if (version->second < oldest || version->second > newest) {
      return "judged by version " + std::to_string(version->second) + ", in force were " +
             std::to_string(oldest) + " to " + std::to_string(newest);
    }
    if (!(judgement == sets_.at(version->second))) {
      return "version " + std::to_string(version->second) + " found " + judgement.findings;
    }
    return {};
  }

  const int port_;
  const std::map<std::string, int>& version_of_;
  const std::map<int, Judgement>& sets_;
  std::atomic<int> published_{1};
  std::atomic<int> confirmed_{1};
  std::atomic<bool> stop_{false};
  std::atomic<long> answers_{0};
  std::mutex mutex_;
  std::vector<std::string> faults_;
  std::vector<std::thread> clients_;
};

}  // namespace

TEST_CASE(
    "a thousand swaps under load, every tenth broken: none lost, none judged by a wrong set") {
  const tests::TemporaryDirectory work;
  // Two files that must be of one version; of a broken version the first one alone is right.
  std::map<int, Judgement> sets;
  std::map<std::string, int> version_of;
  for (int version = 1; version <= kSwaps; ++version) {
    if (IsBroken(version)) continue;
    sets[version] = Expected({PolicyText("a", version), PolicyText("b", version)});
    version_of[sets[version].digest] = version;
  }
  REQUIRE(version_of.size() == sets.size());
  const auto files = [](int version) {
    const std::string second = PolicyText("b", version);
    return std::map<std::string, std::string>{
        {"a.yaml", PolicyText("a", version)},
        {"b.yaml", IsBroken(version) ? HalfOf(second) : second}};
  };

  ConfigMapVolume volume(work / "policies");
  volume.Swap(files(1));
  const Server server(work / "", {work / "policies"});
  Probe probe(server);
  CheckedLoad load(server.port(), version_of, sets);
  for (int version = 2; version <= kSwaps; ++version) {
    load.Publish(version);
    volume.Swap(files(version));
    if (IsHasty(version)) {
      std::this_thread::sleep_for(std::chrono::microseconds(version * 97 % 4'000));
      continue;
    }
    if (IsBroken(version)) {
      REQUIRE(probe.WaitForFailures(version / kBrokenEvery));
      REQUIRE(probe.Now() == sets.at(version - 1));
      REQUIRE(probe.Ready());
    } else {
      REQUIRE(probe.WaitFor(sets.at(version)));
      load.Confirm(version);
    }
  }
  load.Stop();
  for (const std::string& fault : load.faults()) UNSCOPED_INFO(fault);
  CHECK(load.faults().empty());
  CHECK(load.answers() > kSwaps);
  CHECK(probe.Failures() == kSwaps / kBrokenEvery);
  CHECK(probe.Now() == sets.at(kSwaps - 1));
}

}  // namespace mountguard::webhook
