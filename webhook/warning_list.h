#ifndef MOUNTGUARD_WEBHOOK_WARNING_LIST_H_
#define MOUNTGUARD_WEBHOOK_WARNING_LIST_H_

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mountguard::webhook {

/// The text with its control characters written out: the API server drops, without a word, a
/// warning that holds one.
std::string WithoutControlCharacters(std::string_view text);

/// Collects the warnings of a response: each once, in order, as many whole ones as the API server
/// passes on without cutting them. Not thread-safe.
class WarningList {
 public:
  void Add(std::string_view text);
  /// Ends the collection; where some had to be left out, the last sentence says how many.
  std::vector<std::string> Take() &&;

 private:
  std::vector<std::string> warnings_;
  std::set<std::string> seen_;
  std::size_t runes_ = 0;
  std::size_t omitted_ = 0;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_WARNING_LIST_H_
