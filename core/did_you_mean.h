#ifndef MOUNTGUARD_CORE_DID_YOU_MEAN_H_
#define MOUNTGUARD_CORE_DID_YOU_MEAN_H_

#include <string>
#include <string_view>
#include <vector>

namespace mountguard::core {

/// The word of `known` that someone who wrote `word` likely meant; "" if none is near enough to be
/// worth proposing. Case does not matter; of several equally near the first wins.
std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& known);

/// `; did you mean "x"?` to be put behind a message, or "" if nothing is near.
std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_DID_YOU_MEAN_H_
