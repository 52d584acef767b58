#ifndef MOUNTGUARD_CORE_YAML_DOCUMENT_H_
#define MOUNTGUARD_CORE_YAML_DOCUMENT_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/json_tape.h"
#include "core/source_map.h"
#include "core/source_pos.h"

namespace mountguard::core {

/// A key that a mapping has twice. The last value is the one that counts, for kubectl and for us.
struct DuplicateKey {
  std::string field;  // path of the field, e.g. "spec.containers[0].volumeMounts"
  SourcePos first;    // the key that is overruled
  SourcePos last;     // the key that overrules it
};

/// One document as a JSON value. Reused from document to document, it keeps its buffers.
struct YamlDocument {
  /// Its root is absent for an empty document (comments only). Keys stand in the order of the text;
  /// of a repeated key (or one that a merge overrules) the last one counts.
  JsonTape json;
  SourceMap map;
  /// In the order of their first keys.
  std::vector<DuplicateKey> duplicate_keys;
  /// Where text starts that kubectl drops in silence (behind `...`); unknown if there is none.
  SourcePos dropped;

  FieldLocation Find(std::string_view field) const { return map.Find(field, json); }
  void Clear();
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_YAML_DOCUMENT_H_
