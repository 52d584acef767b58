#include "tests/node/namespace_world.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>

namespace mountguard::node {
namespace {

constexpr std::size_t kMostBytes = 4096;  // of a request or an answer

std::string ErrorText(const std::string& what) { return what + ": " + std::strerror(errno); }

std::string Done(int result, const std::string& what) { return result == 0 ? "" : ErrorText(what); }

bool WriteFile(const char* path, const std::string& text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return written;
}

/// Goes into new namespaces; in a user namespace the process is root.
std::string Enter(bool own_users) {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(CLONE_NEWNS | (own_users ? CLONE_NEWUSER : 0)) != 0) return ErrorText("unshare");
  if (!own_users) return "";
  WriteFile("/proc/self/setgroups", "deny");
  if (!WriteFile("/proc/self/uid_map", "0 " + user + " 1") ||
      !WriteFile("/proc/self/gid_map", "0 " + group + " 1")) {
    return ErrorText("uid_map");
  }
  return "";
}

unsigned long TypeFlag(const std::string& type) {
  if (type == "shared") return MS_SHARED;
  if (type == "slave") return MS_SLAVE;
  return type == "unbindable" ? MS_UNBINDABLE : MS_PRIVATE;
}

std::string Answer(const std::string& request) {
  std::istringstream words(request);
  std::string verb, a, b, recursive;
  words >> verb >> a >> b >> recursive;
  const unsigned long all = recursive == "all" ? MS_REC : 0;
  if (verb == "mkdir") return Done(::mkdir(a.c_str(), 0755), request);
  if (verb == "tmpfs") {
    return Done(::mount(a.c_str(), b.c_str(), "tmpfs", 0, "size=64k"), request);
  }
  if (verb == "bind") {
    return Done(::mount(a.c_str(), b.c_str(), nullptr, MS_BIND | all, nullptr), request);
  }
  if (verb == "type") {
    return Done(::mount("none", b.c_str(), nullptr, TypeFlag(a) | all, nullptr), request);
  }
  return Done(::umount2(a.c_str(), MNT_DETACH), request);
}

void Send(int socket, const std::string& text) {
  static_cast<void>(::send(socket, text.data(), text.size(), MSG_NOSIGNAL));
}

/// A whole message; false once the other end is gone.
bool Receive(int socket, std::string* text) {
  std::array<char, kMostBytes> buffer;
  const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  text->assign(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

/// What a process does all its life. "spawn" makes one more of them, whose socket is sent back.
[[noreturn]] void Serve(int socket, bool own_users, bool first);

std::string Spawned(int socket, bool own_users) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return ErrorText("socketpair");
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(socket);
    ::close(ends[0]);
    Serve(ends[1], own_users, false);
  }
  ::close(ends[1]);
  std::string text = std::to_string(child);
  iovec part = {text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &ends[0], sizeof(int));
  ::sendmsg(socket, &message, MSG_NOSIGNAL);
  ::close(ends[0]);
  return "";
}

[[noreturn]] void Serve(int socket, bool own_users, bool first) {
  std::signal(SIGCHLD, SIG_IGN);
  std::string refused = Enter(own_users);
  if (refused.empty() && first) refused = Answer("type private / all");
  Send(socket, "ready" + refused);
  for (std::string request; Receive(socket, &request);) {
    if (request == "spawn same" || request == "spawn own") {
      const std::string failed = Spawned(socket, request == "spawn own");
      if (!failed.empty()) Send(socket, failed);
    } else {
      Send(socket, "ready" + Answer(request));
    }
  }
  ::_exit(0);
}

/// The message of a new process: "" or what was refused to it.
std::string FirstWord(int socket) {
  std::string text;
  if (!Receive(socket, &text)) return "the process has ended";
  return text.substr(std::strlen("ready"));
}

}  // namespace

NamespaceWorld::NamespaceWorld() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    error_ = ErrorText("socketpair");
    return;
  }
  const bool own_users = ::geteuid() != 0;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    Serve(ends[1], own_users, true);
  }
  ::close(ends[1]);
  agents_.push_back({child, ends[0]});
  error_ = FirstWord(ends[0]);
}

NamespaceWorld::~NamespaceWorld() {
  for (const Agent& agent : agents_) ::close(agent.socket);  // each ends when it reads that
  if (!agents_.empty() && agents_.front().pid > 0) ::waitpid(agents_.front().pid, nullptr, 0);
}

int NamespaceWorld::Spawn(Users users) {
  const int parent = agents_.front().socket;
  Send(parent, users == Users::kOwn ? "spawn own" : "spawn same");
  std::array<char, kMostBytes> buffer;
  iovec part = {buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(parent, &message, MSG_CMSG_CLOEXEC);
  const cmsghdr* const header = size > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header == nullptr) {
    error_ = "no process came";
    return -1;
  }
  Agent agent;
  std::memcpy(&agent.socket, CMSG_DATA(header), sizeof(int));
  agent.pid = std::stoi(std::string(buffer.data(), static_cast<std::size_t>(size)));
  agents_.push_back(agent);
  error_ = FirstWord(agent.socket);
  return error_.empty() ? static_cast<int>(agents_.size()) - 1 : -1;
}

std::string NamespaceWorld::Ask(int process, const std::string& request) {
  const int socket = agents_[static_cast<std::size_t>(process)].socket;
  Send(socket, request);
  return FirstWord(socket);
}

std::string NamespaceWorld::MakeDirectory(int process, const std::string& path) {
  return Ask(process, "mkdir " + path);
}

std::string NamespaceWorld::MountTmpfs(int process, const std::string& source,
                                       const std::string& path) {
  return Ask(process, "tmpfs " + source + " " + path);
}

std::string NamespaceWorld::Bind(int process, const std::string& from, const std::string& to,
                                 bool recursive) {
  return Ask(process, "bind " + from + " " + to + (recursive ? " all" : ""));
}

std::string NamespaceWorld::SetType(int process, const std::string& path, const std::string& type,
                                    bool recursive) {
  return Ask(process, "type " + type + " " + path + (recursive ? " all" : ""));
}

std::string NamespaceWorld::Unmount(int process, const std::string& path) {
  return Ask(process, "umount " + path);
}

}  // namespace mountguard::node
