#include "tests/bench/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace mountguard::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kMaxWarmUp{10};

std::string RequestText(const LoadOptions& options) {
  return "POST " + options.path +
         "?timeout=5s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: kube-apiserver-admission\r\n"
         "Accept: application/json, */*\r\nContent-Type: application/json\r\n"
         "Accept-Encoding: gzip\r\nContent-Length: " +
         std::to_string(options.body.size()) + "\r\n\r\n" + options.body;
}

/// One connection: what it still has to send, and how much of the answer has come.
class Connection {
 public:
  Connection(const LoadOptions& options, SSL_CTX* context, const std::string& request, int epoll)
      : options_(options), context_(context), request_(request), epoll_(epoll) {
    Open();
  }
  ~Connection() { Close(); }
  /// Has had an answer, or an end: it takes part.
  bool answered() const { return answered_; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Does whatever the socket allows; each whole answer is put into `result`.
  void Advance(LoadResult* result) {
    if (connecting_) {
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) return HandleStop(0, result);
      connecting_ = false;
    }
    while (!connecting_) {
      if (sent_ < request_.size()) {
        const int written = Write(request_.data() + sent_, request_.size() - sent_);
        if (written <= 0) return HandleStop(written, result);
        sent_ += static_cast<std::size_t>(written);
        continue;
      }
      char buffer[16384];
      const int count = Read(buffer, sizeof buffer);
      if (count <= 0) return HandleStop(count, result);
      answer_.append(buffer, static_cast<std::size_t>(count));
      if (AnswerIsWhole()) Finish(result);
    }
  }

 private:
  void Open() {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS) {
      throw std::runtime_error("cannot connect to the server under load");
    }
    connecting_ = true;
    if (options_.tls) {
      ssl_ = SSL_new(context_);
      SSL_set_fd(ssl_, fd_);
      SSL_set_connect_state(ssl_);
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = this;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &event);
    Restart();
  }

  void Close() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    ssl_ = nullptr;
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  void Restart() {
    sent_ = 0;
    answer_.clear();
    started_ = SteadyClock::now();
  }

  int Write(const char* data, std::size_t size) {
    if (ssl_ != nullptr) return Classify(SSL_write(ssl_, data, static_cast<int>(size)));
    const ssize_t count = send(fd_, data, size, MSG_NOSIGNAL);
    return count < 0 && errno == EAGAIN ? kWouldBlock : static_cast<int>(count);
  }

  int Read(char* data, std::size_t size) {
    if (ssl_ != nullptr) return Classify(SSL_read(ssl_, data, static_cast<int>(size)));
    const ssize_t count = recv(fd_, data, size, 0);
    return count < 0 && errno == EAGAIN ? kWouldBlock : static_cast<int>(count);
  }

  int Classify(int count) const {
    if (count > 0) return count;
    const int error = SSL_get_error(ssl_, count);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? kWouldBlock : 0;
  }

  void HandleStop(int code, LoadResult* result) {
    if (code == kWouldBlock) return;
    answered_ = true;
    ++result->failures;
    Close();
    Open();
  }

  bool AnswerIsWhole() const {
    const std::size_t head = answer_.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    if (answer_.find("Transfer-Encoding: chunked") < head) {  // as Go sends what is long
      constexpr std::string_view kLastChunk = "\r\n0\r\n\r\n";
      return std::string_view(answer_).ends_with(kLastChunk);
    }
    const std::size_t length = answer_.find("Content-Length: ");
    const std::size_t size =
        length < head ? std::strtoul(answer_.c_str() + length + 16, nullptr, 10) : 0;
    return answer_.size() >= head + 4 + size;
  }

  void Finish(LoadResult* result) {
    const std::chrono::duration<double, std::micro> took = SteadyClock::now() - started_;
    answered_ = true;
    ++result->requests;
    result->latencies_us.push_back(took.count());
    if (answer_.compare(0, 12, "HTTP/1.1 200") != 0) ++result->failures;
    if (options_.new_connection_each) {
      Close();
      Open();
    } else {
      Restart();
    }
  }

  static constexpr int kWouldBlock = -2;

  const LoadOptions& options_;
  SSL_CTX* context_;
  const std::string& request_;
  int epoll_;
  int fd_ = -1;
  SSL* ssl_ = nullptr;
  bool connecting_ = false;
  bool answered_ = false;
  std::size_t sent_ = 0;
  std::string answer_;
  SteadyClock::time_point started_;
};

}  // namespace

double LoadResult::Latency(double quantile) {
  if (latencies_us.empty()) return 0;
  const auto place =
      static_cast<std::ptrdiff_t>(quantile * static_cast<double>(latencies_us.size() - 1));
  std::nth_element(latencies_us.begin(), latencies_us.begin() + place, latencies_us.end());
  return latencies_us[static_cast<std::size_t>(place)];
}

LoadResult Load(const LoadOptions& options) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  const std::string request = RequestText(options);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  LoadResult result;
  {
    std::vector<std::unique_ptr<Connection>> connections;
    for (int i = 0; i < options.connections; ++i) {
      connections.push_back(std::make_unique<Connection>(options, context.get(), request, epoll));
    }
    const auto run_until = [&](const auto& done) {
      epoll_event events[64];
      while (!done()) {
        const int count = epoll_wait(epoll, events, 64, 100);
        for (int i = 0; i < count; ++i) {
          static_cast<Connection*>(events[i].data.ptr)->Advance(&result);
        }
      }
    };
    // A server whose backlog is short makes some wait a second for their place: not part of it.
    const auto give_up = SteadyClock::now() + kMaxWarmUp;
    run_until([&] {
      return SteadyClock::now() > give_up ||
             std::all_of(connections.begin(), connections.end(),
                         [](const auto& connection) { return connection->answered(); });
    });
    result = LoadResult();
    if (options.on_start) options.on_start();
    const auto start = SteadyClock::now();
    run_until([&] { return SteadyClock::now() - start >= options.duration; });
    result.seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
  }
  close(epoll);
  return result;
}

}  // namespace mountguard::bench
