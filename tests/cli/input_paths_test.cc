#include "cli/input_paths.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/cli/memory_files.h"

namespace mountguard::cli {
namespace {

using Lines = std::vector<std::string>;

/// What paths stand for, and what is said of them.
struct Found {
  Lines files;
  Lines failures;
};

Found Find(const MemoryFiles& files, const Lines& paths) {
  Found found;
  InputSink sink;
  sink.failure = [&found](const InputFailure& failure) {
    found.failures.push_back(std::string(failure.place.file) + ": " + failure.message);
  };
  found.files = ListInputFiles(paths, files, sink);
  return found;
}

MemoryFiles Deployment() {
  return MemoryFiles({{"deploy/a.yaml", ""},
                      {"deploy/note.txt", ""},
                      {"deploy/.hidden.yaml", ""},
                      {"deploy/eu/b.yaml", ""},
                      {"deploy/eu/prod/c.yml", ""},
                      {"deploy/eu/prod/d.json", ""},
                      {"deploy/.git/x.yaml", ""},
                      {"deploy/loop/e.yaml", ""},
                      {"odd[1].yaml", ""},
                      {"top.yaml", ""}});
}

}  // namespace

TEST_CASE("directories are walked in the order of names, without hidden files and links") {
  MemoryFiles files({{"d/b.yaml", ""},
                     {"d/a/z.yml", ""},
                     {"d/a/x.json", ""},
                     {"d/c.txt", ""},
                     {"d/.hidden.yaml", ""},
                     {"d/.git/x.yaml", ""},
                     {"d/loop/b.yaml", ""},
                     {"x.txt", ""}});
  files.links.insert("d/loop");
  const Found found = Find(files, {"x.txt", "d", "-", "missing.yaml"});
  CHECK(found.files == Lines{"x.txt", "d/a/x.json", "d/a/z.yml", "d/b.yaml", "-", "missing.yaml"});
  CHECK(found.failures.empty());
}

TEST_CASE("a directory that gives nothing is a failure") {
  MemoryFiles files({{"d/a.yaml", ""}, {"e/readme.md", ""}});
  files.unlistable.insert("d");
  const Found found = Find(files, {"d", "e"});
  CHECK(found.files.empty());
  CHECK(found.failures ==
        Lines{"d: Permission denied", "e: the directory holds no *.yaml, *.yml or *.json file"});
}

TEST_CASE("a pattern that the shell left alone is expanded") {
  MemoryFiles files = Deployment();
  files.links.insert("deploy/loop");
  CHECK(Find(files, {"*.yaml"}).files == Lines{"odd[1].yaml", "top.yaml"});
  CHECK(Find(files, {"deploy/*.yaml"}).files == Lines{"deploy/a.yaml"});
  CHECK(Find(files, {"deploy/**/*.yaml"}).files == Lines{"deploy/a.yaml", "deploy/eu/b.yaml"});
  CHECK(Find(files, {"**/prod/[cd].*"}).files ==
        Lines{"deploy/eu/prod/c.yml", "deploy/eu/prod/d.json"});
  CHECK(Find(files, {"deploy/**"}).files == Lines{"deploy/a.yaml", "deploy/eu/b.yaml",
                                                  "deploy/eu/prod/c.yml", "deploy/eu/prod/d.json"});
  CHECK(Find(files, {"deploy/e?/prod"}).files ==
        Lines{"deploy/eu/prod/c.yml", "deploy/eu/prod/d.json"});
  CHECK(Find(files, {"deploy/n*"}).files == Lines{"deploy/note.txt"});
}

TEST_CASE("a pattern that matches nothing is a failure, a file of that very name is itself") {
  const MemoryFiles files = Deployment();
  const Found found = Find(files, {"deploy/*.toml", "odd[1].yaml", "nowhere/*.yaml"});
  CHECK(found.files == Lines{"odd[1].yaml"});
  CHECK(found.failures == Lines{"deploy/*.toml: no file matches this pattern",
                                "nowhere/*.yaml: no file matches this pattern"});
}

TEST_CASE("a file that is named twice is read once") {
  const MemoryFiles files = Deployment();
  CHECK(Find(files, {"deploy/eu", "deploy/eu/b.yaml", "deploy/**/b.yaml"}).files ==
        Lines{"deploy/eu/b.yaml", "deploy/eu/prod/c.yml", "deploy/eu/prod/d.json"});
}

TEST_CASE("pipes are read where they are named, not where they are found") {
  MemoryFiles files({{"d/a.yaml", ""}, {"d/pipe.yaml", ""}});
  files.pipes.insert("d/pipe.yaml");
  CHECK(Find(files, {"d/pipe.yaml"}).files == Lines{"d/pipe.yaml"});
  const Found found = Find(files, {"d"});
  CHECK(found.files == Lines{"d/a.yaml"});
  CHECK(found.failures ==
        Lines{"d/pipe.yaml: a pipe, socket or device: name it if it is to be read"});
}

}  // namespace mountguard::cli
