// What `node inspect` takes of CPU time and memory as a program, for 100,000 mounts, held against a
// program that reads the same mount tables and splits their lines into fields. First a table of the
// kernel's own, of 99,000 mounts in a namespace made for it (the kernel's limit is 100,000); then,
// so that what is this program's own shows, files on disk, which cost nearly nothing to read: the
// host's 100,000 mounts, and 50,000 of the host's with a copy of each in a container.
//
//   bench_inspect MOUNTGUARD
//
// Runs take turns, and the fastest of each counts.

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/limit_table.h"
#include "tests/bench/run_program.h"
#include "tests/node/namespace_world.h"
#include "tests/temporary_directory.h"

namespace {

namespace fs = std::filesystem;
using mountguard::bench::LimitTable;
using mountguard::bench::Run;
using mountguard::bench::Usage;
using mountguard::node::NamespaceWorld;
using mountguard::tests::TemporaryDirectory;

constexpr int kRounds = 5;
constexpr int kMounts = 100'000;
constexpr int kBound = 1'000;  // of the kernel's own table, bind mounts in one directory
constexpr int kCopies = 98;    // of that directory with all of them
constexpr double kMostTimes = 5;
constexpr double kMostMegabytes = 64;
constexpr const char* kFormats[] = {"text", "json", "html"};

/// A number's 32 hexadecimal digits, as different from the next number's as those of a UID.
std::string Uid(int number) {
  const auto mixed = static_cast<unsigned long>(number) * 0x9E3779B97F4A7C15UL;
  const std::string digits = fmt::format("{:016x}{:016x}", mixed, ~mixed);
  return fmt::format("{}-{}-4{}-8{}-{}", digits.substr(0, 8), digits.substr(8, 4),
                     digits.substr(12, 3), digits.substr(15, 3), digits.substr(18, 12));
}

/// The mount table of a busy node, after a driver's mounts have multiplied. In a container it is a
/// copy: private file systems and ids of its own, slaves of the host's.
class Table {
 public:
  Table(int mounts, bool copy) : copy_(copy), first_id_(copy ? 2 * kMounts : 30) {
    text_ = fmt::format("{} 1 259:1 / / rw,relatime {}:1 - ext4 /dev/nvme0n1p1 rw,discard\n",
                        first_id_, Group());
    for (int i = 1; i < mounts; ++i) Add(i);
  }

  const std::string& text() const { return text_; }

 private:
  const char* Group() const { return copy_ ? "master" : "shared"; }

  void Add(int i) {
    const int id = first_id_ + i;
    int parent = first_id_;
    std::string what;
    switch (i % 8) {
      case 0:
      case 1:
      case 2:
        what = fmt::format(
            "0:{} / "
            "/var/lib/kubelet/pods/{}/volumes/kubernetes.io~projected/kube-api-access-{:05x} "
            "rw,relatime {}:{} - tmpfs tmpfs rw,size=16384k,inode64",
            i, Uid(i), i, Group(), i + 1);
        break;
      case 3:
        what = fmt::format(
            "259:{} / /var/lib/kubelet/plugins/kubernetes.io/csi/driver.example.com/{}/globalmount "
            "rw,relatime {}:{} - ext4 /dev/nvme{}n1 rw,discard",
            i, Uid(i), Group(), i + 1, i);
        break;
      case 4:
        what = fmt::format(
            "259:{} / /var/lib/kubelet/pods/{}/volumes/kubernetes.io~csi/pvc-{}/mount rw,relatime "
            "{}:{} - ext4 /dev/nvme{}n1 rw,discard",
            i - 1, Uid(i), Uid(i - 1), Group(), i, i - 1);
        break;
      case 5:
        what = fmt::format(
            "0:{} / /run/containerd/io.containerd.grpc.v1.cri/sandboxes/{}/shm "
            "rw,nosuid,nodev,noexec,relatime {}:{} - tmpfs shm rw,size=65536k,inode64",
            i, Uid(i), Group(), i + 1);
        break;
      case 6:
        what = fmt::format("0:4 net:[{}] /run/netns/cni-{} rw {}:{} - nsfs nsfs rw", 4026532000 + i,
                           Uid(i), Group(), i + 1);
        break;
      default:  // each on top of the last one
        what = fmt::format(
            "259:1 /srv/driver/state /srv/driver/state rw,relatime {}:{} - ext4 /dev/nvme0n1p1 "
            "rw,discard",
            Group(), i + 1);
        if (i > 8) parent = id - 8;
    }
    text_ += fmt::format("{} {} {}\n", id, parent, what);
  }

  const bool copy_;
  const int first_id_;
  std::string text_;
};

/// A node's root directory with processes in it.
class Node {
 public:
  void AddProcess(int pid, const std::string& command, const Table& table) {
    const fs::path folder = directory_ / fmt::format("proc/{}", pid);
    fs::create_directories(folder / "ns");
    std::ofstream(folder / "comm") << command << '\n';
    std::ofstream(folder / "cgroup") << "0::/\n";
    std::ofstream(folder / "mountinfo") << table.text();
    fs::create_symlink(fmt::format("mnt:[{}]", pid), folder / "ns/mnt");
    tables_.push_back(folder / "mountinfo");
  }

  /// Process 1 of this node is that process of the machine.
  void TakeHost(int pid) {
    fs::create_directories(directory_ / "proc");
    const std::string process = fmt::format("/proc/{}", pid);
    fs::create_directory_symlink(process, directory_ / "proc/1");
    tables_.push_back(process + "/mountinfo");
  }

  std::string root() const { return directory_.path(); }
  const std::vector<std::string>& tables() const { return tables_; }

 private:
  TemporaryDirectory directory_;
  std::vector<std::string> tables_;
};

/// Of files of the kernel nobody knows the size before they are read.
std::string ReadAll(const std::string& name) {
  std::ifstream file(name);
  std::string text(fs::file_size(name), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  std::array<char, 64 * 1024> buffer;
  while (file.read(buffer.data(), buffer.size()), file.gcount() > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(file.gcount()));
  }
  return text;
}

/// What everything is held against: reads the files and splits every line at its blanks.
int Split(const std::vector<std::string>& files) {
  std::size_t fields = 0;
  std::vector<std::string_view> line_fields;
  for (const std::string& name : files) {
    const std::string text = ReadAll(name);
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t end = rest.find('\n');
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      line_fields.clear();
      for (std::size_t blank = 0; blank != std::string_view::npos;) {
        blank = line.find(' ');
        line_fields.push_back(line.substr(0, blank));
        if (blank != std::string_view::npos) line.remove_prefix(blank + 1);
      }
      fields += line_fields.size();
    }
  }
  return fields > 0 ? 0 : 1;
}

/// Multiplies mounts below `folder` as a driver does that mounts over its own mounts. The result is
/// "", or what the kernel refused.
std::string MultiplyMounts(const std::string& folder, NamespaceWorld* world) {
  const std::string volumes = folder + "/volumes";
  std::string refused = world->error();
  const auto then = [&refused](const auto& step) {
    if (refused.empty()) refused = step();
  };
  const auto make = [&](const std::string& path) {
    then([&] { return world->MakeDirectory(0, path); });
  };
  const auto bind = [&](const std::string& from, const std::string& to, bool recursive) {
    then([&] { return world->Bind(0, from, to, recursive); });
  };
  then([&] { return world->MountTmpfs(0, "volumes", folder); });
  then([&] { return world->SetType(0, folder, "private", false); });
  make(volumes);
  bind(volumes, volumes, false);
  for (int i = 1; i < kBound; ++i) {
    const std::string volume = fmt::format("{}/pvc-{}", volumes, Uid(i));
    make(volume);
    bind(volume, volume, false);
  }
  for (int i = 0; i < kCopies; ++i) {
    const std::string copy = fmt::format("{}/copy-{}", folder, i);
    make(copy);
    bind(volumes, copy, true);
  }
  return refused;
}

/// Measures one node with all formats; `selection` says which of it is inspected, `limit` how many
/// times the base is allowed (0: for information).
void Measure(const std::string& mountguard, const std::string& name, const Node& node,
             const std::vector<std::string>& selection, double limit, LimitTable* limits) {
  std::vector<std::string> split = {"/proc/self/exe", "--split"};
  split.insert(split.end(), node.tables().begin(), node.tables().end());
  Usage base;
  std::array<Usage, std::size(kFormats)> used;
  for (int round = 0; round < kRounds; ++round) {
    base.TakeBest(Run(split, "/dev/null", 0));
    for (std::size_t i = 0; i < used.size(); ++i) {
      std::vector<std::string> words = {mountguard, "node", "inspect", "--root", node.root()};
      words.insert(words.end(), selection.begin(), selection.end());
      words.insert(words.end(), {"-o", kFormats[i]});
      used[i].TakeBest(Run(words, "/dev/null", 0));
    }
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    limits->AtMost(fmt::format("CPU, {}, {}", name, kFormats[i]), 1e3 * base.cpu_seconds,
                   1e3 * used[i].cpu_seconds, "ms", limit);
    limits->AtMost("  its memory", used[i].megabytes, "MB", kMostMegabytes);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() > 1 && arguments[0] == "--split") {
    return Split({arguments.begin() + 1, arguments.end()});
  }
  if (arguments.size() != 1) {
    fmt::print(stderr, "usage: bench_inspect MOUNTGUARD\n");
    return 2;
  }
  LimitTable limits;
  const std::string real = "the kernel's own 99,000";
  {
    const TemporaryDirectory folder;
    NamespaceWorld world;
    if (const std::string refused = MultiplyMounts(folder.path(), &world); refused.empty()) {
      Node node;
      node.TakeHost(world.pid(0));
      Measure(arguments[0], real, node, {}, kMostTimes, &limits);
    } else {
      limits.Skip(real, refused);
    }
  }
  Node host;
  host.AddProcess(1, "systemd", Table(kMounts, false));
  Measure(arguments[0], "a file of 100,000", host, {}, 0, &limits);
  Node both;
  both.AddProcess(1, "systemd", Table(kMounts / 2, false));
  both.AddProcess(500, "agent", Table(kMounts / 2, true));
  Measure(arguments[0], "files of 50,000 and copies", both, {"--pid", "500"}, 0, &limits);
  limits.Print();
}
