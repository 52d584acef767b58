#ifndef MOUNTGUARD_TESTS_BENCH_REVIEW_BODY_H_
#define MOUNTGUARD_TESTS_BENCH_REVIEW_BODY_H_

#include <string>

namespace mountguard::bench {

/// An AdmissionReview as the API server sends it for a DaemonSet's pod: managed fields, defaulted
/// fields, a projected service-account token, a CSI driver's mounts. `containers` of them: one
/// makes about 5 KB.
std::string ReviewBody(int containers = 1);

}  // namespace mountguard::bench

#endif  // MOUNTGUARD_TESTS_BENCH_REVIEW_BODY_H_
