#include "core/text_hash.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>

namespace mountguard::core {
namespace {

struct Secret {
  std::uint64_t state, word;
};

const Secret& ProcessSecret() {
  static const Secret secret = [] {
    std::random_device random;
    const auto draw = [&random] { return (std::uint64_t{random()} << 32) | random(); };
    return Secret{draw(), draw()};
  }();
  return secret;
}

/// Both halves of the 128-bit product folded: every bit of the input reaches every bit.
std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::size_t TextHash::operator()(std::string_view text) const noexcept {
  const Secret& secret = ProcessSecret();
  std::uint64_t state = Mix(secret.state ^ text.size(), secret.word);
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t taken = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), taken);
    state = Mix(state ^ word, secret.word);
    text.remove_prefix(taken);
  }
  return static_cast<std::size_t>(state);
}

}  // namespace mountguard::core
