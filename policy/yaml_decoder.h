#ifndef MOUNTGUARD_POLICY_YAML_DECODER_H_
#define MOUNTGUARD_POLICY_YAML_DECODER_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/source_pos.h"
#include "policy/policy_fields.h"
#include "policy/policy_yaml.h"

namespace mountguard::policy {

using Words = std::vector<std::string_view>;

/// A text of a policy for a message: in quotes, short, and harmless on a terminal.
std::string Quoted(std::string_view text);

/// What a person would call the value: `a list`, `the number "12"`.
std::string Describe(YamlNode node);

/// `unknown <what> "<word>"<where>` with what was expected and what was likely meant.
std::string Unknown(std::string_view what, std::string_view word, std::string_view where,
                    const Words& known);

/// The value of a key of a map; the map itself where it has no such key.
YamlNode MemberOf(YamlNode map, std::string_view key);

/// How `Reader` reads the values of the N fields of a T, in the order of the fields' table.
template <class Reader, class T, std::size_t N>
using YamlReaders = std::array<void (Reader::*)(YamlNode value, T* out), N>;

/// Reads values of a YAML tree strictly, and tells whatever is wrong with them instead of stopping.
/// Readers of structs derive from it. Not thread-safe.
class YamlDecoder {
 public:
  /// `problems` must outlive this.
  explicit YamlDecoder(std::vector<YamlTree::Problem>* problems) : problems_(*problems) {}

 protected:
  void Error(core::SourcePos position, std::string message) {
    problems_.push_back({position, std::move(message)});
  }
  void Error(YamlNode node, std::string message) { Error(node.position(), std::move(message)); }
  std::size_t error_count() const { return problems_.size(); }

  /// True for a map with our apiVersion and that kind; told, if it is none.
  bool Header(YamlNode root, std::string_view kind);
  /// Calls `read(field, value)` for every member of a map whose key is the name of one of `fields`;
  /// tells unknown, repeated and missing keys. `what` names the map in messages: "a rule".
  template <class Field, std::size_t N, class Read>
  void KnownMap(YamlNode node, std::string_view what, const std::array<Field, N>& fields,
                const Read& read);
  /// The same, where every field has a function of its own.
  template <class Reader, class T, std::size_t N>
  void Map(YamlNode node, std::string_view what, const std::array<PolicyField, N>& fields,
           const YamlReaders<Reader, T, N>& readers, T* out);
  /// The members of a map whose keys are free; repeated ones are told and left out.
  std::vector<YamlNode::Member> FreeMap(YamlNode node, std::string_view what);
  /// The elements of a list, which must have one. `what` is the field's name.
  std::vector<YamlNode> List(YamlNode node, std::string_view what);
  /// A text that is not empty. False, and told, if it is none.
  bool Text(YamlNode node, std::string_view what, std::string* out);
  std::vector<std::string> Texts(YamlNode node, std::string_view what);
  /// false, and told, if it is no boolean.
  bool Bool(YamlNode node, bool* out);

 private:
  std::vector<YamlTree::Problem>& problems_;
};

template <class Field, std::size_t N, class Read>
void YamlDecoder::KnownMap(YamlNode node, std::string_view what, const std::array<Field, N>& fields,
                           const Read& read) {
  std::array<bool, N> given{};
  for (const YamlNode::Member& member : FreeMap(node, what)) {
    const std::string_view name = member.key.text();
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [name](const auto& known) { return known.name == name; });
    if (field == fields.end()) {
      Words names;
      for (const auto& known : fields) names.push_back(known.name);
      Error(member.key, Unknown("field", name, " in " + std::string(what), names));
      continue;
    }
    given[static_cast<std::size_t>(field - fields.begin())] = true;
    read(*field, member.value);
  }
  if (node.type() != YamlType::kMap) return;
  for (std::size_t i = 0; i < N; ++i) {
    if (!fields[i].required || given[i]) continue;
    Error(node, std::string(what) + " needs the field \"" + std::string(fields[i].name) + "\"");
  }
}

template <class Reader, class T, std::size_t N>
void YamlDecoder::Map(YamlNode node, std::string_view what,
                      const std::array<PolicyField, N>& fields,
                      const YamlReaders<Reader, T, N>& readers, T* out) {
  KnownMap(node, what, fields, [&](const PolicyField& field, YamlNode value) {
    (static_cast<Reader*>(this)->*readers[static_cast<std::size_t>(&field - fields.data())])(value,
                                                                                             out);
  });
}

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_YAML_DECODER_H_
