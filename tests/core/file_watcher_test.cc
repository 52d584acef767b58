#include "core/file_watcher.h"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>

#include "core/file_reader.h"
#include "tests/temporary_directory.h"

namespace fs = std::filesystem;

using mountguard::core::FileWatcher;
using mountguard::core::SystemFileReader;
using mountguard::tests::TemporaryDirectory;

namespace {

void Write(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// In one step, so that nobody can meet the file half-written.
void Replace(const fs::path& path, const std::string& content) {
  const fs::path beside = path.string() + "~";
  Write(beside, content);
  fs::rename(beside, path);
}

/// Counts reports and keeps what the file held at each.
class Listener {
 public:
  explicit Listener(fs::path file = {}) : file_(std::move(file)) {}

  void operator()() {
    const auto content = SystemFileReader().Read(file_.string());
    const std::lock_guard lock(mutex_);
    ++count_;
    last_content_ = content ? *content : "(absent)";
    changed_.notify_all();
  }

  /// Waits, generously, until a report met `content`.
  bool Sees(const std::string& content) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [&] { return last_content_ == content; });
  }

  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  const fs::path file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
  std::string last_content_;
};

/// Events alone wake it: a poll would come long after the test has failed.
constexpr FileWatcher::Options kEventsOnly{std::chrono::milliseconds(20), std::chrono::hours(1)};

std::unique_ptr<FileWatcher> Watch(std::vector<std::string> paths, Listener& listener,
                                   FileWatcher::Options options = kEventsOnly) {
  auto watcher = FileWatcher::Start(
      std::move(paths), [&listener] { listener(); }, options);
  REQUIRE(watcher.has_value());
  return std::move(watcher).value();
}

/// What the kubelet does: a new directory, a new link beside `..data`, renamed over it.
void SwapVolume(const TemporaryDirectory& volume, const std::string& version,
                const std::string& name, const std::string& content) {
  std::error_code first_time;
  const fs::path old = fs::read_symlink(volume / "..data", first_time);
  fs::create_directory(volume / version);
  Write(volume / version / name, content);
  fs::create_symlink(version, volume / "..data_tmp");
  fs::rename(volume / "..data_tmp", volume / "..data");
  if (!fs::exists(fs::symlink_status(volume / name))) {
    fs::create_symlink(fs::path("..data") / name, volume / name);
  }
  if (!first_time) fs::remove_all(volume / old.string());
}

}  // namespace

TEST_CASE("a file that is written is told, and nothing is told before") {
  const TemporaryDirectory directory;
  Write(directory / "tls.crt", "one");
  Listener listener(directory / "tls.crt");
  const auto watcher = Watch({(directory / "tls.crt").string()}, listener);
  Replace(directory / "tls.crt", "two");
  CHECK(listener.Sees("two"));
  CHECK(listener.count() == 1);
}

TEST_CASE("every swap of a volume's ..data is told, for a file in it and for the volume itself") {
  const TemporaryDirectory volume;
  SwapVolume(volume, "..2026_1", "policy.yaml", "version 1");
  Listener file_listener(volume / "policy.yaml");
  Listener directory_listener(volume / "policy.yaml");
  const auto file_watcher = Watch({(volume / "policy.yaml").string()}, file_listener);
  const auto directory_watcher = Watch({volume.path()}, directory_listener);
  for (int version = 2; version <= 5; ++version) {
    const std::string content = "version " + std::to_string(version);
    SwapVolume(volume, "..2026_" + std::to_string(version), "policy.yaml", content);
    CHECK(file_listener.Sees(content));
    CHECK(directory_listener.Sees(content));
  }
}

TEST_CASE("a file renamed over the watched one, as editors save, is told each time") {
  const TemporaryDirectory directory;
  Write(directory / "policy.yaml", "one");
  Listener listener(directory / "policy.yaml");
  const auto watcher = Watch({(directory / "policy.yaml").string()}, listener);
  for (const std::string content : {"two", "three", "four"}) {
    Replace(directory / "policy.yaml", content);
    CHECK(listener.Sees(content));
  }
}

TEST_CASE("a file that vanishes is told, and its return too") {
  const TemporaryDirectory directory;
  Write(directory / "tls.key", "one");
  Listener listener(directory / "tls.key");
  const auto watcher = Watch({(directory / "tls.key").string()}, listener);
  fs::remove(directory / "tls.key");
  CHECK(listener.Sees("(absent)"));
  Write(directory / "tls.key", "one");
  CHECK(listener.Sees("one"));
}

TEST_CASE("a file in directories that do not exist yet is told when it appears") {
  const TemporaryDirectory directory;
  const fs::path file = directory / "a" / "b" / "tls.crt";
  Listener listener(file);
  const auto watcher = Watch({file.string()}, listener);
  fs::create_directories(file.parent_path());
  Write(file, "here");
  CHECK(listener.Sees("here"));
}

TEST_CASE("a directory that is replaced as a whole is followed") {
  const TemporaryDirectory directory;
  fs::create_directory(directory / "certs");
  Write(directory / "certs" / "tls.crt", "one");
  Listener listener(directory / "certs" / "tls.crt");
  const auto watcher = Watch({(directory / "certs" / "tls.crt").string()}, listener);
  fs::create_directory(directory / "new");
  Write(directory / "new" / "tls.crt", "two");
  fs::rename(directory / "certs", directory / "old");
  fs::rename(directory / "new", directory / "certs");
  CHECK(listener.Sees("two"));
  Write(directory / "certs" / "tls.crt", "three");
  CHECK(listener.Sees("three"));
}

TEST_CASE(
    "of a directory new, changed and removed files are told, hidden and deeper ones are not") {
  const TemporaryDirectory directory;
  Write(directory / "a.yaml", "one");
  Listener listener(directory / "b.yaml");
  const auto watcher = Watch({directory.path()}, listener);
  Write(directory / "b.yaml", "two");
  REQUIRE(listener.Sees("two"));
  const int before = listener.count();
  Write(directory / ".b.yaml.swp", "an editor's");
  fs::create_directory(directory / "deeper");
  Write(directory / "deeper" / "c.yaml", "not of the set");
  fs::remove(directory / "b.yaml");
  CHECK(listener.Sees("(absent)"));
  CHECK(listener.count() == before + 1);
}

TEST_CASE("a file rewritten with what it held is not told") {
  const TemporaryDirectory directory;
  Write(directory / "tls.crt", "one");
  Listener listener(directory / "tls.crt");
  Listener directory_listener(directory / "marker");
  const auto watcher = Watch({(directory / "tls.crt").string()}, listener);
  const auto second = Watch({directory.path()}, directory_listener);
  for (int round = 0; round < 3; ++round) {
    Replace(directory / "tls.crt", "one");
    // The second watcher, with the same rhythm, has looked: so did the first, or does it next.
    Replace(directory / "marker", std::to_string(round));
    REQUIRE(directory_listener.Sees(std::to_string(round)));
  }
  CHECK(listener.count() == 0);
  Replace(directory / "tls.crt", "two");
  CHECK(listener.Sees("two"));
  CHECK(listener.count() == 1);
}

TEST_CASE("a burst of writes is told as few changes, the last of which holds all of it") {
  const TemporaryDirectory directory;
  Write(directory / "policy.yaml", "");
  Listener listener(directory / "policy.yaml");
  const auto watcher = Watch({(directory / "policy.yaml").string()}, listener,
                             {std::chrono::milliseconds(100), std::chrono::hours(1)});
  std::string all;
  std::ofstream file(directory / "policy.yaml", std::ios::binary);
  for (int line = 0; line < 1000; ++line) {
    const std::string text = "line " + std::to_string(line) + "\n";
    all += text;
    file << text << std::flush;
  }
  file.close();
  CHECK(listener.Sees(all));
  CHECK(listener.count() < 1000);
}

TEST_CASE("without an event the next poll finds the change") {
  const TemporaryDirectory directory;
  const TemporaryDirectory elsewhere;
  // Two links: only the directories of the first and of the last are watched, as on a file system
  // that sends no events nobody hears of the one between.
  Write(elsewhere / "one", "one");
  Write(elsewhere / "two", "two");
  const TemporaryDirectory between;
  fs::create_symlink(elsewhere / "one", between / "link");
  fs::create_symlink(between / "link", directory / "tls.crt");
  Listener listener(directory / "tls.crt");
  const auto watcher = Watch({(directory / "tls.crt").string()}, listener,
                             {std::chrono::milliseconds(10), std::chrono::milliseconds(50)});
  fs::create_symlink(elsewhere / "two", between / "link.new");
  fs::rename(between / "link.new", between / "link");
  CHECK(listener.Sees("two"));
}

TEST_CASE("files that never rest are told of all the same") {
  const TemporaryDirectory work;
  const fs::path file = work / "policy.yaml";
  Write(file, "0");
  Listener listener(file);
  FileWatcher::Options options = kEventsOnly;
  options.settle_time = std::chrono::milliseconds(50);
  options.longest_wait = std::chrono::milliseconds(200);
  const auto watcher = Watch({file.string()}, listener, options);
  // Written again and again within the settle time, until it is told, however long that takes.
  for (int i = 1; i < 20'000 && listener.count() < 3; ++i) {
    Replace(file, std::to_string(i));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(listener.count() >= 3);
  Replace(file, "the last");
  CHECK(listener.Sees("the last"));
}

TEST_CASE("a stopped watcher tells nothing more, and stopping does not wait for the next poll") {
  const TemporaryDirectory directory;
  Write(directory / "tls.crt", "one");
  Listener listener(directory / "tls.crt");
  auto watcher = Watch({(directory / "tls.crt").string()}, listener);
  watcher.reset();
  Write(directory / "tls.crt", "two");
  Listener other(directory / "tls.crt");
  const auto sentinel = Watch({(directory / "tls.crt").string()}, other);
  Write(directory / "tls.crt", "three");
  REQUIRE(other.Sees("three"));
  CHECK(listener.count() == 0);
}
