#include "cli/report/packed_list.h"

#include <catch2/catch.hpp>

#include <string>
#include <utility>

#include "cli/report/check_result.h"

namespace mountguard::cli {
namespace {

CheckResult MakeResult(int number) {
  CheckResult result;
  result.file = "f" + std::to_string(number) + ".yaml";
  result.document = number;
  if (number % 2 == 0) result.item = number;
  result.position = {number, 2};
  result.definition = {3, number};
  result.frame.lines = {{number, "text"},
                        {number + 1, std::string(static_cast<std::size_t>(number % 50), 'x')}};
  result.frame.target = 1;
  result.frame.caret_column = 4;
  result.frame.caret_width = 5;
  result.frame.value_length = number % 7;
  if (number % 3 == 0) result.source = "template";
  result.api_version = "v1";
  result.kind = "Pod";
  result.namespace_name = "n";
  result.name = "name-" + std::to_string(number);
  result.template_path = "spec.template";
  result.container = "c";
  result.container_type = "container";
  result.sidecar = number % 2 == 1;
  result.mount = 7;
  result.device = 8;
  result.volume = "v";
  result.mount_path = "/m";
  result.mount_propagation = "Bidirectional";
  result.cri = "PROPAGATION_BIDIRECTIONAL";
  result.rule = "rule";
  result.origin = policy::Origin::kPolicy;
  result.actions = policy::Action::kWarn;
  result.field = "spec";
  result.error = "error";
  result.message = std::string(1000, 'm');
  if (number % 5 == 0) result.exception = "exception";
  result.undetermined = {"user", "groups"};
  return result;
}

bool SameFrame(const core::CodeFrame& a, const core::CodeFrame& b) {
  if (a.lines.size() != b.lines.size()) return false;
  for (std::size_t i = 0; i < a.lines.size(); ++i) {
    if (a.lines[i].number != b.lines[i].number) return false;
    if (a.lines[i].text != b.lines[i].text) return false;
  }
  return a.target == b.target && a.caret_column == b.caret_column &&
         a.caret_width == b.caret_width && a.value_length == b.value_length;
}

/// Every field, so that one that is forgotten in packing is noticed.
bool Same(const CheckResult& a, const CheckResult& b) {
  return SameFrame(a.frame, b.frame) && a.file == b.file && a.document == b.document &&
         a.item == b.item && a.position == b.position && a.definition == b.definition &&
         a.source == b.source && a.api_version == b.api_version && a.kind == b.kind &&
         a.namespace_name == b.namespace_name && a.name == b.name &&
         a.template_path == b.template_path && a.container == b.container &&
         a.container_type == b.container_type && a.sidecar == b.sidecar && a.mount == b.mount &&
         a.device == b.device && a.volume == b.volume && a.mount_path == b.mount_path &&
         a.mount_propagation == b.mount_propagation && a.cri == b.cri && a.rule == b.rule &&
         a.origin == b.origin && a.actions == b.actions && a.field == b.field &&
         a.error == b.error && a.message == b.message && a.exception == b.exception &&
         a.undetermined == b.undetermined;
}

}  // namespace

TEST_CASE(
    "a list of results gives back what was put in, packed or not, from memory and from file") {
  constexpr int kCount = 20'000;  // some 25 MB: several times what stays in memory
  PackedList<CheckResult> list;
  for (int i = 0; i < kCount; ++i) list.Add(MakeResult(i));
  REQUIRE(list.size() == kCount);
  int number = 0;
  bool same = true;
  for (const CheckResult& result : std::as_const(list)) {
    same = same && Same(result, MakeResult(number++));
  }
  CHECK(same);
  CHECK(number == kCount);
  for (const int place : {0, 999, 1000, 5000, kCount - 1, 17, 12'345}) {
    CHECK(Same(std::as_const(list)[static_cast<std::size_t>(place)], MakeResult(place)));
  }
}

TEST_CASE("what could not be read and what was skipped is packed, too") {
  constexpr int kCount = 20'000;
  const std::string text(1000, 't');  // some 20 MB each
  PackedList<CheckError> errors;
  PackedList<SkippedDocument> skipped;
  for (int i = 0; i < kCount; ++i) {
    const CheckResult like = MakeResult(i);
    errors.Add({like.file, i, like.position, like.frame, text});
    skipped.Add({like.file, i, like.definition, text});
  }
  bool same = true;
  for (int i = 0; i < kCount; ++i) {
    const auto place = static_cast<std::size_t>(i);
    const CheckResult like = MakeResult(i);
    const CheckError& error = std::as_const(errors)[place];
    same = same && error.file == like.file && error.document == i &&
           error.position == like.position && SameFrame(error.frame, like.frame) &&
           error.message == text;
    const SkippedDocument& left_out = std::as_const(skipped)[place];
    same = same && left_out.file == like.file && left_out.document == i &&
           left_out.position == like.definition && left_out.reason == text;
  }
  CHECK(same);
}

TEST_CASE("what another list has is added in its order, be that list short or long") {
  const auto numbered = [](int from, int to) {
    PackedList<CheckResult> list;
    for (int i = from; i < to; ++i) list.Add(MakeResult(i));
    return list;
  };
  PackedList<CheckResult> all;
  all.AddAll(numbered(0, 3));
  all.AddAll(numbered(3, 500));
  all.AddAll({});
  all.AddAll(numbered(500, 6000));  // from its file to ours
  all.AddAll(numbered(6000, 6002));
  REQUIRE(all.size() == 6002);
  int number = 0;
  bool same = true;
  for (const CheckResult& result : std::as_const(all)) {
    same = same && Same(result, MakeResult(number++));
  }
  CHECK(same);
}

}  // namespace mountguard::cli
