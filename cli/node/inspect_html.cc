#include <fmt/format.h>
#include <fmt/ostream.h>

#include <string>
#include <vector>

#include "cli/node/inspection.h"
#include "cli/node/wording.h"
#include "cli/report/assets.h"
#include "cli/report/markup.h"
#include "cli/version.h"

// One page that needs nothing beside it, in the style of the page of explain; it has no script.

namespace mountguard::cli {
namespace {

class InspectPage {
 public:
  InspectPage(const Inspection& inspection, std::ostream& out)
      : inspection_(inspection),
        out_(out),
        css_(fmt::format("{}{}", kHtmlReportCss, kExplainPageCss)) {}

  void Write() {
    WritePageHead("mounts of a node", {css_, ""}, out_);
    fmt::print(
        out_, "<header>\n<h1>Mounts of a node</h1>\n<p class=\"scope\">{}</p>\n</header>\n<main>\n",
        ScopeText());
    Pinned();
    for (const Inspection::Space& space : inspection_.spaces()) Space(space);
    Unseen();
    fmt::print(out_, "</main>\n<footer>\n<p>mountguard {}</p>\n</footer>\n</body>\n</html>\n",
               ProgramVersion());
  }

 private:
  std::string ScopeText() const {
    std::size_t mounts = 0;
    for (const Inspection::Space& space : inspection_.spaces()) {
      mounts += space.about->table->mounts().size();
    }
    const std::size_t spaces = inspection_.spaces().size();
    return fmt::format("{} mount namespace{}, {} mount{}", spaces, spaces == 1 ? "" : "s", mounts,
                       mounts == 1 ? "" : "s");
  }

  void Pinned() {
    if (inspection_.pinned().empty()) return;
    fmt::print(out_, "<section>\n<h2>Kept from being unmounted</h2>\n");
    for (const node::PinnedFileSystem& one : inspection_.pinned()) {
      fmt::print(out_, "<article class=\"entry warn\"><p>{}</p></article>\n",
                 Escaped(PinnedSentence(one, inspection_.survey())));
    }
    fmt::print(out_, "</section>\n");
  }

  void Space(const Inspection::Space& space) {
    fmt::print(out_, "<section class=\"pod\">\n<h2>{}</h2>\n", Escaped(HeadingOf(*space.about)));
    for (const node::PathCount& stacked : space.stacked) {
      fmt::print(out_, "<p class=\"note\">{}</p>\n", Escaped(StackedSentence(stacked)));
    }
    Mounts(space);
    Sentences(space);
    fmt::print(out_, "</section>\n");
  }

  void Mounts(const Inspection::Space& space) {
    const bool host = space.about->host;
    fmt::print(out_,
               "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Mounts\"><table>\n"
               "<thead><tr><th>Path<th>Kernel{}<th>File system{}</tr></thead>\n<tbody>\n",
               host ? "<th>Modes" : "<th>OCI<th>CRI<th>Mode<th>Crosses",
               host ? "" : "<th>On the host");
    inspection_.ForEachMount(space, [&](const InspectedMount& one) {
      fmt::print(out_, "<tr><td><code>{}</code>{}<td>{}", Escaped(one.mount->mount_point),
                 one.visible ? "" : " (hidden)", KernelText(*one.mount));
      if (host) {
        fmt::print(out_, "<td>{}<td>{}", ModeText(one), Escaped(FileSystemText(*one.mount)));
      } else {
        fmt::print(out_, "<td>{}<td>{}<td>{}<td>{}<td>{}<td><code>{}</code>", one.oci, CriText(one),
                   ModeText(one), CrossesText(one), Escaped(FileSystemText(*one.mount)),
                   one.host.links.empty() ? "" : Escaped(one.host.links.front().host_path));
      }
      fmt::print(out_, "</tr>\n");
    });
    fmt::print(out_, "</tbody></table></div>\n");
  }

  void Sentences(const Inspection::Space& space) {
    bool any = false;
    inspection_.ForEachMount(space, [&](const InspectedMount& one) {
      const std::string sentence = HostSentence(inspection_, space, one);
      if (sentence.empty()) return;
      if (!any) fmt::print(out_, "<h3>The host's mounts</h3>\n<ul class=\"edges\">\n");
      any = true;
      fmt::print(out_, "<li>{}</li>\n", Escaped(sentence));
    });
    if (any) fmt::print(out_, "</ul>\n");
  }

  void Unseen() {
    if (inspection_.survey().unseen.empty()) return;
    fmt::print(out_, "<section>\n<h2>Not seen</h2>\n");
    for (const node::Unseen& one : inspection_.survey().unseen) {
      fmt::print(out_, "<article class=\"entry error\"><p>{}</p><p>{}</p></article>\n",
                 Escaped(one.what), Escaped(one.why));
    }
    fmt::print(out_, "</section>\n");
  }

  const Inspection& inspection_;
  std::ostream& out_;
  const std::string css_;
};

}  // namespace

void WriteHtmlInspection(const Inspection& inspection, const Terminal&, std::ostream& out) {
  InspectPage(inspection, out).Write();
}

}  // namespace mountguard::cli
