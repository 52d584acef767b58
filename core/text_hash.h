#ifndef MOUNTGUARD_CORE_TEXT_HASH_H_
#define MOUNTGUARD_CORE_TEXT_HASH_H_

#include <cstddef>
#include <string_view>

namespace mountguard::core {

/// Hashes texts that strangers choose: keyed with a secret that each process draws anew, so that
/// nobody can craft a pod whose names all fall into one bucket. Thread-safe.
struct TextHash {
  std::size_t operator()(std::string_view text) const noexcept;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_TEXT_HASH_H_
