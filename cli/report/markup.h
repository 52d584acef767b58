#ifndef MOUNTGUARD_CLI_REPORT_MARKUP_H_
#define MOUNTGUARD_CLI_REPORT_MARKUP_H_

#include <iosfwd>
#include <string>
#include <string_view>

namespace mountguard::cli {

/// A text of the user's for content of XML and HTML, and for attributes in double quotes.
std::string Escaped(std::string_view text);

/// The style and the script of a page.
struct PageAssets {
  std::string_view css;
  std::string_view js;
};

/// Everything up to <body>, of a page that needs nothing beside it: its own policy lets it load
/// nothing and run no other script than that of `assets`, which the page has to end with.
void WritePageHead(std::string_view title, const PageAssets& assets, std::ostream& out);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_REPORT_MARKUP_H_
