#ifndef MOUNTGUARD_CORE_YAML_READER_H_
#define MOUNTGUARD_CORE_YAML_READER_H_

#include <memory>

#include "core/document_splitter.h"
#include "core/result.h"
#include "core/yaml_document.h"

namespace mountguard::core {

/// Turns documents into the JSON values that kubectl sends for them: libyaml's events, go-yaml's
/// meaning of scalars (YAML 1.1: `yes`, `0644`, `1_000`), aliases, merge keys and limits. Source:
/// go.yaml.in/yaml/v2 v2.4.3 and sigs.k8s.io/yaml v1.6.0 YAMLToJSON.
///
/// Reads any input: whatever is no document is an error with its place. Depth is limited to 10,000,
/// aliases as go-yaml limits them. Not thread-safe: one reader a thread.
class YamlReader {
 public:
  YamlReader();
  ~YamlReader();
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;

  /// Replaces the content of `document`; what it holds after an error is of no meaning.
  Result<void, InputError> Read(const DocumentText& text, YamlDocument* document);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_YAML_READER_H_
