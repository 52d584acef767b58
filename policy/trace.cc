#include "policy/trace.h"

#include <array>

namespace mountguard::policy {

std::string_view ToString(RuleOutcome outcome) {
  constexpr std::array<std::string_view, 5> kOutcomes = {"no match", "excluded", "requirement met",
                                                         "undetermined", "spoke"};
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

void Trace::clear() {
  rules.clear();
  advice.clear();
  exceptions.clear();
}

}  // namespace mountguard::policy
