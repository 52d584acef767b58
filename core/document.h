#ifndef MOUNTGUARD_CORE_DOCUMENT_H_
#define MOUNTGUARD_CORE_DOCUMENT_H_

#include <string>
#include <string_view>

#include "core/json_reader.h"

namespace mountguard::core {

/// The type of an object, as the API server names it in a request.
struct GroupVersionKind {
  std::string_view group;
  std::string_view version;
  std::string_view kind;
};

/// One Kubernetes object as it stands in a manifest or in a request. Everything is borrowed from
/// the parser that read it.
struct Document {
  JsonValue root;
  std::string_view api_version;  // "apps/v1"
  std::string_view group;        // "apps"; "" for the core group
  std::string_view version;      // "v1"
  std::string_view kind;
  std::string_view name;            // metadata.name, "" if unset
  std::string_view generate_name;   // metadata.generateName
  std::string_view namespace_name;  // metadata.namespace
};

/// Reads the type and the name of an object. Total: what is absent or of a wrong type is "".
Document ReadDocument(JsonValue root);

/// "apps/v1" -> {"apps", "v1"}, "v1" -> {"", "v1"}.
struct GroupVersion {
  std::string_view group;
  std::string_view version;
};
GroupVersion SplitApiVersion(std::string_view api_version);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_DOCUMENT_H_
