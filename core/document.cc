#include "core/document.h"

namespace mountguard::core {

GroupVersion SplitApiVersion(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  if (slash == std::string_view::npos) return {"", api_version};
  return {api_version.substr(0, slash), api_version.substr(slash + 1)};
}

Document ReadDocument(JsonValue root) {
  Document document;
  document.root = root;
  document.api_version = root.Get("apiVersion").AsString();
  document.group = SplitApiVersion(document.api_version).group;
  document.version = SplitApiVersion(document.api_version).version;
  document.kind = root.Get("kind").AsString();
  const JsonValue metadata = root.Get("metadata");
  document.name = metadata.Get("name").AsString();
  document.generate_name = metadata.Get("generateName").AsString();
  document.namespace_name = metadata.Get("namespace").AsString();
  return document;
}

}  // namespace mountguard::core
