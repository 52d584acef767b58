// Bytes of a connection, on a socket pair, through a worker: what it answers is, byte for byte,
// what the framer and the exchange make of the same bytes in one piece, however they were cut on
// their way. The first two bytes of the input say where to cut.

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "core/sha256.h"
#include "webhook/http_exchange.h"
#include "webhook/request_reader.h"
#include "webhook/server_state.h"
#include "webhook/worker.h"

using namespace mountguard::webhook;  // NOLINT: a program of one function

namespace {

constexpr std::size_t kMaxInput = 64 * 1024;  // less than a socket holds: writing never blocks
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// Says all that a handler was given, and cannot be taken for the head of a response.
HttpResponse Digest(const HttpRequest& request) {
  const std::string seen = fmt::format("{}\n{}\n{}\n{}\n{}", request.method, request.path,
                                       request.parameter, request.query, request.body);
  return {200, "text/plain", mountguard::core::Sha256Hex(seen)};
}

HttpServerSettings Settings() {
  HttpServerSettings settings;
  settings.limits.body_bytes = 4096;
  settings.routes = {{"POST", "/v", Digest}, {"GET", "/l", Digest}, {"POST", "/v/{name}", Digest}};
  settings.error_response = [](int status, std::string_view message) -> HttpResponse {
    return {status, "text/plain", std::string(message)};
  };
  return settings;
}

/// A server's only worker, and its end of each socket pair.
class Server {
 public:
  Server() : state_(Settings()), worker_(&state_, 0), thread_([this] { worker_.Run(); }) {}
  ~Server() {
    state_.stage = Stage::kStopping;
    worker_.Wake();
    thread_.join();
  }

  void Serve(int socket) {
    worker_.Give({socket, state_.table.Add(socket, ConnectionTable::Standing::kUnproven, "peer")});
  }
  const HttpServerSettings& settings() const { return state_.settings; }

 private:
  ServerState state_;
  Worker worker_;
  std::thread thread_;
};

/// The same without sockets.
std::string Expected(const HttpServerSettings& settings, std::string_view bytes) {
  HttpExchange exchange(&settings.routes, &settings.error_response,
                        std::chrono::duration_cast<std::chrono::seconds>(settings.idle_timeout), 0);
  RequestReader reader(&settings.limits);
  std::string out;
  while (!bytes.empty()) {
    const std::size_t taken = reader.Feed(bytes);
    bytes.remove_prefix(taken);
    if (reader.state() == RequestReader::State::kRefused) {
      const Refusal& refusal = reader.refusal();
      exchange.Refuse(refusal.status, refusal.message, reader.method(), {}, &out);
      break;
    }
    if (reader.state() != RequestReader::State::kComplete) {
      if (taken == 0) std::abort();  // neither progress nor an end
      continue;
    }
    const bool ends = !reader.keep_alive();
    exchange.Answer(&reader, {"peer", nullptr, {}, ends}, &out);
    if (ends) break;
    reader.Reset();
  }
  return out;
}

/// Waits until the other side has read all, so that what is sent next comes to it apart.
void Drain(int socket) {
  for (int unread = 1; unread > 0;) {
    if (::ioctl(socket, SIOCOUTQ, &unread) != 0) std::abort();
    if (unread > 0) std::this_thread::yield();
  }
}

/// As read(2), which libFuzzer's timer interrupts every ten minutes.
ssize_t Read(int socket, std::array<char, 16 * 1024>* buffer) {
  ssize_t count = 0;
  do {
    count = ::read(socket, buffer->data(), buffer->size());
  } while (count < 0 && errno == EINTR);
  return count;
}

/// What comes back until the server closes, less the invitations to send a body: whether there is
/// one depends on how much of the body was there already.
std::string Answers(Server& server, std::string_view bytes, std::array<std::size_t, 2> cuts) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0 ||
      ::fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0) {
    std::abort();
  }
  const int client = ends[0];
  server.Serve(ends[1]);
  for (const std::size_t cut : cuts) {
    const std::string_view piece = bytes.substr(0, cut);
    bytes.remove_prefix(piece.size());
    if (piece.empty()) continue;
    // The server may have closed already.
    if (::send(client, piece.data(), piece.size(), MSG_NOSIGNAL) > 0) Drain(client);
  }
  if (!bytes.empty()) ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ::shutdown(client, SHUT_WR);
  std::string out;
  std::array<char, 16 * 1024> buffer;
  for (ssize_t count; (count = Read(client, &buffer)) > 0;) {
    out.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(client);
  for (std::size_t at; (at = out.find(kContinue)) != std::string::npos;) {
    out.erase(at, kContinue.size());
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3 || size > kMaxInput) return 0;
  static Server server;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  if (Answers(server, bytes, {data[0], data[1]}) != Expected(server.settings(), bytes)) {
    std::abort();
  }
  return 0;
}
