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

std::string_view Shown(const std::string& cell) {
  return cell.empty() ? std::string_view("-") : std::string_view(cell);
}

std::size_t WidthOf(const std::string& cell) {
  return static_cast<std::size_t>(core::DisplayWidth(Shown(cell)));
}

void PutLine(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
             std::string* line) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line->append(Shown(cells[i]));
    if (i + 1 < cells.size()) line->append(widths[i] - WidthOf(cells[i]), ' ').append(kGap);
  }
}

}  // namespace

std::vector<std::size_t> ColumnWidths(const std::vector<std::string>& heading,
                                      const RowSource& rows) {
  std::vector<std::size_t> widths(heading.size());
  const auto widen = [&widths](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i]));
  };
  widen(heading);
  rows(widen);
  return widths;
}

int LineWidth(const std::vector<std::size_t>& widths, std::string_view indent) {
  const std::size_t gaps = (widths.size() - 1) * kGap.size();
  return static_cast<int>(std::accumulate(widths.begin(), widths.end(), indent.size() + gaps));
}

void WriteColumns(const std::vector<std::string>& heading, const RowSource& rows,
                  const std::vector<std::size_t>& widths, std::string_view indent,
                  const Terminal& terminal, std::ostream& out) {
  std::string line(indent);
  PutLine(heading, widths, &line);
  out << Styled(terminal, Style::kFaint, line) << '\n';
  rows([&](const std::vector<std::string>& row) {
    line = indent;
    PutLine(row, widths, &line);
    line += '\n';
    out << line;
  });
}

void Table::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = core::PrintableText(cell);
  rows_.push_back(std::move(cells));
}

RowSource Table::Rows() const {
  return [this](const std::function<void(const std::vector<std::string>&)>& take) {
    for (const std::vector<std::string>& row : rows_) take(row);
  };
}

int Table::Width(std::string_view indent) const {
  return LineWidth(ColumnWidths(heading_, Rows()), indent);
}

void Table::Write(std::string_view indent, const Terminal& terminal, std::ostream& out) const {
  WriteColumns(heading_, Rows(), ColumnWidths(heading_, Rows()), indent, terminal, out);
}

}  // namespace mountguard::cli
