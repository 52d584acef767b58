#include "webhook/http_server.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "webhook/acceptor.h"
#include "webhook/listener.h"
#include "webhook/server_state.h"
#include "webhook/worker.h"

namespace mountguard::webhook {

using std::chrono::milliseconds;

class HttpServer::Impl {
 public:
  explicit Impl(HttpServerSettings settings) : state_(std::move(settings)) {}
  ~Impl() { Stop(milliseconds(0)); }

  core::Result<void> Start() {
    const HttpServerSettings& settings = state_.settings;
    auto listener = Listen(settings.address, settings.port);
    if (!listener) return core::Unexpected(std::move(listener).error());
    address_ = listener->address;
    port_ = listener->port;

    const std::size_t count = settings.workers > 0
                                  ? settings.workers
                                  : std::max<std::size_t>(1, std::thread::hardware_concurrency());
    acceptor_ = std::make_unique<Acceptor>(&state_, std::move(listener).value(), &workers_);
    bool ok = acceptor_->ok();
    for (std::size_t i = 0; i < count; ++i) {
      workers_.push_back(std::make_unique<Worker>(&state_, i));
      ok = ok && workers_.back()->ok();
    }
    if (!ok) {
      return core::Failure(
          "cannot start the server: the limit on open files (ulimit -n) leaves "
          "none for its threads");
    }
    for (const auto& worker : workers_) {
      auto thread = core::StartThread("worker", [w = worker.get()] { w->Run(); });
      if (!thread) return core::Unexpected(std::move(thread).error());
      threads_.push_back(std::move(*thread));
    }
    auto thread = core::StartThread("acceptor", [this] { acceptor_->Run(); });
    if (!thread) return core::Unexpected(std::move(thread).error());
    acceptor_thread_ = std::move(*thread);
    return {};
  }

  void BeginDrain() {
    Stage serving = Stage::kServing;
    state_.stage.compare_exchange_strong(serving, Stage::kDraining);
  }

  void Stop(milliseconds grace) {
    const std::lock_guard<std::mutex> lock(stop_mutex_);
    state_.stop_deadline.store(std::chrono::steady_clock::now() + grace);
    BeginDrain();
    if (acceptor_thread_.joinable()) {
      acceptor_->Stop();
      acceptor_thread_.join();
    }
    state_.stage.store(Stage::kStopping);
    for (const auto& worker : workers_) worker->Wake();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  const std::string& address() const { return address_; }
  int port() const { return port_; }
  const ConnectionTable& table() const { return state_.table; }

 private:
  ServerState state_;
  std::string address_;
  int port_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Acceptor> acceptor_;
  std::vector<std::thread> threads_;  // of the workers
  std::thread acceptor_thread_;
  std::mutex stop_mutex_;
};

core::Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerSettings settings) {
  auto impl = std::make_unique<Impl>(std::move(settings));
  if (auto started = impl->Start(); !started) return core::Unexpected(std::move(started).error());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;
const std::string& HttpServer::address() const { return impl_->address(); }
int HttpServer::port() const { return impl_->port(); }
ConnectionCounts HttpServer::connections() const { return impl_->table().Count(); }
std::vector<ConnectionInfo> HttpServer::ListConnections() const { return impl_->table().List(); }
void HttpServer::BeginDrain() { impl_->BeginDrain(); }
void HttpServer::Stop(milliseconds grace) { impl_->Stop(grace); }

}  // namespace mountguard::webhook
