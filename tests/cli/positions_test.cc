// Objects of the input know the places of their fields, wherever in it they stand: as items of
// Lists, in saved AdmissionReviews, in what Helm writes one behind the other.

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/input.h"
#include "tests/cli/memory_files.h"
#include "tests/core/random_document.h"

namespace mountguard::cli {
namespace {

using core::RandomDocument;
using core::SourcePos;
using Style = RandomDocument::Style;

/// What of a path stands below `prefix`; nothing if it does not.
std::optional<std::string> Below(std::string_view prefix, std::string_view field) {
  if (field.substr(0, prefix.size()) != prefix) return std::nullopt;
  field.remove_prefix(prefix.size());
  if (prefix.empty() || field.empty() || field.front() == '[') return std::string(field);
  if (field.front() != '.') return std::nullopt;
  return std::string(field.substr(1));
}

/// Compares an object's places with those that were written, `first_line` lines below.
class Comparison {
 public:
  void Compare(const InputObject& object, const std::vector<RandomDocument::Place>& places,
               int first_line) {
    const auto moved = [first_line](SourcePos pos) {
      return pos.known() ? SourcePos{pos.line + first_line - 1, pos.column} : pos;
    };
    for (const RandomDocument::Place& place : places) {
      const auto field = Below(object.field_prefix, place.field);
      if (!field) continue;
      ++compared_;
      const core::FieldLocation found = object.Find(*field);
      if (found.exact && found.value == moved(place.value) &&
          found.definition == moved(place.definition)) {
        continue;
      }
      differences_ += place.field + ": found at " + std::to_string(found.value.line) + ":" +
                      std::to_string(found.value.column) + "\n";
    }
  }

  std::size_t compared() const { return compared_; }
  const std::string& differences() const { return differences_; }

 private:
  std::size_t compared_ = 0;
  std::string differences_;
};

/// Reads a manifest and calls `take` with each of its objects.
int Read(const std::string& manifest, const std::function<void(const InputObject&)>& take) {
  const MemoryFiles files;
  std::istringstream in;
  InputReader reader(files, in);
  int objects = 0;
  InputSink sink;
  sink.object = [&](const InputObject& object) {
    ++objects;
    take(object);
  };
  sink.failure = [](const InputFailure& failure) { FAIL_CHECK(failure.message); };
  reader.ReadText("x.yaml", manifest, sink);
  return objects;
}

constexpr Style kStyles[] = {Style::kBlock, Style::kJson, Style::kMinified};

}  // namespace

TEST_CASE("items of a List stand where they were written", "[positions]") {
  std::size_t compared = 0;
  for (unsigned seed = 0; seed < 100; ++seed) {
    for (const Style style : kStyles) {
      // The items of a typed list get its type, and are then no longer what stands in the text.
      for (const char* kind : {"List", "PodList"}) {
        RandomDocument written(seed, style, seed % 2 == 0 ? "\n" : "\r\n");
        written.WriteList(kind, 3);
        INFO(written.text());
        Comparison comparison;
        int next = 0;
        CHECK(Read(written.text(), [&](const InputObject& object) {
                CHECK(object.place.item == next);
                CHECK(object.field_prefix == "items[" + std::to_string(next++) + "]");
                comparison.Compare(object, written.places(), 1);
              }) == 3);
        CHECK(comparison.differences() == "");
        CHECK(comparison.compared() == written.places().size());
        compared += comparison.compared();
      }
    }
  }
  CHECK(compared > 5'000);
}

TEST_CASE("the object of a saved AdmissionReview stands where it was written", "[positions]") {
  std::size_t compared = 0;
  for (unsigned seed = 0; seed < 100; ++seed) {
    for (const Style style : kStyles) {
      RandomDocument written(seed, style, seed % 2 == 0 ? "\n" : "\r\n");
      written.WriteReview();
      INFO(written.text());
      Comparison comparison;
      CHECK(Read(written.text(), [&](const InputObject& review) {
              REQUIRE(review.is_admission_review);
              std::string path;
              comparison.Compare(ReviewedObject(review, &path), written.places(), 1);
            }) == 1);
      CHECK(comparison.differences() == "");
      CHECK(comparison.compared() == written.places().size());
      compared += comparison.compared();
    }
  }
  CHECK(compared > 2'000);
}

TEST_CASE("what Helm writes has its template and stands where it was written", "[positions]") {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::vector<RandomDocument> documents;
    std::vector<int> first_lines;
    std::string manifest;
    int line = 1;
    for (unsigned i = 0; i < 4; ++i) {
      RandomDocument& written = documents.emplace_back(4 * seed + i, Style::kBlock, "\n");
      written.WriteList("List", 1);
      manifest += "---\n# Source: chart/templates/t" + std::to_string(i) + ".yaml\n";
      first_lines.push_back(line + 2);
      manifest += written.text();
      line += 2 + static_cast<int>(std::count(written.text().begin(), written.text().end(), '\n'));
    }
    INFO(manifest);
    Comparison comparison;
    std::size_t next = 0;
    CHECK(Read(manifest, [&](const InputObject& object) {
            CHECK(object.place.helm_source == "chart/templates/t" + std::to_string(next) + ".yaml");
            comparison.Compare(object, documents[next].places(), first_lines[next]);
            ++next;
          }) == 4);
    CHECK(comparison.differences() == "");
    CHECK(comparison.compared() > 0);
  }
}

}  // namespace mountguard::cli
