#ifndef MOUNTGUARD_POLICY_BLOCK_DECODER_H_
#define MOUNTGUARD_POLICY_BLOCK_DECODER_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/workload.h"
#include "policy/block.h"
#include "policy/yaml_decoder.h"

namespace mountguard::policy {

/// Reads lists of blocks. What a field's value must look like goes by its ValueType alone.
class BlockDecoder : private YamlDecoder {
 public:
  using YamlDecoder::YamlDecoder;

  /// `what` is the field that holds the list: "match".
  std::vector<Block> Blocks(YamlNode node, std::string_view what);

 private:
  friend class YamlDecoder;
  template <class T, std::size_t N>
  using Readers = YamlReaders<BlockDecoder, T, N>;

  Block OneBlock(YamlNode node, std::string_view what);
  bool ReadCondition(const BlockFieldInfo& info, YamlNode node, Condition* out);
  WordSet WordList(const BlockFieldInfo& info, YamlNode node);
  bool Pattern(YamlNode node, std::string_view what, std::string* out);
  Patterns PatternList(const BlockFieldInfo& info, YamlNode node);
  ImagePatterns ImageList(const BlockFieldInfo& info, YamlNode node);
  std::vector<KindPattern> KindList(const BlockFieldInfo& info, YamlNode node);
  std::vector<std::string> CapabilityList(const BlockFieldInfo& info, YamlNode node);
  void PathIs(YamlNode node, PathCondition* path) { path->is = PathList(node, "is"); }
  void PathUnder(YamlNode node, PathCondition* path) { path->under = PathList(node, "under"); }
  void PathCovers(YamlNode node, PathCondition* path) { path->covers = PathList(node, "covers"); }
  std::vector<std::string> PathList(YamlNode node, std::string_view what);
  PathCondition ReadPath(const BlockFieldInfo& info, YamlNode node);

  void MatchLabels(YamlNode node, LabelSelector* selector);
  void MatchExpressions(YamlNode node, LabelSelector* selector);
  void RequirementKey(YamlNode node, LabelSelector::Requirement* requirement);
  void RequirementOperator(YamlNode node, LabelSelector::Requirement* requirement);
  void RequirementValues(YamlNode node, LabelSelector::Requirement* requirement);
  bool LabelValue(YamlNode node, std::string_view what, std::string* out);
  LabelSelector Selector(const BlockFieldInfo& info, YamlNode node);

  const core::WorkloadTable workloads_;  // kinds that may have been meant
  bool selects_labels_ = true;           // the selector that is read is not one of annotations
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_BLOCK_DECODER_H_
