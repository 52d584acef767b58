#ifndef MOUNTGUARD_CLI_TABLE_H_
#define MOUNTGUARD_CLI_TABLE_H_

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "cli/environment.h"

namespace mountguard::cli {

/// Rows under a heading in columns as wide as their widest cell, as a terminal counts width.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) : rows_{std::move(heading)} {}

  /// As many cells as the heading has; "" is printed as "-".
  void Add(std::vector<std::string> cells);
  /// How many columns the longest line takes behind `indent`.
  int Width(std::string_view indent) const;
  /// Every line begins with `indent`.
  void Write(std::string_view indent, const Terminal& terminal, std::ostream& out) const;

 private:
  std::vector<std::size_t> ColumnWidths() const;

  std::vector<std::vector<std::string>> rows_;  // the first is the heading
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_TABLE_H_
