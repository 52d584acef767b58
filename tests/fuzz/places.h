#ifndef MOUNTGUARD_TESTS_FUZZ_PLACES_H_
#define MOUNTGUARD_TESTS_FUZZ_PLACES_H_

#include <cstdint>
#include <string_view>

#include "core/json_reader.h"
#include "core/source_map.h"
#include "core/yaml_document.h"

namespace mountguard::fuzz {

enum class Style { kYaml, kJson };

/// Aborts unless what was found lies inside the text.
void CheckPlace(std::string_view manifest, const core::FieldLocation& found);

/// Looks up the first fields of a document, all levels, by the paths that rules would use. Aborts
/// unless each is found inside the text and, where the text is JSON, at the first byte of such a
/// value.
void CheckPlaces(std::string_view manifest, const core::YamlDocument& document,
                 core::JsonValue root, Style style);

}  // namespace mountguard::fuzz

#endif  // MOUNTGUARD_TESTS_FUZZ_PLACES_H_
