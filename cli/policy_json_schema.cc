#include "cli/policy_json_schema.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "policy/all_rules.h"
#include "policy/block.h"
#include "policy/capability_names.h"
#include "policy/glob.h"
#include "policy/message.h"
#include "policy/policy_fields.h"
#include "policy/policy_loader.h"
#include "policy/source_text.h"
#include "policy/suite_fields.h"
#include "policy/suite_loader.h"

namespace mountguard::cli {
namespace {

using policy::AllRules;
using policy::BlockFieldInfo;
using policy::FieldType;
using policy::Origin;
using policy::PolicyField;
using policy::RuleInfo;
using policy::SuiteField;
using policy::ValueType;

// Patterns are of the least that all dialects share: no classes such as \d, no named groups.
constexpr std::string_view kName = "[A-Za-z0-9._-]{1,253}$";
constexpr std::string_view kSubdomain =
    "[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
constexpr std::string_view kLabelName = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
constexpr std::string_view kDateOrTime =
    "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    "([Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?"
    "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$";

Json Reference(std::string_view definition) {
  return {{"$ref", fmt::format("#/definitions/{}", definition)}};
}

/// `schema` with what an editor shows of it; that stands beside a $ref, too, where validators
/// overlook it.
Json Described(std::string_view description, const Json& schema) {
  Json described = {{"description", description}};
  described.update(schema);
  return described;
}

template <class Range>
Json ToArray(const Range& values) {
  Json array = Json::array();
  for (const auto& value : values) array.push_back(value);
  return array;
}

Json Text() { return {{"type", "string"}, {"minLength", 1}}; }

/// `otherwise` is what editors say of a text that does not match: validators show the pattern.
Json Matching(const std::string& pattern, std::string_view otherwise) {
  return {{"type", "string"}, {"pattern", pattern}, {"patternErrorMessage", otherwise}};
}

Json Words(const Json& words) { return {{"type", "string"}, {"enum", words}}; }

Json ListOf(const Json& items) { return {{"type", "array"}, {"minItems", 1}, {"items", items}}; }

Json UniqueListOf(const Json& items) {
  Json list = ListOf(items);
  list["uniqueItems"] = true;
  return list;
}

/// A text in whose braces stand only these words: other braces are just text.
std::string TextWithPlaceholders(std::string_view other, std::string_view count,
                                 const std::vector<std::string_view>& words) {
  return fmt::format("([^{}]|[{{](?![A-Za-z]+[}}])|[{{]({})[}}]){}$", other, fmt::join(words, "|"),
                     count);
}

std::vector<std::string_view> PatternPlaceholders() {
  return {policy::kPatternPlaceholders.begin(), policy::kPatternPlaceholders.end()};
}

Json DateOrTime() {
  Json schema = Matching(std::string(kDateOrTime),
                         "Expected a date such as 2027-01-31 or a time such as "
                         "2027-01-31T12:00:00Z");
  schema["examples"] = {"2027-01-31", "2027-01-31T12:00:00Z"};
  return schema;
}

/// A map of the fields of a table. `value` is called with each and gives its schema.
template <class Fields, class Value>
Json MapOf(const Fields& fields, const Value& value) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& field : fields) {
    properties[std::string(field.name)] = Described(field.description, value(field));
    if (field.required) required.push_back(field.name);
  }
  Json map = {{"type", "object"}, {"additionalProperties", false}};
  if (!required.empty()) map["required"] = std::move(required);
  map["properties"] = std::move(properties);
  return map;
}

// MountPolicy

Json Actions() {
  std::vector<std::string_view> words(policy::kActionWords.begin(), policy::kActionWords.end() - 1);
  Json defaults = Json::array();
  for (policy::Action action : policy::PolicyRule().actions.ToList()) {
    defaults.push_back(ToString(action));
  }
  Json schema = UniqueListOf(Words(ToArray(words)));
  schema["if"] = {{"contains", {{"const", "Deny"}}}};
  schema["then"] = {{"items", Matching("^(?!Warn$)", "Deny and Warn exclude each other")}};
  schema["default"] = std::move(defaults);
  return schema;
}

Json Advice() {
  Json properties = Json::object();
  for (const RuleInfo& rule : AllRules()) {
    if (rule.origin != Origin::kAdvice) continue;
    Json action = Words(ToArray(policy::kActionWords));
    action["default"] = ToString(rule.default_action);
    properties[std::string(rule.id)] = Described(rule.summary, action);
  }
  return {
      {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
}

/// The name of a rule or an exception, which has no id of a built-in rule.
Json OwnName() {
  std::vector<std::string_view> ids;
  for (const RuleInfo& rule : AllRules()) ids.push_back(rule.id);
  return Matching(fmt::format("^(?!({})$){}", fmt::join(ids, "|"), kName),
                  "Expected letters, digits, -, _ and ., and no id of a built-in rule");
}

/// Every rule that an exception can name, with what it says, or the name of a policy's own.
Json RuleIds() {
  Json choices = Json::array();
  for (const RuleInfo& rule : AllRules()) {
    if (rule.origin == Origin::kInput) continue;
    choices.push_back({{"const", rule.id}, {"description", rule.summary}});
  }
  choices.push_back(Described("The name of a policy's rule", OwnName()));
  return UniqueListOf({{"anyOf", std::move(choices)}});
}

Json KubernetesAction() {
  Json schema = Words(ToArray(policy::kActionWords));
  if (const auto action = policy::Baseline()->policies().front().kubernetes_rules) {
    schema["default"] = ToString(*action);
  }
  return schema;
}

Json Profiles() {
  Json name = Matching(fmt::format("^{}$", kSubdomain),
                       "Expected lowercase letters, digits, - and .: a profile stands in a URL");
  name["maxLength"] = 253;
  return UniqueListOf(name);
}

Json Message() {
  const std::vector<std::string_view>& words = policy::MessagePlaceholders();
  Json schema = Matching("^" + TextWithPlaceholders("{", "+", words),
                         fmt::format("Expected a text with no other placeholders than {{{}}}",
                                     fmt::join(words, "}, {")));
  schema["examples"] = {"{container} may not publish mounts from {hostPath}"};
  return schema;
}

Json Paths() {
  Json schema = Matching("^/" + TextWithPlaceholders("{*?", "*", PatternPlaceholders()),
                         "Expected an absolute path without wildcards; {namespace} and "
                         "{serviceAccount} may stand in it");
  schema["maxLength"] = policy::kMaxGlobLength;
  schema["examples"] = {"/var/lib/kubelet", "/srv/tenants/{namespace}"};
  return ListOf(schema);
}

/// What of a selector differs between labels and annotations: these have any text for a value, and
/// keys in any case.
struct SelectorKind {
  std::string_view name;
  std::string key, value;  // patterns; no pattern for any text
};

SelectorKind LabelSelector() {
  return {"labelSelector", fmt::format("^({}/)?{}$", kSubdomain, kLabelName),
          fmt::format("^({})?$", kLabelName)};
}

SelectorKind AnnotationSelector() {
  return {"annotationSelector", fmt::format("^([-A-Za-z0-9.]{{1,253}}/)?{}$", kLabelName), ""};
}

constexpr std::string_view kNoKey = "Expected a key such as app or example.com/app";

Json SelectorValue(const SelectorKind& kind) {
  if (kind.value.empty()) return {{"type", "string"}};
  return Matching(
      kind.value,
      "Expected the value of a label: at most 63 letters, digits, -, _ and ., the first "
      "and the last of them a letter or a digit");
}

Json SchemaOf(const PolicyField& field, const SelectorKind& selector);

Json Requirement(const SelectorKind& selector) {
  Json schema = MapOf(policy::kRequirementFields,
                      [&](const PolicyField& field) { return SchemaOf(field, selector); });
  const auto with = [](const Json& operators) -> Json {
    return {{"properties", {{"operator", {{"enum", operators}}}}}, {"required", {"operator"}}};
  };
  schema["allOf"] = {
      {{"if", with({"In", "NotIn"})}, {"then", {{"required", {"values"}}}}},
      {{"if", with({"Exists", "DoesNotExist"})}, {"then", {{"properties", {{"values", false}}}}}},
  };
  return schema;
}

/// What a field takes. `selector` says in which kind of selector the field stands, if in one.
Json SchemaOf(const PolicyField& field, const SelectorKind& selector = {}) {
  switch (field.type) {
    case FieldType::kHeader:
      return field.name == "kind" ? Json::object() : Json({{"const", policy::kApiVersion}});
    case FieldType::kAny:
      return Json::object();
    case FieldType::kAnyMap:
      return {{"type", "object"}};
    case FieldType::kText:
      return Text();
    case FieldType::kTexts:
      return ListOf(Text());
    case FieldType::kName:
      return OwnName();
    case FieldType::kProfiles:
      return Profiles();
    case FieldType::kAction:
      return KubernetesAction();
    case FieldType::kActions:
      return Actions();
    case FieldType::kAdvice:
      return Advice();
    case FieldType::kRuleIds:
      return RuleIds();
    case FieldType::kMessage:
      return Message();
    case FieldType::kExpiry:
      return DateOrTime();
    case FieldType::kPaths:
      return Paths();
    case FieldType::kLabelKey:
      return Matching(selector.key, kNoKey);
    case FieldType::kLabels:
      return {{"type", "object"},
              {"minProperties", 1},
              {"propertyNames", {{"pattern", selector.key}, {"patternErrorMessage", kNoKey}}},
              {"additionalProperties", SelectorValue(selector)}};
    case FieldType::kLabelValues: {
      Json value = SelectorValue(selector);
      value["minLength"] = 1;
      return ListOf(value);
    }
    case FieldType::kOperator:
      return Words(ToArray(policy::kOperatorWords));
    case FieldType::kBlocks:
      return ListOf(Reference("block"));
    case FieldType::kMetadata:
      return Reference("metadata");
    case FieldType::kSpec:
      return Reference("policySpec");
    case FieldType::kPodTemplates:
      return ListOf(Reference("podTemplate"));
    case FieldType::kRules:
      return ListOf(Reference("rule"));
    case FieldType::kExceptions:
      return ListOf(Reference("exception"));
    case FieldType::kRequirements:
      return ListOf(Requirement(selector));
  }
  return Json::object();
}

template <std::size_t N>
Json PolicyMap(const std::array<PolicyField, N>& fields) {
  return MapOf(fields, [](const PolicyField& field) { return SchemaOf(field); });
}

// Blocks

Json PatternList(const Json& examples) {
  Json pattern = Matching("^(?!!$)" + TextWithPlaceholders("{", "+", PatternPlaceholders()),
                          "Expected a pattern with no other placeholders than {namespace} and "
                          "{serviceAccount}");
  pattern["maxLength"] = policy::kMaxGlobLength;
  pattern["examples"] = examples;
  return ListOf(pattern);
}

Json Kinds() {
  Json kind = Matching(fmt::format("^[A-Z][^./]*([.]{})?$", kSubdomain),
                       "Expected a kind such as DaemonSet, DaemonSet.apps or Pod.core");
  kind["examples"] = {"DaemonSet", "DaemonSet.apps", "Pod.core"};
  return ListOf(kind);
}

Json Capabilities() {
  const Json prefixed =
      Matching(fmt::format("^CAP_({})$", fmt::join(policy::kCapabilityNames, "|")),
               "Expected a capability of Linux, such as SYS_ADMIN, or ALL");
  return ListOf({{"anyOf", {Words(ToArray(policy::kCapabilityNames)), prefixed}}});
}

Json Selector(const SelectorKind& kind) {
  Json selector = MapOf(policy::kSelectorFields,
                        [&](const PolicyField& field) { return SchemaOf(field, kind); });
  selector["minProperties"] = 1;
  return selector;
}

Json PathCondition() {
  Json path = PolicyMap(policy::kPathFields);
  path["minProperties"] = 1;
  return path;
}

Json SchemaOf(const BlockFieldInfo& field) {
  switch (field.type) {
    case ValueType::kWords:
      return ListOf(Words(ToArray(policy::WordsOf(field.field))));
    case ValueType::kBool:
      return {{"type", "boolean"}};
    case ValueType::kPatterns:
      return Reference("patterns");
    case ValueType::kImages:
      return Reference("imagePatterns");
    case ValueType::kKinds:
      return Reference("kinds");
    case ValueType::kCapabilities:
      return Reference("capabilities");
    case ValueType::kSelector:
      return Reference(field.field == policy::BlockField::kLabels ? LabelSelector().name
                                                                  : AnnotationSelector().name);
    case ValueType::kPath:
      return Reference("path");
  }
  return Json::object();
}

Json Block() {
  Json properties = Json::object();
  for (std::string_view name : policy::BlockFieldNames()) {
    const BlockFieldInfo& field = *policy::FindBlockField(name);
    properties[std::string(name)] = Described(field.description, SchemaOf(field));
  }
  return {{"type", "object"},
          {"additionalProperties", false},
          {"minProperties", 1},
          {"properties", std::move(properties)}};
}

// MountPolicyTest

/// The schema of a field of a suite, by the type of what it is read into.
struct SuiteValue {
  std::string_view words;

  Json operator()(const policy::PlacedText*) const {
    return words.empty() ? Text() : Words(ToArray(policy::SplitWords(words)));
  }
  Json operator()(const std::vector<policy::PlacedText>*) const {
    return ListOf((*this)(static_cast<const policy::PlacedText*>(nullptr)));
  }
  Json operator()(const std::optional<bool>*) const { return {{"type", "boolean"}}; }
  Json operator()(const std::optional<int>*) const { return {{"type", "integer"}, {"minimum", 0}}; }
  Json operator()(const std::optional<core::WallTime>*) const { return DateOrTime(); }
  Json operator()(const policy::ObjectSource*) const { return Reference("object"); }
  Json operator()(const policy::TestRequest*) const { return Reference("request"); }
  Json operator()(const policy::Expectation*) const { return Reference("expectation"); }
  Json operator()(const std::vector<policy::TestCase>*) const { return ListOf(Reference("case")); }
  Json operator()(const std::vector<policy::ExpectedFinding>*) const {
    return ListOf(Reference("expectedFinding"));
  }
};

template <class T, std::size_t N>
Json SuiteMap(const std::array<SuiteField<T>, N>& fields) {
  return MapOf(fields, [](const SuiteField<T>& field) {
    return std::visit(
        [&](auto target) {
          using Value = std::remove_reference_t<decltype(std::declval<T&>().*target)>;
          return SuiteValue{field.words}(static_cast<const Value*>(nullptr));
        },
        field.target);
  });
}

Json Request() {
  Json request = SuiteMap(policy::kSuiteRequestFields);
  request["dependencies"] = {{"subResource", {"oldObject"}}};
  request["if"] = {{"properties", {{"operation", {{"const", "CREATE"}}}}},
                   {"required", {"operation"}}};
  request["then"] = {{"properties", {{"oldObject", false}}}};
  return request;
}

Json Expectation() {
  Json expectation = SuiteMap(policy::kSuiteExpectFields);
  expectation["minProperties"] = 1;
  return expectation;
}

Json Object() {
  return {{"anyOf", {Text(), {{"type", "object"}, {"minProperties", 1}}}},
          {"examples", {"pods/driver.yaml"}}};
}

/// A document of either kind; only its spec differs.
Json Document(std::string_view spec) {
  return MapOf(policy::kDocumentFields, [spec](const PolicyField& field) {
    return field.type == FieldType::kSpec ? Reference(spec) : SchemaOf(field);
  });
}

Json Definitions() {
  return {
      {std::string(policy::kPolicyKind), Document("policySpec")},
      {std::string(policy::kTestKind), Document("suiteSpec")},
      {"metadata", PolicyMap(policy::kMetadataFields)},
      {"policySpec", PolicyMap(policy::kSpecFields)},
      {"podTemplate", PolicyMap(policy::kPodTemplateFields)},
      {"rule", PolicyMap(policy::kRuleFields)},
      {"exception", PolicyMap(policy::kExceptionFields)},
      {"block", Block()},
      {"patterns", PatternList({"storage", "csi-*", "!kube-system", "{namespace}-driver"})},
      {"imagePatterns", PatternList({"registry.k8s.io/sig-storage/*", "quay.io/cephcsi/**"})},
      {"kinds", Kinds()},
      {"capabilities", Capabilities()},
      {std::string(LabelSelector().name), Selector(LabelSelector())},
      {std::string(AnnotationSelector().name), Selector(AnnotationSelector())},
      {"path", PathCondition()},
      {"suiteSpec", SuiteMap(policy::kSuiteSpecFields)},
      {"case", SuiteMap(policy::kSuiteCaseFields)},
      {"object", Object()},
      {"request", Request()},
      {"expectation", Expectation()},
      {"expectedFinding", SuiteMap(policy::kSuiteFindingFields)},
  };
}

}  // namespace

Json PolicyJsonSchema() {
  const Json kinds = {policy::kPolicyKind, policy::kTestKind};
  // No const: while they complete, language servers take the beginning of one for the whole, and
  // MountPolicy for a MountPolicyTest.
  const Json is_suite = {
      {"properties", {{"kind", {{"pattern", fmt::format("^{}$", policy::kTestKind)}}}}},
      {"required", {"kind"}}};
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"title", "MountPolicy and MountPolicyTest of mountguard"},
          {"type", "object"},
          {"properties", {{"kind", Words(kinds)}}},
          {"if", is_suite},
          {"then", Reference(policy::kTestKind)},
          {"else", Reference(policy::kPolicyKind)},
          {"definitions", Definitions()}};
}

}  // namespace mountguard::cli
