#ifndef MOUNTGUARD_CLI_TABLE_H_
#define MOUNTGUARD_CLI_TABLE_H_

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/environment.h"

namespace mountguard::cli {

/// Calls its argument with each row of cells, the same ones in the same order each time.
using RowSource = std::function<void(const std::function<void(const std::vector<std::string>&)>&)>;

/// How wide the columns of a heading and rows are. Cells are printable, "" counts as "-".
std::vector<std::size_t> ColumnWidths(const std::vector<std::string>& heading,
                                      const RowSource& rows);
/// How many columns of a terminal a line takes behind `indent`.
int LineWidth(const std::vector<std::size_t>& widths, std::string_view indent);
/// Writes a heading and rows that nobody need keep: `rows` is asked for them here and, before, for
/// their widths.
void WriteColumns(const std::vector<std::string>& heading, const RowSource& rows,
                  const std::vector<std::size_t>& widths, std::string_view indent,
                  const Terminal& terminal, std::ostream& out);

/// Rows under a heading in columns as wide as their widest cell, as a terminal counts width.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) : heading_(std::move(heading)) {}

  /// As many cells as the heading has; "" is printed as "-".
  void Add(std::vector<std::string> cells);
  /// How many columns the longest line takes behind `indent`.
  int Width(std::string_view indent) const;
  /// Every line begins with `indent`.
  void Write(std::string_view indent, const Terminal& terminal, std::ostream& out) const;

 private:
  RowSource Rows() const;

  std::vector<std::string> heading_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_TABLE_H_
