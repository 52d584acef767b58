#include "policy/block_index.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/text_hash.h"

namespace mountguard::policy {

using core::JsonValue;

/// What an entry is filed under: a text that the mount must have for the block to hold.
struct BlockIndex::Lookup {
  enum Kind : std::uint8_t { kExact, kPrefix, kSuffix, kUnder };

  /// Keys are hashes; that two texts may share one costs a try, never a verdict.
  static Key KeyOf(BlockField field, Kind kind, std::string_view text) {
    constexpr Key kMix = 0x9E3779B97F4A7C15;  // 2^64 divided by the golden ratio
    const Key seed = static_cast<Key>(field) * 4 + static_cast<Key>(kind) + 1;
    return Key{core::TextHash()(text)} ^ seed * kMix;
  }
  static Key KeyOfLabel(BlockField field, std::string_view key, std::string_view value) {
    constexpr Key kOdd = 0xC2B2AE3D27D4EB4F;  // so that key and value do not cancel out
    return KeyOf(field, kExact, key) * kOdd ^ Key { core::TextHash()(value) };
  }

  BlockField field;
  Kind kind;
  Key key;
  std::size_t length = 0;      // of a prefix or suffix
  std::string_view text = {};  // of the block

  static Lookup Of(BlockField field, Kind kind, std::string_view text) {
    return {field, kind, KeyOf(field, kind, text), text.size(), text};
  }
};

BlockIndex::BlockIndex(std::vector<Entry> entries) : entries_(std::move(entries)) {
  using Lookups = std::vector<Lookup>;

  // The lookups of a condition, one of which succeeds if it holds; none: it is no use for filing.
  const auto of_patterns = [](BlockField field, const Patterns& patterns) {
    Lookups lookups;
    for (const std::string& literal : patterns.literals) {
      lookups.push_back(Lookup::Of(field, Lookup::kExact, literal));
    }
    for (const std::string& glob : patterns.globs) {
      const std::size_t prefix = LiteralPrefixLength(glob);
      const std::size_t suffix = LiteralSuffixLength(glob);
      if (prefix == 0 && suffix == 0) return Lookups();
      const std::string_view text = glob;
      lookups.push_back(
          prefix >= suffix ? Lookup::Of(field, Lookup::kPrefix, text.substr(0, prefix))
                           : Lookup::Of(field, Lookup::kSuffix, text.substr(text.size() - suffix)));
    }
    return lookups;
  };
  const auto of_images = [&of_patterns](BlockField field, const ImagePatterns& images) {
    Patterns repositories;
    for (const ImagePattern& image : images.plain) repositories.Add(image.repository);
    return of_patterns(field, repositories);
  };
  const auto of_path = [](BlockField field, const PathCondition& path) {
    Lookups lookups;
    const auto exact_or_folder = [&](const std::string& text) {
      const bool fixed = !HasPlaceholder(text);
      lookups.push_back(
          Lookup::Of(field, fixed ? Lookup::kExact : Lookup::kUnder, FixedFolder(text)));
    };
    if (!path.is.empty()) {
      for (const std::string& text : path.is) exact_or_folder(text);
    } else if (!path.under.empty()) {
      for (const std::string& text : path.under) {
        lookups.push_back(Lookup::Of(field, Lookup::kUnder, FixedFolder(text)));
      }
    } else {
      for (const std::string& text : path.covers) {
        if (HasPlaceholder(text)) return Lookups();
        for (std::string_view above = text;;) {
          lookups.push_back(Lookup::Of(field, Lookup::kExact, above));
          if (above == "/") break;
          above = above.substr(0, std::max<std::size_t>(above.rfind('/'), 1));
        }
      }
    }
    return lookups;
  };
  const auto of_labels = [](BlockField field, const LabelSelector& selector) {
    using Operator = LabelSelector::Operator;
    Lookups lookups;
    for (const LabelSelector::Requirement& requirement : selector.requirements) {
      if (requirement.op == Operator::kIn) {
        lookups.clear();
        for (const std::string& value : requirement.values) {
          lookups.push_back(
              {field, Lookup::kExact, Lookup::KeyOfLabel(field, requirement.key, value), 0});
        }
        break;  // tells more than that a key is there
      }
      if (requirement.op == Operator::kExists && lookups.empty()) {
        lookups.push_back(Lookup::Of(field, Lookup::kExact, requirement.key));
      }
    }
    return lookups;
  };
  const auto of_capabilities = [](BlockField field, const std::vector<std::string>& names) {
    Lookups lookups;
    for (const std::string& name : names) {
      lookups.push_back(Lookup::Of(field, Lookup::kExact, name));
    }
    return lookups;
  };
  const auto of_kinds = [](BlockField field, const std::vector<KindPattern>& kinds) {
    Lookups lookups;
    for (const KindPattern& kind : kinds) {
      lookups.push_back(Lookup::Of(field, Lookup::kExact, kind.kind));
    }
    return lookups;
  };
  const auto of_condition = [&](const Condition& condition) -> Lookups {
    switch (InfoOf(condition.field).type) {
      case ValueType::kPatterns:
        return of_patterns(condition.field, std::get<Patterns>(condition.value));
      case ValueType::kImages:
        return of_images(condition.field, std::get<ImagePatterns>(condition.value));
      case ValueType::kPath:
        return of_path(condition.field, std::get<PathCondition>(condition.value));
      case ValueType::kSelector:
        return of_labels(condition.field, std::get<LabelSelector>(condition.value));
      case ValueType::kKinds:
        return of_kinds(condition.field, std::get<std::vector<KindPattern>>(condition.value));
      case ValueType::kCapabilities:
        return of_capabilities(condition.field,
                               std::get<std::vector<std::string>>(condition.value));
      case ValueType::kWords:
      case ValueType::kBool:
        return {};
    }
    return {};
  };

  std::vector<std::vector<Lookups>> lookups_of(entries_.size());
  std::unordered_map<Key, std::size_t> sharers;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    for (const Condition& condition : entries_[i].block->conditions) {
      Lookups lookups = of_condition(condition);
      if (lookups.empty()) continue;
      for (const Lookup& lookup : lookups) ++sharers[lookup.key];
      lookups_of[i].push_back(std::move(lookups));
    }
  }
  const auto crowd = [&sharers](const Lookups& lookups) {
    std::size_t most = 0;
    for (const Lookup& lookup : lookups) most = std::max(most, sharers[lookup.key]);
    return most;
  };

  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    shapes_.push_back(BlockShape::Of(*entries_[i].block));
    std::vector<Lookups>& choices = lookups_of[i];
    if (choices.empty()) {
      FileByShape(i);
      continue;
    }
    const auto best =
        std::min_element(choices.begin(), choices.end(),
                         [&](const Lookups& a, const Lookups& b) { return crowd(a) < crowd(b); });
    for (const Lookup& lookup : *best) FileUnder(lookup, i);
  }
  for (FieldFile& file : files_) std::sort(file.paths.begin(), file.paths.end());
}

void BlockIndex::FileByShape(std::uint32_t entry) {
  const BlockShape shape = shapes_[entry];
  const auto same = std::find_if(by_shape_.begin(), by_shape_.end(),
                                 [shape](const ShapeFile& file) { return file.shape == shape; });
  ShapeFile& file = same != by_shape_.end() ? *same : by_shape_.emplace_back(ShapeFile{shape, {}});
  file.entries.push_back(entry);
}

void BlockIndex::FileUnder(const Lookup& lookup, std::uint32_t entry) {
  FieldFile& file = files_[static_cast<std::size_t>(lookup.field)];
  file.exact = file.exact || lookup.kind == Lookup::kExact;
  file.under = file.under || lookup.kind == Lookup::kUnder;
  const auto add_length = [&lookup](std::vector<std::size_t>* lengths) {
    const auto at = std::lower_bound(lengths->begin(), lengths->end(), lookup.length);
    if (at == lengths->end() || *at != lookup.length) lengths->insert(at, lookup.length);
  };
  if (lookup.kind == Lookup::kPrefix) add_length(&file.prefixes);
  if (lookup.kind == Lookup::kSuffix) add_length(&file.suffixes);
  if (InfoOf(lookup.field).type == ValueType::kPath) file.paths.emplace_back(lookup.text, entry);
  if (file.all.empty() || file.all.back() != entry) file.all.push_back(entry);
  std::vector<std::uint32_t>& filed = by_key_[lookup.key];
  if (filed.empty() || filed.back() != entry) filed.push_back(entry);
}

void BlockIndex::FindKey(Key key, std::vector<std::uint32_t>* found) const {
  const auto filed = by_key_.find(key);
  if (filed == by_key_.end()) return;
  found->insert(found->end(), filed->second.begin(), filed->second.end());
}

void BlockIndex::FindAll(BlockField field, std::vector<std::uint32_t>* found) const {
  const std::vector<std::uint32_t>& all = FileOf(field).all;
  found->insert(found->end(), all.begin(), all.end());
}

void BlockIndex::FindText(BlockField field, std::string_view value,
                          std::vector<std::uint32_t>* found) const {
  const FieldFile& file = FileOf(field);
  if (file.exact) FindKey(Lookup::KeyOf(field, Lookup::kExact, value), found);
  for (std::size_t length : file.prefixes) {
    if (length > value.size()) break;
    FindKey(Lookup::KeyOf(field, Lookup::kPrefix, value.substr(0, length)), found);
  }
  for (std::size_t length : file.suffixes) {
    if (length > value.size()) break;
    FindKey(Lookup::KeyOf(field, Lookup::kSuffix, value.substr(value.size() - length)), found);
  }
}

void BlockIndex::FindPath(BlockField field, std::string_view path,
                          std::vector<std::uint32_t>* found) const {
  const FieldFile& file = FileOf(field);
  if (file.exact) FindKey(Lookup::KeyOf(field, Lookup::kExact, path), found);
  if (!file.under) return;
  for (std::string_view above = path; !above.empty();) {
    FindKey(Lookup::KeyOf(field, Lookup::kUnder, above), found);
    if (above == "/") break;
    const std::size_t slash = above.rfind('/');
    above = slash == std::string_view::npos ? "" : above.substr(0, std::max<std::size_t>(slash, 1));
  }
}

void BlockIndex::FindBelow(BlockField field, std::string_view path,
                           std::vector<std::uint32_t>* found) const {
  // What begins with the path and a slash stands together in the order of texts.
  std::string begin(path);
  if (begin.back() != '/') begin.push_back('/');
  const auto& paths = FileOf(field).paths;
  for (auto at =
           std::lower_bound(paths.begin(), paths.end(), std::pair(std::string_view(begin), 0U));
       at != paths.end() && at->first.substr(0, begin.size()) == begin; ++at) {
    found->push_back(at->second);
  }
}

void BlockIndex::FindLabels(BlockField field, JsonValue labels,
                            std::vector<std::uint32_t>* found) const {
  for (const JsonValue::Member& label : labels.Members()) {
    FindKey(Lookup::KeyOfLabel(field, label.key, label.value.AsString()), found);
    FindKey(Lookup::KeyOf(field, Lookup::kExact, label.key), found);
  }
}

void BlockIndex::FindCapabilities(JsonValue added, std::vector<std::uint32_t>* found) const {
  constexpr BlockField kField = BlockField::kCapabilities;
  for (JsonValue element : added.Elements()) {
    const std::string name = CapabilityName(element.AsString());
    if (name == kAllCapabilities) return FindAll(kField, found);
    FindKey(Lookup::KeyOf(kField, Lookup::kExact, name), found);
  }
}

void BlockIndex::Find(const MountFacts& facts, Scope scope,
                      std::vector<std::uint32_t>* found) const {
  if (!facts.Has(scope)) return;
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const auto field = static_cast<BlockField>(i);
    const BlockFieldInfo& info = InfoOf(field);
    if (info.scope != scope || FileOf(field).all.empty()) continue;
    switch (info.type) {
      case ValueType::kPatterns:
        if (field == BlockField::kGroups && facts.request().groups) {
          for (std::string_view group : *facts.request().groups) FindText(field, group, found);
        } else if (const TextFact fact = TextOf(field, facts); fact.value) {
          FindText(field, *fact.value, found);
        } else if (fact.unknown || field == BlockField::kGroups) {
          FindAll(field, found);
        }
        break;
      case ValueType::kImages:
        FindText(field, facts.image().repository, found);
        break;
      case ValueType::kKinds:
        FindText(field, facts.subject().object().kind, found);
        break;
      case ValueType::kSelector:
        FindLabels(field, LabelsOf(field, facts), found);
        break;
      case ValueType::kPath: {
        const HostPath& host = facts.host_path();
        if (field == BlockField::kMountPath) {
          FindPath(field, facts.mount_path(), found);
        } else if (host.anywhere) {
          FindAll(field, found);
        } else if (!host.path.empty()) {
          FindPath(field, host.path, found);
          if (host.open_end) FindBelow(field, host.path, found);
        }
        break;
      }
      case ValueType::kCapabilities:
        FindCapabilities(facts.container()->added_capabilities, found);
        break;
      case ValueType::kWords:
      case ValueType::kBool:
        break;
    }
  }
}

void BlockIndex::Sift(const std::vector<std::uint32_t>& found, const MountFacts& facts,
                      std::vector<std::uint32_t>* candidates) const {
  candidates->clear();
  if (found.empty() && by_shape_.empty()) return;
  const BlockShape mount = facts.mount() == nullptr ? BlockShape() : BlockShape::Of(facts);
  for (std::uint32_t entry : found) {
    if (shapes_[entry].Admits(mount)) candidates->push_back(entry);
  }
  for (const ShapeFile& file : by_shape_) {
    if (!file.shape.Admits(mount)) continue;
    candidates->insert(candidates->end(), file.entries.begin(), file.entries.end());
  }
  std::sort(candidates->begin(), candidates->end());
  candidates->erase(std::unique(candidates->begin(), candidates->end()), candidates->end());
}

}  // namespace mountguard::policy
