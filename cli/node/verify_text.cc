#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

#include "cli/explain/wording.h"
#include "cli/node/verification.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "core/code_frame.h"

namespace mountguard::cli {
namespace {

class TextWriter {
 public:
  TextWriter(const Terminal& terminal, std::ostream& out) : terminal_(terminal), out_(out) {}

  void Head(const Verification& verification) {
    out_ << Styled(terminal_, Style::kStrong, core::PrintableText(ObjectText(verification.pod())))
         << '\n';
  }

  void Container(const VerifiedContainer& one) {
    const std::string name = ContainerText(*one.spec);
    if (one.state != VerifiedContainer::State::kVerified) {
      const bool ended = one.state == VerifiedContainer::State::kEnded;
      Line(2, fmt::format("{}: not verified: {}", name, one.why),
           ended ? Style::kFaint : Style::kWarn);
      return;
    }
    std::string head = fmt::format("{}: process {}", name, one.running.pid);
    if (one.recorded) {
      head += fmt::format(", recorded by {} in {}", ToString(one.recorded->runtime),
                          one.recorded->file);
    }
    Line(2, head);
    if (one.checks.empty()) Line(4, "the spec mounts nothing", Style::kFaint);
    if (!one.checks.empty()) Mounts(one);
    for (const node::MountCheck& check : one.checks) Sayings(check);
  }

  void Foot(const Verification& verification) {
    for (const std::string& sentence : verification.unseen) {
      Line(2, "not seen: " + sentence, Style::kWarn);
    }
    std::size_t mounts = 0;
    for (const VerifiedContainer& one : verification.containers) mounts += one.checks.size();
    const std::size_t differences = verification.differences();
    const std::string text =
        fmt::format("{} mount{} verified, {} difference{}", mounts, mounts == 1 ? "" : "s",
                    differences, differences == 1 ? "" : "s");
    Line(2, text, differences > 0 ? Style::kDeny : Style::kGood);
  }

 private:
  void Mounts(const VerifiedContainer& one) {
    Table table({"PATH", "MODE", "CRI", "RECORDED", "KERNEL"});
    for (std::size_t i = 0; i < one.checks.size(); ++i) {
      const node::MountCheck& check = one.checks[i];
      const ExplainedMount& asked = *one.asked[i];
      table.Add({check.asked.path, asked.mode.value_or(""), std::string(ToString(check.asked.cri)),
                 check.recorded ? fmt::format("{}", fmt::join(check.recorded->options, ",")) : "",
                 KernelText(check)});
    }
    table.Write("    ", terminal_, out_);
  }

  static std::string KernelText(const node::MountCheck& check) {
    if (!check.kernel) return "";
    std::string text(ToString(check.kernel->propagation));
    if (check.kernel->shared != 0) text += fmt::format(" shared:{}", check.kernel->shared);
    if (check.kernel->master != 0) text += fmt::format(" master:{}", check.kernel->master);
    return fmt::format("{} {} (mount {})", text,
                       check.kernel_options.substr(0, check.kernel_options.find(',')),
                       check.kernel->id);
  }

  void Sayings(const node::MountCheck& check) {
    for (const node::Difference& one : check.differences) {
      Line(4, fmt::format("{} {}: {}", check.asked.path, ToString(one.id), one.sentence),
           Style::kDeny);
    }
    for (const std::string& note : check.notes) {
      Line(4, fmt::format("{}: {}", check.asked.path, note));
    }
  }

  void Line(int column, std::string_view text, Style style = Style::kStrong) {
    const std::string wrapped = Wrapped(terminal_, core::PrintableText(text), column, column + 2);
    out_ << std::string(static_cast<std::size_t>(column), ' ')
         << (style == Style::kStrong ? wrapped : Styled(terminal_, style, wrapped)) << '\n';
  }

  const Terminal& terminal_;
  std::ostream& out_;
};

}  // namespace

void WriteTextVerification(const Verification& verification, const Terminal& terminal,
                           std::ostream& out) {
  TextWriter writer(terminal, out);
  writer.Head(verification);
  for (const VerifiedContainer& one : verification.containers) writer.Container(one);
  writer.Foot(verification);
}

}  // namespace mountguard::cli
