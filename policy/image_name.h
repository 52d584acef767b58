#ifndef MOUNTGUARD_POLICY_IMAGE_NAME_H_
#define MOUNTGUARD_POLICY_IMAGE_NAME_H_

#include <string>
#include <string_view>

namespace mountguard::policy {

/// An image reference in full form, as container runtimes read it: `nginx` is
/// docker.io/library/nginx with the tag latest.
/// Source: distribution/reference ParseNormalizedNamed.
struct ImageName {
  std::string repository;   // "docker.io/library/nginx"
  std::string_view tag;     // "" if there is none
  std::string_view digest;  // "sha256:...", "" if there is none
};

/// Takes a reference apart; total, whatever the text. The views are of `reference`.
ImageName ParseImageName(std::string_view reference);

/// The same for a pattern of a policy, whose tag stays "" where it has none; a first component with
/// `**` is a pattern of registries (`**/pause` is that image from anywhere).
ImageName ParseImagePattern(std::string_view pattern);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_IMAGE_NAME_H_
