#ifndef MOUNTGUARD_CORE_RESULT_H_
#define MOUNTGUARD_CORE_RESULT_H_

#include <string>
#include <utility>
#include <variant>

namespace mountguard::core {

/// What went wrong, as a sentence for a person: what, where, what was expected, how to mend it.
struct Error {
  std::string message;
};

/// Wraps an error so that `return Unexpected(Error{...})` reads unambiguously.
template <class E>
class Unexpected {
 public:
  explicit Unexpected(E error) : error_(std::move(error)) {}
  const E& error() const& { return error_; }
  E&& error() && { return std::move(error_); }

 private:
  E error_;
};

/// Shorthand for the usual `Unexpected(Error{message})`.
inline Unexpected<Error> Failure(std::string message) {
  return Unexpected<Error>(Error{std::move(message)});
}

/// A value or the reason why there is none; expected failures travel this way, never as exceptions.
///
/// The member names are those of std::expected, which clang 14 does not have. Reading the side that
/// is not held is a bug of the caller and terminates the program (std::bad_variant_access).
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  // NOLINTNEXTLINE: implicit on purpose
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  template <class F>
  // NOLINTNEXTLINE: implicit on purpose
  Result(Unexpected<F> failure) : state_(std::in_place_index<1>, std::move(failure).error()) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const E& error() const& { return std::get<1>(state_); }
  E&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, E> state_;
};

/// A Result that carries nothing but success.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using value_type = void;
  using error_type = E;

  Result() = default;
  template <class F>
  // NOLINTNEXTLINE: implicit on purpose
  Result(Unexpected<F> failure) : state_(std::in_place_index<1>, std::move(failure).error()) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  const E& error() const& { return std::get<1>(state_); }
  E&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<std::monostate, E> state_;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_RESULT_H_
