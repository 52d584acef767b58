#ifndef MOUNTGUARD_CLI_INPUT_PATHS_H_
#define MOUNTGUARD_CLI_INPUT_PATHS_H_

#include <functional>
#include <string>
#include <vector>

#include "cli/input.h"
#include "core/file_reader.h"
#include "core/result.h"

namespace mountguard::cli {

/// Gives `found` the files that paths of the command line stand for: a file is itself, "-" is
/// stdin, a directory is every *.yaml, *.yml and *.json below it, in the order of names, hidden
/// ones left out. What is not there and has `*`, `?` or `[` is a pattern, for those whose shell
/// does not expand it: every file that it matches, and what is below each directory that it
/// matches; `**` is any number of folders. A file that is reached in several ways is there once, at
/// its first place.
///
/// Directories that cannot be listed, or that hold no manifest, and patterns that match nothing are
/// failures.
void FindInputFiles(const std::vector<std::string>& paths, const core::FileReader& files,
                    const InputSink& sink, const std::function<void(std::string file)>& found);

/// All of them at once.
std::vector<std::string> ListInputFiles(const std::vector<std::string>& paths,
                                        const core::FileReader& files, const InputSink& sink);

/// What is wrong with paths of the command line before anything is read: there are none, one is
/// empty, or standard input is named twice.
core::Result<void> CheckPaths(const std::vector<std::string>& paths);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_INPUT_PATHS_H_
