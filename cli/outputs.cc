#include "cli/outputs.h"

#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "cli/progress.h"
#include "core/did_you_mean.h"
#include "core/file_writer.h"

namespace mountguard::cli {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0644;

/// Writes an output to where it goes.
using Write = std::function<void(std::ostream& out)>;

core::Result<Output> ReadOutput(const std::string& text,
                                const std::vector<std::string_view>& known) {
  const std::size_t equals = text.find('=');
  std::string name = text.substr(0, equals);
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    return core::Failure(fmt::format("-o: expected one of {}, got \"{}\"{}", fmt::join(known, ", "),
                                     name, core::DidYouMean(name, known)));
  }
  if (equals == std::string::npos) return Output{std::move(name), ""};
  std::string file = text.substr(equals + 1);
  if (file.empty()) {
    return core::Failure(fmt::format("-o {}: expected the name of a file behind the =", text));
  }
  if (file == "-") file.clear();
  return Output{std::move(name), std::move(file)};
}

/// What is wrong with two outputs that would go to one place.
std::string Clash(const Output& first, const Output& second) {
  if (first.file.empty()) {
    return fmt::format(
        "-o: {} and {} cannot both go to standard output; write one to a file: -o {}=FILE",
        first.format, second.format, second.format);
  }
  return fmt::format("-o: {} and {} cannot both go to {}; give each a file of its own",
                     first.format, second.format, first.file);
}

core::Unexpected<core::Error> CannotWrite(const std::string& path, const std::string& reason) {
  return core::Failure(fmt::format("cannot write {}: {}", path, reason));
}

core::Unexpected<core::Error> CannotWrite(const std::string& path, int error) {
  return CannotWrite(path, std::generic_category().message(error));
}

/// Writes to what is there and is no file: a pipe, a device. Nothing can be replaced there.
core::Result<void> WriteInPlace(const std::string& path, const Write& write) {
  std::ofstream out(path, std::ios::binary);
  if (out) write(out);
  if (out.flush()) return {};
  return CannotWrite(path, errno);
}

/// Where an output goes.
struct Target {
  std::string path;
  bool in_place = false;  // what is there is no file
};

core::Result<Target> FindTarget(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) {
    return CannotWrite(path, "it is a directory");
  }
  if (fs::exists(status) && !fs::is_regular_file(status)) return Target{path, true};
  // A link stays one: it is what it points to that is replaced.
  const fs::path target = fs::exists(status) ? fs::canonical(path, error) : fs::path(path);
  return Target{error ? path : target.string()};
}

/// What can be told before there is anything to write: a file is replaced by a new one in its
/// directory.
core::Result<void> CheckWritable(const std::string& path) {
  const auto target = FindTarget(path);
  if (!target) return core::Unexpected(target.error());
  const std::string parent = fs::path(target->path).parent_path().string();
  const bool writable = target->in_place
                            ? ::access(target->path.c_str(), W_OK) == 0
                            : ::access(parent.empty() ? "." : parent.c_str(), W_OK | X_OK) == 0;
  if (writable) return {};
  return CannotWrite(path, errno);
}

core::Result<void> WriteToPath(const std::string& path, const Write& write) {
  const auto target = FindTarget(path);
  if (!target) return core::Unexpected(target.error());
  if (target->in_place) return WriteInPlace(path, write);
  return core::WriteFileAtomically(target->path, write, kFileMode);
}

void TellNotWritten(const Output& output, const core::Error& error, Environment& env) {
  fmt::print(env.err, "no {} report: {}\n", output.format, error.message);
}

}  // namespace

core::Result<std::vector<Output>> ReadOutputs(const std::vector<std::string>& texts,
                                              const std::vector<std::string_view>& known) {
  if (texts.empty()) return std::vector<Output>{{"text", ""}};
  std::vector<Output> outputs;
  for (const std::string& text : texts) {
    auto output = ReadOutput(text, known);
    if (!output) return core::Unexpected(output.error());
    const auto same_place =
        std::find_if(outputs.begin(), outputs.end(),
                     [&output](const Output& other) { return other.file == output->file; });
    if (same_place != outputs.end()) return core::Failure(Clash(*same_place, *output));
    outputs.push_back(*std::move(output));
  }
  return outputs;
}

ExitCode DropUnwritable(std::vector<Output>* outputs, Environment& env) {
  const std::size_t dropped = std::erase_if(*outputs, [&env](const Output& output) {
    if (output.file.empty()) return false;
    const auto writable = CheckWritable(output.file);
    if (!writable) TellNotWritten(output, writable.error(), env);
    return !writable;
  });
  return dropped == 0 ? ExitCode::kClean : ExitCode::kUnreadable;
}

ExitCode WriteOutputs(const std::vector<Output>& outputs, Environment& env,
                      const std::function<void(std::string_view format, const Terminal& terminal,
                                               std::ostream& out)>& write) {
  ExitCode code = ExitCode::kClean;
  for (const Output& output : outputs) {
    const bool to_terminal = output.file.empty() && env.terminal.wraps;
    std::optional<Progress> progress;  // on a terminal the report itself shows how far it is
    if (!to_terminal) {
      progress.emplace(env, [&output] { return fmt::format("writing: {}", output.format); });
    }
    if (output.file.empty()) {
      write(output.format, env.terminal, env.out);
      continue;
    }
    const auto written =
        WriteToPath(output.file, [&](std::ostream& out) { write(output.format, Terminal{}, out); });
    progress.reset();
    if (!written) {
      TellNotWritten(output, written.error(), env);
      code = ExitCode::kUnreadable;
    }
  }
  return code;
}

}  // namespace mountguard::cli
