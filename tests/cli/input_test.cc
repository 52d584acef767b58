#include "cli/input.h"

#include <catch2/catch.hpp>

#include <sstream>
#include <string>
#include <vector>

#include "core/json_writer.h"
#include "tests/cli/memory_files.h"

namespace mountguard::cli {
namespace {

/// What was read, one line each: easy to compare.
struct Record {
  std::vector<std::string> lines;
  InputSink Sink() {
    return {[this](const InputObject& object) { Add(object); },
            [this](const InputNote& note) { Add(note); },
            [this](const InputFailure& failure) { Add(failure); }};
  }

 private:
  void Add(const InputObject& object) {
    std::string line = Place(object.place) + " " + std::string(object.root.Get("kind").AsString()) +
                       "/" + std::string(object.root.Get("metadata").Get("name").AsString());
    if (!object.field_prefix.empty()) line += " at " + std::string(object.field_prefix);
    if (object.is_admission_review) line += " review";
    if (object.skip_reason) line += " skip: " + *object.skip_reason;
    lines.push_back(line);
  }
  void Add(const InputNote& note) {
    lines.push_back(Place(note.place) +
                    (note.kind == InputNoteKind::kDroppedText ? " dropped " : " repeated ") +
                    note.field + "@" + std::to_string(note.pos.line));
  }
  void Add(const InputFailure& failure) {
    lines.push_back((failure.whole_file
                         ? std::string(failure.place.file)
                         : Place(failure.place) + "@" + std::to_string(failure.pos.line)) +
                    " failure: " + failure.message);
  }
  static std::string Place(const InputPlace& place) {
    std::string text = std::string(place.file) + "#" + std::to_string(place.document);
    if (place.item) text += "." + std::to_string(*place.item);
    if (!place.helm_source.empty()) text += "(" + std::string(place.helm_source) + ")";
    return text;
  }
};

using Lines = std::vector<std::string>;

InputCounts ReadText(const std::string& text, const InputSink& sink) {
  const MemoryFiles files({{"f", text}});
  std::istringstream no_input;
  return InputReader(files, no_input).ReadFile("f", sink);
}

Lines Read(const std::string& text) {
  Record record;
  ReadText(text, record.Sink());
  return record.lines;
}

}  // namespace

TEST_CASE("what cannot be read is a failure and never clean") {
  const MemoryFiles files;
  Record record;
  std::istringstream no_input;
  InputReader reader(files, no_input);
  CHECK(reader.ReadFile("missing.yaml", record.Sink()).files == 0);
  CHECK(record.lines == Lines{"missing.yaml failure: No such file or directory"});
}

TEST_CASE("a dash is standard input") {
  const MemoryFiles files;
  std::istringstream input("apiVersion: v1\nkind: A\n---\n# empty\n---\napiVersion: v1\nkind: B\n");
  InputReader reader(files, input);
  Record record;
  const InputCounts counts = reader.ReadFile("-", record.Sink());
  CHECK(counts.files == 1);
  CHECK(counts.documents == 3);
  CHECK(record.lines == Lines{"-#0 A/", "-#2 B/"});
}

TEST_CASE("a broken document spoils only itself") {
  CHECK(Read("apiVersion: v1\nkind: A\n---\na: [\n---\napiVersion: v1\nkind: B\n") ==
        Lines{"f#0 A/",
              "f#1@5 failure: expected a value here: a comma, bracket or quote is out of place",
              "f#2 B/"});
}

TEST_CASE("items of lists of any group are objects, lists in lists too") {
  CHECK(Read("apiVersion: v1\nkind: List\nitems:\n"
             "- {apiVersion: v1, kind: A, metadata: {name: a}}\n"
             "- apiVersion: v1\n  kind: List\n  items:\n"
             "  - {apiVersion: v1, kind: B}\n"
             "- {kind: C}\n- null\n") ==
        Lines{"f#0.0 A/a at items[0]", "f#0.1 B/ at items[1].items[0]",
              "f#0.2 C/ at items[2] skip: no Kubernetes object: it has no apiVersion",
              "f#0.3 / at items[3] skip: no Kubernetes object: it is null"});
  CHECK(Read("apiVersion: argoproj.io/v1alpha1\nkind: RolloutList\nitems: []\n").empty());
}

TEST_CASE("items of a typed list have the list's type, as the API gives it to them") {
  std::vector<std::string> types;
  InputSink sink;
  sink.object = [&types](const InputObject& object) {
    core::AppendJson(object.root, &types.emplace_back());
    CHECK(object.Find("metadata.name").value == core::SourcePos{4, 21});
  };
  ReadText("apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- {metadata: {name: d}}\n", sink);
  CHECK(types == Lines{R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"}})"});
}

TEST_CASE("what is no object, and fragments of pods, are to be skipped with the reason") {
  CHECK(Read("- op: add\n") == Lines{"f#0 / skip: no Kubernetes object: it is a list"});
  CHECK(Read("just text\n") == Lines{"f#0 / skip: no Kubernetes object: it is a text"});
  CHECK(Read("image: {tag: 1}\n") ==
        Lines{"f#0 / skip: no Kubernetes object: it has no apiVersion and no kind"});
  const std::string pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n";
  CHECK(Read(pod + "  - {name: c, image: i}\n") == Lines{"f#0 Pod/"});
  CHECK(Read(pod + "  - {name: c}\n") ==
        Lines{"f#0 Pod/ skip: a fragment and no pod by itself: container \"c\" has no image"});
  CHECK(Read(pod + "  - {name: c, image: i, $patch: delete}\n") ==
        Lines{"f#0 Pod/ skip: a patch and no pod by itself: it has $patch"});
  CHECK(
      Read("apiVersion: apps/v1\nkind: DaemonSet\nspec:\n  template:\n    spec:\n"
           "      containers: [{name: c}]\n") ==
      Lines{"f#0 DaemonSet/ skip: a fragment and no pod by itself: container \"c\" has no image"});
}

TEST_CASE("repeated keys and dropped text are told with their lines") {
  CHECK(Read("apiVersion: v1\nkind: A\nkind: B\n...\nkind: C\n") ==
        Lines{"f#0 repeated kind@3", "f#0 dropped @5", "f#0 B/"});
}

TEST_CASE("saved AdmissionReviews and Helm's templates are recognised") {
  CHECK(
      Read(
          "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{}}") ==
      Lines{"f#0 AdmissionReview/ review"});
  CHECK(Read("apiVersion: other.io/v1\nkind: AdmissionReview\n") == Lines{"f#0 AdmissionReview/"});
  CHECK(Read("---\n# Source: c/templates/a.yaml\napiVersion: v1\nkind: A\n") ==
        Lines{"f#0(c/templates/a.yaml) A/"});
}

}  // namespace mountguard::cli
