// A manifest through splitter and reader: what it gives is JSON, and every duplicate key that it
// reports has a place.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "tests/fuzz/documents.h"

using namespace mountguard;  // NOLINT: a program of one function

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto check = [](const std::string&, const core::DocumentText&,
                        const core::YamlDocument& document, core::JsonValue) {
    for (const core::DuplicateKey& key : document.duplicate_keys) {
      if (!key.last.known()) std::abort();
      if (!document.Find(key.field).value.known()) std::abort();
    }
    document.Find("spec.template.spec.containers[0].volumeMounts[0].mountPropagation");
  };
  fuzz::ForEachDocument(data, size, check);
  return 0;
}
