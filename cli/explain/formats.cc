#include <algorithm>

#include "cli/explain/explanation.h"

namespace mountguard::cli {

const std::vector<ExplainFormat>& ExplainFormats() {
  static const std::vector<ExplainFormat> formats = {
      {"text", "a table and sentences (without -o)", &WriteTextExplanation},
      {"json", "one object with all of it", &WriteJsonExplanation},
      {"mermaid", "a flowchart for Markdown", &WriteMermaidExplanation},
      {"dot", "a graph for Graphviz", &WriteDotExplanation},
      {"svg", "a picture", &WriteSvgExplanation},
      {"html", "one page with the picture and all of it", &WriteHtmlExplanation},
  };
  return formats;
}

const ExplainFormat* FindExplainFormat(std::string_view name) {
  const auto& formats = ExplainFormats();
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [name](const ExplainFormat& one) { return one.name == name; });
  return found == formats.end() ? nullptr : &*found;
}

}  // namespace mountguard::cli
