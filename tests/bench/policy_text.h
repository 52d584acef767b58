#ifndef MOUNTGUARD_TESTS_BENCH_POLICY_TEXT_H_
#define MOUNTGUARD_TESTS_BENCH_POLICY_TEXT_H_

#include <string>

namespace mountguard::bench {

/// A policy of `rules` rules as a large organisation might have it: rules on namespaces, images,
/// host paths, labels, accounts, drivers, users and modes, a fifth of them with a `require`, and an
/// exception for every twentieth. Many ask for what the pod of ReviewBody() has by mode, volume
/// type or privilege, and for something else that it has not: none of them speaks of it, and each
/// has to be ruled out.
std::string PolicyText(int rules);

}  // namespace mountguard::bench

#endif  // MOUNTGUARD_TESTS_BENCH_POLICY_TEXT_H_
