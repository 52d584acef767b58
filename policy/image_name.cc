#include "policy/image_name.h"

#include <algorithm>

namespace mountguard::policy {
namespace {

constexpr std::string_view kDefaultRegistry = "docker.io";
constexpr std::string_view kOldDefaultRegistry = "index.docker.io";
constexpr std::string_view kOfficial = "library/";
constexpr std::string_view kDefaultTag = "latest";

/// True if what stands before the first slash names a registry, not a user of the default one.
bool IsRegistry(std::string_view component) {
  const bool capital =
      std::any_of(component.begin(), component.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return capital || component == "localhost" ||
         component.find_first_of(".:") != std::string_view::npos ||
         component.find("**") != std::string_view::npos;
}

std::string FullRepository(std::string_view name) {
  const std::size_t slash = name.find('/');
  const std::string_view first = name.substr(0, slash);
  const bool has_registry = slash != std::string_view::npos
                                ? IsRegistry(first)
                                : name.find("**") != std::string_view::npos;
  if (has_registry && first != kDefaultRegistry && first != kOldDefaultRegistry) {
    return std::string(name);
  }
  std::string full(kDefaultRegistry);
  full.push_back('/');
  if (has_registry) name.remove_prefix(slash + 1);
  if (name.find('/') == std::string_view::npos) full.append(kOfficial);
  full.append(name);
  return full;
}

}  // namespace

ImageName ParseImagePattern(std::string_view pattern) {
  ImageName image;
  const std::size_t at = pattern.find('@');
  if (at != std::string_view::npos) image.digest = pattern.substr(at + 1);
  std::string_view name = pattern.substr(0, at);
  const std::size_t colon = name.rfind(':');
  const std::size_t slash = name.rfind('/');
  const bool tagged =
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  if (tagged) {
    image.tag = name.substr(colon + 1);
    name = name.substr(0, colon);
  }
  image.repository = FullRepository(name);
  return image;
}

ImageName ParseImageName(std::string_view reference) {
  ImageName image = ParseImagePattern(reference);
  if (image.tag.empty() && image.digest.empty()) image.tag = kDefaultTag;
  return image;
}

}  // namespace mountguard::policy
