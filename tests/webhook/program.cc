#include "tests/webhook/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "certs/issuer.h"
#include "core/clock.h"
#include "tests/webhook/client.h"

namespace mountguard::tests {

bool Eventually(const std::function<bool()>& condition) {
  for (int tries = 0; tries < 3000; ++tries) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

Program::Program(const std::vector<std::string>& flags, const std::function<void()>& prepare,
                 LogTo log_to) {
  certs::IssueOptions options;
  options.dns_names = {"localhost"};
  const auto issued = certs::Issue(options, core::SystemClock());
  const std::string certificate = (work_ / "tls.crt").string();
  const std::string key = (work_ / "tls.key").string();
  std::ofstream(certificate) << issued->serving.certificate;
  std::ofstream(key) << issued->serving.key;
  std::vector<std::string> words = {
      MOUNTGUARD_BIN,           "serve", "--bind-address",         "127.0.0.1",
      "--secure-port",          "0",     "--tls-cert-file",        certificate,
      "--tls-private-key-file", key,     "--metrics-bind-address", "127.0.0.1:0",
      "--shutdown-delay",       "0s"};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int log = -1;
  if (log_to == LogTo::kPipe) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("the test has no pipe left");
    pipe_ = ends[0];
    ::fcntl(pipe_, F_SETFL, O_NONBLOCK);
    log = ends[1];
  } else {
    log = ::open(LogPath().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(log, STDERR_FILENO);
    if (prepare) prepare();
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(log);
  const bool listens = Eventually([this] {
    ReadPipe();
    metrics_port_ = ListeningPort("metrics");
    return metrics_port_ != 0 || ::waitpid(pid_, nullptr, WNOHANG) != 0;
  });
  port_ = ListeningPort("secure");
  if (!listens || port_ == 0) throw std::runtime_error("it does not listen: " + Log());
}

Program::~Program() {
  if (pipe_ >= 0) ::close(pipe_);
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Program::ReadPipe() {
  char buffer[4096];
  for (ssize_t count = 1; pipe_ >= 0 && count > 0;) {
    count = ::read(pipe_, buffer, sizeof(buffer));
    if (count > 0) read_.append(buffer, static_cast<std::size_t>(count));
  }
}

std::string Program::Log() const {
  if (pipe_ >= 0) return read_;
  std::ostringstream text;
  text << std::ifstream(LogPath()).rdbuf();
  return text.str();
}

int Program::ListeningPort(const std::string& endpoint) const {
  std::istringstream log(Log());
  for (std::string line; std::getline(log, line);) {
    constexpr std::string_view kAddress = "\"address\":\"127.0.0.1:";
    const std::size_t at = line.find(kAddress);
    const bool it = line.find("\"endpoint\":\"" + endpoint + "\"}") != std::string::npos;
    if (it && at != std::string::npos) return std::stoi(line.substr(at + kAddress.size()));
  }
  return 0;
}

double Program::Metric(const std::string& name) const {
  Client client(metrics_port_, Client::Tls::kOff);
  const std::string text = "\n" + client.Exchange("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").body;
  const std::size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

void Program::Signal(int number) const { ::kill(pid_, number); }

int Program::Wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace mountguard::tests
