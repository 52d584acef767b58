#include "webhook/log_writer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "core/thread.h"

namespace mountguard::webhook {
namespace {

using std::chrono::milliseconds;

/// How often a thread that waits for the descriptor looks whether it is to end.
constexpr milliseconds kLookAround{100};
constexpr milliseconds kLastPatience{1000};

std::uint64_t LinesIn(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

struct LogWriter::State {
  State(int descriptor, OnLoss loss, std::size_t bytes)
      : fd(descriptor), on_loss(std::move(loss)), room(bytes) {}

  void Run();
  /// The thread that tells of a loss has a place for its line whatever waits.
  bool HasRoomFor(std::string_view line) const {
    return waiting.size() + line.size() <= room || std::this_thread::get_id() == thread;
  }
  void WriteOut(std::string_view text, milliseconds pause);
  void Lose(std::string_view text, std::string_view reason);
  void TellOfLoss();

  const int fd;
  const OnLoss on_loss;
  const std::size_t room;
  std::atomic<std::uint64_t> lost{0};
  std::atomic<bool> stop{false};

  std::mutex mutex;  // guards what follows
  std::condition_variable work;
  std::condition_variable rest;
  std::string waiting;
  bool writing = false;    // the thread holds lines that it took from `waiting`
  bool running = false;    // there is a thread
  std::thread::id thread;  // which one
  std::uint64_t untold = 0;
  std::string reason;

  std::mutex direct_mutex;  // guards what follows where there is no thread; else it is the thread's
  bool mid_line = false;
  bool writable = false;  // the last attempt succeeded
};

void LogWriter::State::Run() {
  std::string batch;
  std::unique_lock lock(mutex);
  thread = std::this_thread::get_id();
  while (true) {
    work.wait(lock, [this] { return stop || !waiting.empty(); });
    if (waiting.empty()) break;
    batch.swap(waiting);
    writing = true;
    lock.unlock();
    WriteOut(batch, kLookAround);
    batch.clear();
    if (writable && !stop) TellOfLoss();
    lock.lock();
    writing = false;
    if (waiting.empty()) rest.notify_all();
  }
  running = false;
  rest.notify_all();
}

/// Writes no more at a time than a pipe that is ready takes without waiting, and waits in poll, for
/// `pause` at a time: a descriptor shared with others must not be made non-blocking.
void LogWriter::State::WriteOut(std::string_view text, milliseconds pause) {
  writable = false;
  bool begun = false;
  while (!text.empty()) {
    pollfd target{fd, POLLOUT, 0};
    if (::poll(&target, 1, static_cast<int>(pause.count())) == 0) {
      if (pause.count() > 0 && !stop) continue;
      return Lose(text, "nobody reads the log");
    }
    const bool continues = mid_line && !begun;
    const std::string_view piece = continues ? "\n" : text.substr(0, PIPE_BUF);
    const ssize_t written = ::write(fd, piece.data(), piece.size());
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written <= 0) return Lose(text, std::generic_category().message(errno));
    begun = true;
    if (continues) {
      mid_line = false;
      continue;
    }
    mid_line = piece[static_cast<std::size_t>(written) - 1] != '\n';
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  writable = true;
}

void LogWriter::State::Lose(std::string_view text, std::string_view why) {
  const std::uint64_t lines = LinesIn(text);
  lost.fetch_add(lines, std::memory_order_relaxed);
  const std::lock_guard lock(mutex);
  untold += lines;
  reason = why;
}

void LogWriter::State::TellOfLoss() {
  std::uint64_t lines = 0;
  std::string why;
  {
    const std::lock_guard lock(mutex);
    lines = std::exchange(untold, 0);
    why = reason;
  }
  if (lines > 0 && on_loss) on_loss(lines, why);
}

LogWriter::LogWriter(int fd, OnLoss on_loss, std::size_t room)
    : state_(std::make_shared<State>(fd, std::move(on_loss), room)) {
  state_->running = true;
  auto thread = core::StartThread("log", [state = state_] { state->Run(); });
  if (thread) {
    thread->detach();
  } else {
    state_->running = false;
  }
}

LogWriter::~LogWriter() {
  Flush(kLastPatience);
  state_->stop = true;
  std::unique_lock lock(state_->mutex);
  state_->work.notify_all();
  state_->rest.wait_for(lock, kLastPatience, [this] { return !state_->running; });
}

void LogWriter::Write(std::string_view line) {
  std::unique_lock lock(state_->mutex);
  if (!state_->running) {
    lock.unlock();
    const std::lock_guard direct(state_->direct_mutex);
    return state_->WriteOut(line, milliseconds(0));
  }
  if (!state_->HasRoomFor(line)) {
    lock.unlock();
    return state_->Lose(line, "nobody reads the log");
  }
  state_->waiting.append(line);
  state_->work.notify_one();
}

bool LogWriter::Flush(milliseconds patience) {
  std::unique_lock lock(state_->mutex);
  return state_->rest.wait_for(lock, patience, [this] {
    return !state_->running || (state_->waiting.empty() && !state_->writing);
  });
}

std::uint64_t LogWriter::lost() const { return state_->lost.load(std::memory_order_relaxed); }

}  // namespace mountguard::webhook
