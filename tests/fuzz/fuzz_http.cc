// Bytes of a connection through the request framer: however they are cut into pieces, the outcome
// is the same. The first byte of the input says where to cut.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "webhook/request_reader.h"

using mountguard::webhook::RequestLimits;
using mountguard::webhook::RequestReader;

namespace {

constexpr std::size_t kMaxInput = 64 * 1024;

/// What a client could see of the requests in `bytes`.
std::vector<std::string> Outcomes(std::string_view bytes, std::size_t piece) {
  RequestLimits limits;
  limits.body_bytes = 4096;
  RequestReader reader(&limits);
  std::vector<std::string> outcomes;
  while (!bytes.empty()) {
    std::string_view chunk = bytes.substr(0, piece);
    bytes.remove_prefix(chunk.size());
    while (!chunk.empty()) {
      const std::size_t taken = reader.Feed(chunk);
      chunk.remove_prefix(taken);
      if (reader.state() == RequestReader::State::kRefused) {
        outcomes.push_back("refused: " + reader.refusal().message);
        return outcomes;
      }
      if (reader.state() == RequestReader::State::kComplete) {
        outcomes.push_back(std::string(reader.method()) + " " + std::string(reader.path()) + "?" +
                           std::string(reader.query()) + " " + reader.body());
        reader.Reset();
      } else if (taken == 0) {
        std::abort();  // neither progress nor an end
      }
    }
  }
  return outcomes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > kMaxInput) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if (Outcomes(bytes, bytes.size()) != Outcomes(bytes, 1 + data[0] % 64)) std::abort();
  return 0;
}
