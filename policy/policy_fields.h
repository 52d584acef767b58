#ifndef MOUNTGUARD_POLICY_POLICY_FIELDS_H_
#define MOUNTGUARD_POLICY_POLICY_FIELDS_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace mountguard::policy {

/// What a field of a policy takes.
enum class FieldType : std::uint8_t {
  kHeader,  // apiVersion or kind: one fixed text
  kAny,     // whatever Kubernetes takes; it is not read
  kAnyMap,
  kText,
  kTexts,
  kName,      // of a rule or an exception
  kProfiles,  // names that stand in URLs
  kAction,
  kActions,       // of a rule
  kAdvice,        // advice rules with their actions
  kRuleIds,       // names of rules and built-in ids
  kMessage,       // a text with placeholders
  kExpiry,        // a date or an RFC 3339 time
  kPaths,         // absolute paths, which may have placeholders
  kLabelKey,      // the key of a label or an annotation
  kLabels,        // keys and values of labels or annotations
  kLabelValues,   // values of one of them
  kOperator,      // of a label selector
  kBlocks,        // a list of blocks (policy/block.h)
  kMetadata,      // from here on: kMetadataFields,
  kSpec,          // kSpecFields,
  kPodTemplates,  // a list of kPodTemplateFields,
  kRules,         // of kRuleFields,
  kExceptions,    // of kExceptionFields,
  kRequirements,  // and of kRequirementFields
};

/// One field of a map: the one list that loader, schema and documentation go by.
struct PolicyField {
  std::string_view name;
  FieldType type;
  std::string_view description;  // one line, without a full stop
  bool required = false;
};

/// Of MountPolicy and MountPolicyTest alike; the spec of the latter is in policy/suite_fields.h.
inline constexpr std::array<PolicyField, 4> kDocumentFields = {{
    {"apiVersion", FieldType::kHeader, "The version of the language", true},
    {"kind", FieldType::kHeader, "MountPolicy, or MountPolicyTest for a suite of tests", true},
    {"metadata", FieldType::kMetadata, "What it is called", true},
    {"spec", FieldType::kSpec, "What it says", true},
}};

inline constexpr std::array<PolicyField, 4> kMetadataFields = {{
    {"name", FieldType::kText, "What messages call it", true},
    {"namespace", FieldType::kAny, "Not used"},
    {"labels", FieldType::kAnyMap, "Not used"},
    {"annotations", FieldType::kAnyMap, "Not used"},
}};

inline constexpr std::array<PolicyField, 6> kSpecFields = {{
    {"profiles", FieldType::kProfiles,
     "The policy is in force at /validate/PROFILE alone; without it at /validate and everywhere"},
    {"kubernetesRules", FieldType::kAction,
     "What a finding of Kubernetes' own rules does; of several policies the strictest holds"},
    {"advice", FieldType::kAdvice,
     "What a finding of each advice rule does; of several policies the strictest holds"},
    {"podTemplates", FieldType::kPodTemplates,
     "Custom kinds that hold pod templates, beside the built-in ones"},
    {"rules", FieldType::kRules, "What is asked of every volume mount"},
    {"exceptions", FieldType::kExceptions, "What is spared from which rules, and until when"},
}};

inline constexpr std::array<PolicyField, 3> kPodTemplateFields = {{
    {"group", FieldType::kText, "The kind's API group, such as example.com", true},
    {"kind", FieldType::kText, "The kind, such as Fleet", true},
    {"paths", FieldType::kTexts,
     "Where its pod templates are; [*] behind a field is every element of a list or value of a "
     "map",
     true},
}};

inline constexpr std::array<PolicyField, 7> kRuleFields = {{
    {"name", FieldType::kName, "Unique over all policies, and no built-in id", true},
    {"description", FieldType::kText, "Why the rule exists; shown by explain and in reports"},
    {"match", FieldType::kBlocks, "The rule looks at a mount for which any of these blocks holds",
     true},
    {"exclude", FieldType::kBlocks,
     "The rule does not look at a mount for which any of these blocks holds"},
    {"require", FieldType::kBlocks,
     "A matched mount is a finding unless one of these blocks holds; without it every one is"},
    {"validationActions", FieldType::kActions,
     "What a finding does; Deny and Warn exclude each other"},
    {"message", FieldType::kMessage, "What the user reads; it may hold placeholders in braces"},
}};

inline constexpr std::array<PolicyField, 5> kExceptionFields = {{
    {"name", FieldType::kName, "Unique over all exceptions", true},
    {"rules", FieldType::kRuleIds, "What it spares: names of rules and built-in ids", true},
    {"match", FieldType::kBlocks, "It spares the findings about which any of these blocks holds",
     true},
    {"reason", FieldType::kText, "Who allowed it, and until what", true},
    {"expires", FieldType::kExpiry,
     "A date, which ends with its day in UTC, or an RFC 3339 time; without it the exception stays"},
}};

/// The words of FieldType::kAction; all but the last are those of kActions.
inline constexpr std::array<std::string_view, 4> kActionWords = {"Deny", "Warn", "Audit", "Off"};
/// The words of FieldType::kOperator, in the order of LabelSelector::Operator.
inline constexpr std::array<std::string_view, 4> kOperatorWords = {"In", "NotIn", "Exists",
                                                                   "DoesNotExist"};
/// What may stand in braces in patterns and paths.
inline constexpr std::array<std::string_view, 2> kPatternPlaceholders = {"namespace",
                                                                         "serviceAccount"};

inline constexpr std::array<PolicyField, 3> kPathFields = {{
    {"is", FieldType::kPaths, "It is one of these"},
    {"under", FieldType::kPaths, "It is one of these or below one"},
    {"covers", FieldType::kPaths, "It is one of these or above one: / covers everything"},
}};

inline constexpr std::array<PolicyField, 2> kSelectorFields = {{
    {"matchLabels", FieldType::kLabels, "Each of these keys must have this value"},
    {"matchExpressions", FieldType::kRequirements, "Each of these must hold"},
}};

inline constexpr std::array<PolicyField, 3> kRequirementFields = {{
    {"key", FieldType::kLabelKey, "The key that is asked for", true},
    {"operator", FieldType::kOperator, "How it is held against the values", true},
    {"values", FieldType::kLabelValues, "For In and NotIn alone"},
}};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_POLICY_FIELDS_H_
