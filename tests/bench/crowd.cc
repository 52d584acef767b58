#include "tests/bench/crowd.h"

#include <chrono>
#include <stdexcept>

namespace mountguard::bench {
namespace {

using tests::Client;

constexpr char kIdleRequest[] = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
constexpr char kDrip[] = "x";  // a method that never ends
constexpr std::chrono::microseconds kDripInterval{1'000'000};

std::unique_ptr<Client> Connect(std::uint16_t port) {
  return std::make_unique<Client>(port, Client::Tls::kOn);
}

}  // namespace

Crowd::Crowd(std::uint16_t port, CrowdSize size) : port_(port) {
  for (int i = 0; i < size.idle; ++i) {
    idle_.push_back(Connect(port));
    if (idle_.back()->Exchange(kIdleRequest).status != 200) {
      throw std::runtime_error("the server does not answer a connection that is to be idle");
    }
  }
  for (int i = 0; i < size.dripping; ++i) {
    dripping_.push_back(Connect(port));
    if (!dripping_.back()->Send(kDrip)) {
      throw std::runtime_error("the server does not take a connection that is to drip");
    }
  }
  if (!dripping_.empty()) dripper_ = std::thread([this] { Drip(); });
}

Crowd::~Crowd() {
  stop_ = true;
  if (dripper_.joinable()) dripper_.join();
}

/// One after another, evenly over the second: all at once they would be a load of their own.
void Crowd::Drip() {
  const auto pause = kDripInterval / dripping_.size();
  auto due = std::chrono::steady_clock::now();
  while (true) {
    for (auto& connection : dripping_) {
      due += pause;
      std::this_thread::sleep_until(due);
      if (stop_) return;
      if (!connection->Send(kDrip)) connection = Connect(port_);
    }
  }
}

}  // namespace mountguard::bench
