#include "webhook/trace_context.h"

#include <algorithm>

namespace mountguard::webhook {
namespace {

/// The recommendation allows lower case only.
bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsZero(std::string_view digits) {
  return digits.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

TraceContext ParseTraceparent(std::string_view header) {
  constexpr std::size_t kLength = std::string_view("00-").size() + 32 + 1 + 16 + 1 + 2;
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-') {
    return {};
  }
  const std::string_view version = header.substr(0, 2);
  const std::string_view trace_id = header.substr(3, 32);
  const std::string_view span_id = header.substr(36, 16);
  const std::string_view flags = header.substr(53, 2);
  const bool ends_well = header.size() == kLength || (version != "00" && header[kLength] == '-');
  if (!IsHex(version) || version == "ff" || !IsHex(trace_id) || IsZero(trace_id) ||
      !IsHex(span_id) || IsZero(span_id) || !IsHex(flags) || !ends_well) {
    return {};
  }
  return {trace_id, span_id};
}

}  // namespace mountguard::webhook
