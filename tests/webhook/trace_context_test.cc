#include "webhook/trace_context.h"

#include <catch2/catch.hpp>
#include <string>

namespace mountguard::webhook {
namespace {

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kSpan[] = "00f067aa0ba902b7";

TEST_CASE("a traceparent names its trace and its span") {
  const std::string header = std::string("00-") + kTrace + "-" + kSpan + "-01";
  CHECK(ParseTraceparent(header).trace_id == kTrace);
  CHECK(ParseTraceparent(header).span_id == kSpan);
  // A version to come may append what it likes, behind another dash.
  CHECK(ParseTraceparent("cc" + header.substr(2)).trace_id == kTrace);
  CHECK(ParseTraceparent("cc" + header.substr(2) + "-more").trace_id == kTrace);
}

TEST_CASE("a malformed traceparent is as good as none") {
  const std::string trace = kTrace;
  const std::string span = kSpan;
  const std::string headers[] = {
      "",
      "00",
      "00-" + trace + "-" + span,
      "00-" + trace + "-" + span + "-1",
      "00-" + trace + "-" + span + "-01-more",
      "cc-" + trace + "-" + span + "-01more",
      "ff-" + trace + "-" + span + "-01",
      "0x-" + trace + "-" + span + "-01",
      "00-" + std::string(32, '0') + "-" + span + "-01",
      "00-" + trace + "-" + std::string(16, '0') + "-01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + span + "-01",
      "00-" + trace + "-00f067aa0ba902\"}-01",
      "00_" + trace + "-" + span + "-01",
      "00-" + trace + "_" + span + "-01",
      "00-" + trace + "-" + span + "-0g",
  };
  for (const std::string& header : headers) {
    INFO(header);
    CHECK(ParseTraceparent(header).trace_id.empty());
    CHECK(ParseTraceparent(header).span_id.empty());
  }
}

}  // namespace
}  // namespace mountguard::webhook
