// Prints what one whole admission costs where it runs by itself, warm: the body's bytes in, the
// response's bytes out, on the baseline policy. What a server adds to it, bench_server shows.
// Usage: bench_admission [REQUESTS [CONTAINERS]]. Under `valgrind --tool=callgrind` it counts
// instructions.

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>

#include "core/clock.h"
#include "policy/policy_loader.h"
#include "tests/bench/review_body.h"
#include "webhook/admission_handler.h"

namespace {

double CpuMicroseconds() {
  return static_cast<double>(std::clock()) * 1e6 / static_cast<double>(CLOCKS_PER_SEC);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace mountguard;  // NOLINT: one small program
  const int requests = argc > 1 ? std::atoi(argv[1]) : 100'000;
  const int containers = argc > 2 ? std::atoi(argv[2]) : 1;
  const webhook::PolicyStore store(std::make_shared<const webhook::PolicyGeneration>(
      policy::Baseline(), core::Runtime::kContainerd));
  const core::SystemClock clock;
  const webhook::AdmissionHandler handler(&store, &clock, policy::Action::kDeny);
  webhook::AdmissionScratch scratch;
  const std::string body = bench::ReviewBody(containers);
  std::string text;
  std::size_t bytes = 0;
  const double before = CpuMicroseconds();
  for (int i = 0; i < requests; ++i) {
    text = body;
    bytes += handler.Validate("", "application/json", text, &scratch).body.size();
  }
  const double spent = CpuMicroseconds() - before;
  fmt::print("{} bytes in, {} out: {:.2f} us a request\n", body.size(),
             bytes / static_cast<std::size_t>(requests), spent / requests);
  return 0;
}
