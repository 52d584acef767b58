#ifndef MOUNTGUARD_CORE_FIELD_PATH_H_
#define MOUNTGUARD_CORE_FIELD_PATH_H_

#include <string>
#include <string_view>

namespace mountguard::core {

/// A path to a field in the API server's own notation: `spec.containers[0].volumeMounts[1].name`,
/// a map's key in brackets (`metadata.labels[app]`).
///
/// The joint between rules, which speak it, and reports, which look up its line. Paths are chained
/// on the stack while walking and become text only where there is something to say:
///   const FieldPath mounts = container.Child("volumeMounts");
///   ... mounts.Index(1).Child("name").ToString()
/// A child borrows its parent and the name; both must outlive it.
class FieldPath {
 public:
  /// The root; `text` is any path already in text form, "" for the object itself.
  explicit FieldPath(std::string_view text) : name_(text) {}

  FieldPath Child(std::string_view name) const& { return FieldPath(this, name, kChild, 0); }
  FieldPath Index(int index) const& { return FieldPath(this, {}, kIndex, index); }
  FieldPath Key(std::string_view key) const& { return FieldPath(this, key, kKey, 0); }
  FieldPath Child(std::string_view name) const&& = delete;
  FieldPath Index(int index) const&& = delete;
  FieldPath Key(std::string_view key) const&& = delete;

  std::string ToString() const;

 private:
  enum Kind { kRoot, kChild, kIndex, kKey };

  FieldPath(const FieldPath* parent, std::string_view name, Kind kind, int index)
      : parent_(parent), name_(name), kind_(kind), index_(index) {}

  void AppendTo(std::string* out) const;

  const FieldPath* parent_ = nullptr;
  std::string_view name_;
  Kind kind_ = kRoot;
  int index_ = 0;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_FIELD_PATH_H_
