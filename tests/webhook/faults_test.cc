// What may befall a server that runs: too many clients, too few descriptors, a full disk, a stop.
// Nothing that a client was promised is lost.

#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/webhook/client.h"
#include "tests/webhook/program.h"

namespace mountguard::tests {
namespace {

using Tls = Client::Tls;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A pod with one mount: Kubernetes refuses its mode without a privileged container.
std::string Review(const std::string& mode = "Bidirectional") {
  const std::string body =
      R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u",)"
      R"("operation":"CREATE","kind":{"group":"","version":"v1","kind":"Pod"},"object":)"
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c",)"
      R"("image":"i","volumeMounts":[{"name":"v","mountPath":"/m","mountPropagation":")" +
      mode + R"("}]}],"volumes":[{"name":"v","emptyDir":{}}]}}}})";
  return fmt::format(
      "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      body.size(), body);
}

bool Denies(const Response& response) {
  return response.status == 200 && response.body.find("\"allowed\":false") != std::string::npos;
}

void AllowManyFiles() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

std::function<void()> LimitFiles(rlim_t limit) {
  return [limit] {
    const rlimit files{limit, limit};
    ::setrlimit(RLIMIT_NOFILE, &files);
  };
}

TEST_CASE("a thousand idle and two hundred dripping connections keep no live request waiting") {
  AllowManyFiles();
  Program program({"--request-timeout", "2s"});
  std::vector<std::unique_ptr<Client>> idle;
  std::vector<std::unique_ptr<Client>> dripping;
  for (int i = 0; i < 1000; ++i) {
    idle.push_back(std::make_unique<Client>(program.port(), Tls::kOn));
    REQUIRE(idle.back()->connected());
  }
  Client live(program.port(), Tls::kOn);
  const std::string request = Review();
  for (int i = 0; i < 200; ++i) {
    dripping.push_back(std::make_unique<Client>(program.port(), Tls::kOn));
    REQUIRE(dripping.back()->Send(request.substr(0, request.find("\r\n\r\n") + 4)));
  }
  // A byte each, and a request of the live client's, until the drips are cut off.
  for (std::size_t i = 0; i < 5000 && program.Metric("mountguard_protocol_errors_total"
                                                     "{reason=\"timeout\"}") < 200;
       ++i) {
    for (int byte = 0; byte < 20; ++byte) dripping[(i * 20 + byte) % 200]->Send("x");
    REQUIRE(Denies(live.Exchange(request)));
  }
  for (const auto& drip : dripping) CHECK(drip->Receive().status == 408);
  for (const auto& client : idle) REQUIRE(Denies(client->Exchange(request)));
}

/// Connects without waiting for the outcome, says nothing, and leaves when many came after it.
class Flood {
 public:
  explicit Flood(int port) {
    address_.sin_family = AF_INET;
    address_.sin_port = htons(static_cast<std::uint16_t>(port));
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  ~Flood() {
    for (const int socket : sockets_) ::close(socket);
  }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

  void Connect() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    // Closed with a reset: thousands of ports would else be in TIME_WAIT.
    const linger abort{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    ::connect(fd, reinterpret_cast<const sockaddr*>(&address_), sizeof(address_));
    sockets_.push_back(fd);
    if (sockets_.size() > 3000) {
      ::close(sockets_.front());
      sockets_.pop_front();
    }
  }

 private:
  sockaddr_in address_{};
  std::deque<int> sockets_;
};

TEST_CASE("a flood of silent connections takes nothing from clients that were served") {
  AllowManyFiles();
  const bool is_long = std::getenv("MOUNTGUARD_LONG") != nullptr;
  const int ticks = is_long ? 1000 : 100;  // of 10 ms, with 50 connections each
  Program program({});
  std::vector<std::unique_ptr<Client>> kept;
  for (int i = 0; i < 16; ++i) {
    kept.push_back(std::make_unique<Client>(program.port(), Tls::kOn));
    REQUIRE(Denies(kept.back()->Exchange(Review())));
  }
  std::atomic<bool> over{false};
  std::thread flood([&] {
    Flood sockets(program.port());
    auto next = steady_clock::now();
    for (int tick = 0; tick < ticks; ++tick) {
      for (int i = 0; i < 50; ++i) sockets.Connect();
      std::this_thread::sleep_until(next += milliseconds(10));
    }
    over = true;
  });
  int answered = 0;
  int lost = 0;
  int newcomers = 0;
  while (!over) {
    for (const auto& client : kept) ++(Denies(client->Exchange(Review())) ? answered : lost);
    Client newcomer(program.port(), Tls::kOn);
    if (Denies(newcomer.Exchange(Review()))) ++newcomers;
  }
  flood.join();
  const double rejected = program.Metric("mountguard_connections_rejected_total{reason=\"limit\"}");
  std::printf(
      "flood: %d requests answered on kept connections, %d lost; %d newcomers served; "
      "%.0f silent ones sent away\n",
      answered, lost, newcomers, rejected);
  CHECK(lost == 0);
  CHECK(answered > 0);
  CHECK(newcomers > 0);
  CHECK(rejected > 0);
}

TEST_CASE("with 64 file descriptors it serves, and who was served stays") {
  Program program({}, LimitFiles(64));
  CHECK(program.Log().find("fewer connections than wanted") != std::string::npos);
  Client served(program.port(), Tls::kOn);
  REQUIRE(Denies(served.Exchange(Review())));
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 200; ++i)
    silent.push_back(std::make_unique<Client>(program.port(), Tls::kOff));
  Client newcomer(program.port(), Tls::kOn);
  CHECK(Denies(newcomer.Exchange(Review())));
  CHECK(Denies(served.Exchange(Review())));
  CHECK(program.Metric("process_max_fds") == 64);
  program.Signal(SIGTERM);
  CHECK(program.Wait() == 0);
}

TEST_CASE("with hardly any file descriptors it does not start, and says why") {
  CHECK_THROWS_WITH(Program({}, LimitFiles(24)), Catch::Matchers::Contains("open files"));
}

TEST_CASE("who was in time while the process was stopped is answered when it goes on") {
  Program program({"--request-timeout", "1s", "--idle-timeout", "1s"});
  const std::string request = Review();
  Client half(program.port(), Tls::kOn);
  Client idle(program.port(), Tls::kOn);
  REQUIRE(Denies(idle.Exchange(request)));
  REQUIRE(half.Send(request.substr(0, request.size() / 2)));
  REQUIRE(
      Eventually([&] { return program.Metric("mountguard_connections{state=\"active\"}") == 1; }));
  program.Signal(SIGSTOP);
  std::this_thread::sleep_for(milliseconds(2500));
  program.Signal(SIGCONT);
  REQUIRE(half.Send(request.substr(request.size() / 2)));
  CHECK(Denies(half.Receive()));
  CHECK(Denies(idle.Exchange(request)));
  // Deadlines hold again afterwards.
  REQUIRE(half.Send(request.substr(0, request.size() / 2)));
  CHECK(half.Receive().status == 408);
}

TEST_CASE("a full disk costs lines of the log and no request, and is told when there is room") {
  // A limit on the size of files stands for the disk; reaching it is an error of write, as there.
  Program program({}, [] {
    const rlimit size{16 * 1024, 16 * 1024};
    ::setrlimit(RLIMIT_FSIZE, &size);
  });
  Client client(program.port(), Tls::kOn);
  for (int i = 0; i < 300; ++i) REQUIRE(Denies(client.Exchange(Review())));
  CHECK(Eventually([&] { return program.Metric("mountguard_log_lines_lost_total") > 100; }));
  CHECK(std::filesystem::file_size(program.LogPath()) <= 16 * 1024);
  std::filesystem::resize_file(program.LogPath(), 0);
  REQUIRE(Denies(client.Exchange(Review())));
  CHECK(Eventually(
      [&] { return program.Log().find("\"msg\":\"log lines lost\"") != std::string::npos; }));
  program.Signal(SIGTERM);
  CHECK(program.Wait() == 0);
}

TEST_CASE("a log that nobody reads stalls neither requests nor the end") {
  // The log is a pipe that has a reader who reads only until the server listens.
  Program program({}, /*prepare=*/{}, Program::LogTo::kPipe);
  Client client(program.port(), Tls::kOn);
  for (int i = 0; i < 1000; ++i) REQUIRE(Denies(client.Exchange(Review())));
  program.Signal(SIGTERM);
  CHECK(program.Wait() == 0);
}

TEST_CASE("the level of the log follows SIGUSR1 and SIGUSR2") {
  Program program({});
  Client client(program.port(), Tls::kOn);
  const auto says = [&](const std::string& text) {
    return Eventually([&] { return program.Log().find(text) != std::string::npos; });
  };
  REQUIRE(client.Exchange(Review("None")).status == 200);
  program.Signal(SIGUSR1);
  CHECK(says(R"("msg":"log level","from":"info","to":"debug"})"));
  CHECK(program.Log().find(R"("decision":"allow")") == std::string::npos);
  REQUIRE(client.Exchange(Review("None")).status == 200);
  CHECK(says(R"("level":"debug","msg":"admission","decision":"allow")"));
  program.Signal(SIGUSR2);
  CHECK(says(R"("from":"debug","to":"info"})"));
  program.Signal(SIGUSR2);
  CHECK(says(R"("from":"info","to":"warn"})"));
  program.Signal(SIGTERM);
  CHECK(program.Wait() == 0);
}

TEST_CASE("the trace of a request is in its line of the log") {
  Program program({});
  Client client(program.port(), Tls::kOn);
  std::string request = Review();
  request.insert(request.find("\r\n") + 2,
                 "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n");
  REQUIRE(Denies(client.Exchange(request)));
  CHECK(Eventually([&] {
    return program.Log().find(R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",)"
                              R"("span_id":"00f067aa0ba902b7"})") != std::string::npos;
  }));
}

TEST_CASE("a second signal ends the process at once") {
  Program program({"--shutdown-delay", "100h"});
  program.Signal(SIGTERM);
  REQUIRE(
      Eventually([&] { return program.Log().find("\"msg\":\"stopping") != std::string::npos; }));
  program.Signal(SIGINT);
  CHECK(program.Wait() == 128 + SIGINT);
  CHECK(program.Log().find("a second signal") != std::string::npos);
}

}  // namespace
}  // namespace mountguard::tests
