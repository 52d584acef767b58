#ifndef MOUNTGUARD_CORE_GO_YAML_TEXT_H_
#define MOUNTGUARD_CORE_GO_YAML_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace mountguard::core {

/// The text of a document as libyaml must see it to read what go-yaml, an older port of it, reads.
///
/// Where the two take a character for something else, another one stands in for it that both take
/// for nothing special and that the text does not have; Restore puts the characters back into what
/// was read. One character replaces one, so that lines and columns stay. Nearly every text stays
/// as it is and is not copied.
///
/// - `\'` in a double-quoted string is a quote to go-yaml and unknown to libyaml;
/// - `\/` there is a slash to libyaml and unknown to go-yaml, which refuses the document;
/// - a byte order mark inside the text begins a line to libyaml and is a letter to go-yaml;
/// - a `:` right before a bracket or comma, inside brackets, is a letter to go-yaml;
/// - `,`, `[` and `]` are letters of a tag to go-yaml.
/// The last two are known only once libyaml came across them.
///
/// Borrows the text. Not thread-safe.
class GoYamlText {
 public:
  explicit GoYamlText(std::string_view text);
  GoYamlText(const GoYamlText&) = delete;
  GoYamlText& operator=(const GoYamlText&) = delete;

  /// What to give to libyaml.
  std::string_view text() const { return changed_ ? std::string_view(rewritten_) : text_; }
  bool changed() const { return changed_; }
  /// A scalar as it would have been read without stand-ins.
  std::string Restore(std::string_view value, bool double_quoted) const;

  /// True if an escape at this place of text() stands for `\/`.
  bool IsEscapedSlash(std::size_t offset) const;

  /// Makes the `:` at this place of text() a letter. False if there is none.
  bool MakeLetter(std::size_t offset);
  /// Makes the tag that starts at this place go as far as go-yaml's. False if it does already.
  bool ExtendTag(std::size_t offset);

 private:
  std::string PickStandIn();
  void Replace(std::size_t offset, std::size_t size, const std::string& stand_in);

  std::string_view text_;
  std::string rewritten_;
  bool changed_ = false;
  char32_t next_stand_in_;
  std::string slash_;      // each "" as long as it is not needed
  std::string backslash_;  // before a single quote
  std::string mark_;       // byte order mark
  std::string colon_;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_GO_YAML_TEXT_H_
