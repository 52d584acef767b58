// A request's body through the whole of an admission. Whatever comes, the answer is one of the
// promised status codes, and its body is JSON.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/clock.h"
#include "core/json_reader.h"
#include "policy/policy_loader.h"
#include "webhook/admission_handler.h"

using namespace mountguard;  // NOLINT: a program of one function

namespace {

constexpr std::size_t kMaxInput = 64 * 1024;

const webhook::PolicyStore& Policies() {
  static const webhook::PolicyStore store(std::make_shared<const webhook::PolicyGeneration>(
      policy::Baseline(), core::Runtime::kContainerd));
  return store;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxInput) return 0;
  static const core::FixedClock clock(core::WallTime{});
  static const webhook::AdmissionHandler handler(&Policies(), &clock, policy::Action::kDeny);
  static webhook::AdmissionScratch scratch;
  std::string body(reinterpret_cast<const char*>(data), size);
  webhook::AdmissionReply reply = handler.Validate("", "application/json", body, &scratch);
  if (reply.status != 200 && reply.status != 400) std::abort();
  core::JsonParser parser;
  if (!parser.Parse(reply.body)) std::abort();
  return 0;
}
