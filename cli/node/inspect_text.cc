#include <fmt/format.h>
#include <fmt/ostream.h>

#include <string>
#include <vector>

#include "cli/node/inspection.h"
#include "cli/node/wording.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "core/code_frame.h"

namespace mountguard::cli {
namespace {

class TextWriter {
 public:
  TextWriter(const Inspection& inspection, const Terminal& terminal, std::ostream& out)
      : inspection_(inspection), terminal_(terminal), out_(out) {}

  void Write() {
    for (const Inspection::Space& space : inspection_.spaces()) Space(space);
    if (inspection_.pinned().empty()) return;
    fmt::print(out_, "{}\n", Styled(terminal_, Style::kStrong, "kept from being unmounted"));
    for (const node::PinnedFileSystem& one : inspection_.pinned()) {
      Lines("- " + PinnedSentence(one, inspection_.survey()), 2, 4);
    }
    fmt::print(out_, "\n");
  }

 private:
  using Row = std::vector<std::string>;

  void Space(const Inspection::Space& space) {
    const bool host = space.about->host;
    fmt::print(out_, "{}\n",
               Styled(terminal_, Style::kStrong, core::PrintableText(HeadingOf(*space.about))));
    const Row heading =
        host ? Row{"PATH", "KERNEL", "MODES", "FILE SYSTEM"}
             : Row{"PATH", "KERNEL", "OCI", "CRI", "MODE", "CROSSES", "FILE SYSTEM", "ON THE HOST"};
    const RowSource rows = [&](const std::function<void(const Row&)>& take) {
      Row row(heading.size());
      inspection_.ForEachMount(space, [&](const InspectedMount& one) {
        // What lies below others at one path is told by their number.
        if (!one.visible && one.at_path > 1) return;
        Fill(one, host, &row);
        take(row);
      });
    };
    const std::vector<std::size_t> widths = ColumnWidths(heading, rows);
    if (!terminal_.wraps || LineWidth(widths, kIndent) <= terminal_.width) {
      WriteColumns(heading, rows, widths, kIndent, terminal_, out_);
    } else {
      rows([&](const Row& row) { Narrow(row); });
    }
    Sentences(space);
    fmt::print(out_, "\n");
  }

  static void Fill(const InspectedMount& one, bool host, Row* row) {
    auto cell = row->begin();
    const auto put = [&cell](std::string_view text) {
      cell->clear();  // its memory serves the next row, too
      core::AppendPrintable(text, &*cell++);
    };
    put(one.mount->mount_point);
    if (one.at_path > 1) row->front() += fmt::format(" (x{})", one.at_path);
    put(KernelText(*one.mount));
    if (host) {
      put(one.visible ? ModeText(one) : "hidden");
      put(FileSystemText(*one.mount));
      return;
    }
    put(one.oci);
    put(CriText(one));
    put(ModeText(one));
    put(CrossesText(one));
    put(FileSystemText(*one.mount));
    put(one.host.links.empty() ? "" : one.host.links.front().host_path);
  }

  /// Not wide enough for a table: two lines a mount.
  void Narrow(const Row& row) {
    fmt::print(out_, "  {} {}\n", row[0],
               Styled(terminal_, Style::kFaint, "(" + row[row.size() == 4 ? 3 : 6] + ")"));
    std::string chain = row[1];
    if (row.size() == 4) {
      chain += " → " + row[2];
    } else {
      chain += " → " + row[2] + " → " + row[3] + " → " + row[4] + "; crosses: " + row[5];
      if (!row[7].empty()) chain += "; on the host " + row[7];
    }
    Lines(chain, 6, 6);
  }

  void Sentences(const Inspection::Space& space) {
    if (!space.about->host && inspection_.host() != nullptr) {
      bool any = false;
      std::size_t silent = 0;
      inspection_.ForEachMount(space, [&](const InspectedMount& one) {
        const std::string sentence = HostSentence(inspection_, space, one);
        if (sentence.empty()) {
          ++silent;
          return;
        }
        if (!any) Section("the host's mounts");
        any = true;
        Lines("- " + sentence, 4, 6);
      });
      if (!any) Section("the host's mounts");
      if (silent > 0) {
        Lines(fmt::format("- nothing to tell of {}{} mount{}", silent, any ? " more" : "",
                          silent == 1 ? "" : "s"),
              4, 6);
      }
    }
    if (!space.stacked.empty()) Section("more than one mount on one path");
    for (const node::PathCount& stacked : space.stacked) {
      Lines("- " + StackedSentence(stacked), 4, 6);
    }
  }

  void Section(std::string_view title) {
    fmt::print(out_, "  {}\n", Styled(terminal_, Style::kFaint, title));
  }

  void Lines(const std::string& text, int column, int indent) {
    fmt::print(out_, "{}{}\n", std::string(static_cast<std::size_t>(column), ' '),
               Wrapped(terminal_, core::PrintableText(text), column, indent));
  }

  static constexpr std::string_view kIndent = "  ";

  const Inspection& inspection_;
  const Terminal& terminal_;
  std::ostream& out_;
};

}  // namespace

void WriteTextInspection(const Inspection& inspection, const Terminal& terminal,
                         std::ostream& out) {
  TextWriter(inspection, terminal, out).Write();
}

}  // namespace mountguard::cli
