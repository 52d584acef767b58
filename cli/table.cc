#include "cli/table.h"

#include <algorithm>
#include <numeric>
#include <ostream>
#include <utility>

#include "cli/terminal.h"
#include "core/code_frame.h"
#include "core/display_width.h"

namespace mountguard::cli {
namespace {

constexpr std::string_view kGap = "  ";

std::size_t WidthOf(const std::string& cell) {
  return static_cast<std::size_t>(core::DisplayWidth(cell));
}

}  // namespace

void Table::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = cell.empty() ? "-" : core::PrintableText(cell);
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::ColumnWidths() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const std::vector<std::string>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i]));
  }
  return widths;
}

int Table::Width(std::string_view indent) const {
  const std::vector<std::size_t> widths = ColumnWidths();
  const std::size_t gaps = (widths.size() - 1) * kGap.size();
  return static_cast<int>(std::accumulate(widths.begin(), widths.end(), indent.size() + gaps));
}

void Table::Write(std::string_view indent, const Terminal& terminal, std::ostream& out) const {
  const std::vector<std::size_t> widths = ColumnWidths();
  for (const std::vector<std::string>& row : rows_) {
    const bool heading = &row == &rows_.front();
    std::string line(indent);
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - WidthOf(row[i]), ' ').append(kGap);
    }
    out << (heading ? Styled(terminal, Style::kFaint, line) : line) << '\n';
  }
}

}  // namespace mountguard::cli
