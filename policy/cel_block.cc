#include "policy/cel_block.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <variant>

#include "policy/cel_text.h"
#include "policy/glob.h"
#include "policy/message.h"

namespace mountguard::policy {
namespace {

using Texts = std::vector<std::string>;

constexpr CelPlaceholders kPlaceholders = {cel::kNamespace, cel::kServiceAccount};

template <class List, class Function>
Texts Each(const List& list, const Function& function) {
  Texts texts;
  for (const auto& element : list) texts.push_back(function(element));
  return texts;
}

/// `in [...]`, or `==` for a single text.
std::string IsOneOf(std::string_view value, const Texts& texts) {
  if (texts.size() == 1) return fmt::format("{} == {}", value, CelString(texts.front()));
  return fmt::format("{} in {}", value, CelStrings(texts));
}

// Patterns

std::string MatchesPlain(std::string_view value, const Patterns& patterns) {
  if (!patterns.has_plain()) return std::string(kCelTrue);
  Texts any = Each(patterns.globs, [value](const std::string& glob) {
    return CelMatches(value, glob, kPlaceholders);
  });
  if (!patterns.literals.empty()) {
    any.insert(any.begin(), IsOneOf(value, patterns.literals));
  }
  return CelAny(any);
}

std::string MatchesNegated(std::string_view value, const Patterns& patterns) {
  return CelAny(Each(patterns.negated, [value](const std::string& glob) {
    return CelMatches(value, glob, kPlaceholders);
  }));
}

std::string HoldsPatterns(std::string_view value, const Patterns& patterns) {
  return CelAll({MatchesPlain(value, patterns), CelNot(MatchesNegated(value, patterns))});
}

std::string HoldsGroups(const Patterns& patterns) {
  constexpr std::string_view kGroups = "request.userInfo.?groups.orValue([])";
  Texts all;
  if (patterns.has_plain()) {
    all.push_back(fmt::format("{}.exists(g, {})", kGroups, MatchesPlain("g", patterns)));
  }
  if (!patterns.negated.empty()) {
    all.push_back(fmt::format("!{}.exists(g, {})", kGroups, MatchesNegated("g", patterns)));
  }
  return CelAll(all);
}

/// A field of type kPatterns but groups.
std::string HoldsPatternField(BlockField field, const Patterns& patterns) {
  switch (field) {
    case BlockField::kUsers:
      return HoldsPatterns("request.userInfo.?username.orValue('')", patterns);
    case BlockField::kNamespaces:
      return HoldsPatterns(cel::kNamespace, patterns);
    case BlockField::kNames:
      return HoldsPatterns("object.metadata.name", patterns);
    case BlockField::kServiceAccounts:
      return HoldsPatterns(cel::kServiceAccount, patterns);
    case BlockField::kRuntimeClasses:
      return HoldsPatterns("variables.spec.?runtimeClassName.orValue('')", patterns);
    case BlockField::kPriorityClasses:
      return HoldsPatterns("variables.spec.?priorityClassName.orValue('')", patterns);
    case BlockField::kContainers:
      return HoldsPatterns("c.container.name", patterns);
    case BlockField::kVolumes:
      return HoldsPatterns("m.mount.name", patterns);
    case BlockField::kCsiDrivers:
      return CelAll({"has(m.volume.csi)", HoldsPatterns("m.volume.csi.driver", patterns)});
    default:
      return std::string(kCelFalse);
  }
}

// Images

std::string MatchesImage(const ImagePattern& pattern, bool could) {
  const std::string repository =
      CelMatches("c.image.repository", pattern.repository, kPlaceholders);
  const std::string digest =
      pattern.digest.empty() ? std::string(kCelTrue) : CelMatches("c.image.digest", pattern.digest);
  if (pattern.tag.empty()) return CelAll({repository, digest});
  const std::string tag = CelMatches("c.image.tag", pattern.tag);
  if (!pattern.digest.empty()) return CelAll({repository, digest, tag});
  // The runtime goes by the digest: the tag beside it, or left out, is whatever was written.
  return could ? CelAll({repository, CelAny({tag, "(c.image.digest != '' && c.image.tag == '')"})})
               : CelAll({repository, "c.image.digest == ''", tag});
}

std::string HoldsImages(const ImagePatterns& patterns, bool could) {
  const auto any = [](const std::vector<ImagePattern>& list, bool with) {
    return CelAny(
        Each(list, [with](const ImagePattern& pattern) { return MatchesImage(pattern, with); }));
  };
  const std::string plain =
      patterns.plain.empty() ? std::string(kCelTrue) : any(patterns.plain, could);
  return CelAll({plain, CelNot(any(patterns.negated, !could))});
}

// Paths

/// A host path or mount path as an expression, and what besides it is known of it.
struct PathFact {
  std::string_view path;
  bool may_lead_elsewhere;  // a host path: m.openEnd and m.anywhere are there
};

/// `value` is `folder` or lies below it.
std::string AtOrUnder(std::string_view value, const std::string& folder) {
  if (folder == "/") return fmt::format("{}.startsWith('/')", value);
  return fmt::format("({0} == {1} || {0}.startsWith({2}))", value, CelString(folder),
                     CelString(folder + "/"));
}

/// `value` is `path` or a folder above it.
std::string Above(std::string_view value, const std::string& path) {
  Texts folders = {"/"};
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    folders.push_back(path.substr(0, slash));
  }
  if (path != "/") folders.push_back(path);
  return IsOneOf(value, folders);
}

/// The three questions that relations ask of two paths, one of which is the mount's. The other is
/// a text of the policy, or, with placeholders, a variable `q` that is bound to the filled text.
struct PathQuestions {
  std::string equal, under, above;
};

PathQuestions QuestionsOf(std::string_view value, const std::string& path) {
  return {fmt::format("{} == {}", value, CelString(path)), AtOrUnder(value, path),
          Above(value, path)};
}

PathQuestions QuestionsOfFilled(std::string_view value) {
  return {fmt::format("{} == q", value),
          fmt::format("({0} == q || {0}.startsWith(q + '/'))", value),
          fmt::format("({0} in ['/', q] || q.startsWith({0} + '/'))", value)};
}

using Relation = std::string (*)(const PathQuestions& path, bool elsewhere, bool could);

std::string Is(const PathQuestions& path, bool elsewhere, bool could) {
  if (!elsewhere) return path.equal;
  if (!could) return CelAll({"!m.anywhere", "!m.openEnd", path.equal});
  return CelAny({"m.anywhere", path.equal, CelAll({"m.openEnd", path.above})});
}

std::string Under(const PathQuestions& path, bool elsewhere, bool could) {
  if (!elsewhere) return path.under;
  if (!could) return CelAll({"!m.anywhere", path.under});
  return CelAny({"m.anywhere", path.under, CelAll({"m.openEnd", path.above})});
}

std::string Covers(const PathQuestions& path, bool elsewhere, bool could) {
  if (!elsewhere) return path.above;
  return CelAny({"m.anywhere", could ? path.above : CelAll({"!m.openEnd", path.above})});
}

std::string HoldsRelation(const Texts& paths, Relation relation, const PathFact& fact, bool could) {
  if (paths.empty()) return std::string(kCelTrue);
  return CelAny(Each(paths, [&](const std::string& path) {
    if (!HasPlaceholder(path)) {
      return relation(QuestionsOf(fact.path, path), fact.may_lead_elsewhere, could);
    }
    // A filled path may be /var/run, which is /run.
    return fmt::format(
        "[{}].map(q, q == '/var/run' || q.startsWith('/var/run/') ? '/run' + q.substring(8) : q)"
        ".exists(q, {})",
        CelFilled(path, kPlaceholders),
        relation(QuestionsOfFilled(fact.path), fact.may_lead_elsewhere, could));
  }));
}

std::string HoldsPath(BlockField field, const PathCondition& condition, bool could) {
  const bool host = field == BlockField::kHostPath;
  const PathFact fact = {host ? "m.hostPath" : "m.mountPath", host};
  return CelAll({fmt::format("{} != ''", fact.path), HoldsRelation(condition.is, &Is, fact, could),
                 HoldsRelation(condition.under, &Under, fact, could),
                 HoldsRelation(condition.covers, &Covers, fact, could)});
}

// Words, booleans and the rest

Texts WordsIn(BlockField field, WordSet set) {
  Texts words;
  const auto& all = WordsOf(field);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (set.Has(i)) words.emplace_back(all[i]);
  }
  return words;
}

std::string HoldsMode(WordSet set) {
  Texts any;
  if (set.Has(kUnsetMode)) any.emplace_back("!has(m.mount.mountPropagation)");
  WordSet modes = set;
  modes.bits &= (1U << kUnsetMode) - 1U;
  const Texts words = WordsIn(BlockField::kMountPropagation, modes);
  if (!words.empty()) {
    any.push_back(
        CelAll({"has(m.mount.mountPropagation)", IsOneOf("m.mount.mountPropagation", words)}));
  }
  return CelAny(any);
}

std::string HoldsWords(BlockField field, WordSet set) {
  const Texts words = WordsIn(field, set);
  switch (field) {
    case BlockField::kOperations:
      return IsOneOf("request.operation", words);
    case BlockField::kOs:
      if (words.size() > 1) return std::string(kCelTrue);
      return words.front() == "windows" ? std::string(cel::kWindows) : CelNot(cel::kWindows);
    case BlockField::kContainerTypes:
      return IsOneOf("c.type", words);
    case BlockField::kMountPropagation:
      return HoldsMode(set);
    case BlockField::kRecursiveReadOnly:
      return IsOneOf("m.mount.?recursiveReadOnly.orValue('Disabled')", words);
    case BlockField::kVolumeTypes:
      return CelAny(Each(words, [](const std::string& type) {
        return fmt::format("has({}.{})", cel::kVolume, type);
      }));
    default:
      return std::string(kCelFalse);
  }
}

std::string BoolOf(BlockField field) {
  switch (field) {
    case BlockField::kDryRun:
      return "request.?dryRun.orValue(false)";
    case BlockField::kHostPid:
      return "variables.spec.?hostPID.orValue(false)";
    case BlockField::kHostNetwork:
      return "variables.spec.?hostNetwork.orValue(false)";
    case BlockField::kHostUsers:
      return "variables.spec.?hostUsers.orValue(true)";
    case BlockField::kPrivileged:
      return "c.container.?securityContext.?privileged.orValue(false)";
    case BlockField::kReadOnly:
      return "m.mount.?readOnly.orValue(false)";
    case BlockField::kSubPath:
      return "(m.mount.?subPath.orValue('') != '' || m.mount.?subPathExpr.orValue('') != '')";
    default:
      return std::string(kCelFalse);
  }
}

std::string HoldsKinds(const std::vector<KindPattern>& kinds) {
  return CelAny(Each(kinds, [](const KindPattern& pattern) {
    Texts all = {fmt::format("request.kind.kind == {}", CelString(pattern.kind))};
    if (pattern.group) {
      all.push_back(fmt::format("request.kind.group == {}", CelString(*pattern.group)));
    }
    return CelAll(all);
  }));
}

/// Runtimes take names in any case, with and without the prefix, and ALL for every one.
std::string HoldsCapabilities(const Texts& capabilities) {
  constexpr std::string_view kPrefix = "CAP_";
  Texts spellings = {"ALL", "CAP_ALL"};
  for (const std::string& name : capabilities) {
    // Without its prefix such a name is another one.
    if (name.rfind(kPrefix, 0) != 0) spellings.push_back(name);
    spellings.push_back(std::string(kPrefix) + name);
  }
  return fmt::format(
      "c.container.?securityContext.?capabilities.?add.orValue([])"
      ".exists(a, a.upperAscii() in {})",
      CelStrings(spellings));
}

std::string HoldsRequirement(const std::string& labels,
                             const LabelSelector::Requirement& requirement) {
  const std::string has = fmt::format("{} in {}", CelString(requirement.key), labels);
  const auto in = [&] {
    return CelAll({has, IsOneOf(fmt::format("{}[{}]", labels, CelString(requirement.key)),
                                requirement.values)});
  };
  switch (requirement.op) {
    case LabelSelector::Operator::kIn:
      return in();
    case LabelSelector::Operator::kNotIn:
      return CelNot(in());
    case LabelSelector::Operator::kExists:
      return has;
    case LabelSelector::Operator::kDoesNotExist:
      return CelNot(has);
  }
  return std::string(kCelFalse);
}

std::string HoldsSelector(BlockField field, const LabelSelector& selector) {
  const std::string labels =
      fmt::format("{}.?metadata.?{}.orValue({{}})", cel::kTemplate, InfoOf(field).name);
  return CelAll(Each(selector.requirements, [&](const LabelSelector::Requirement& requirement) {
    return HoldsRequirement(labels, requirement);
  }));
}

std::string HoldsCondition(const Condition& condition, Polarity polarity) {
  const BlockField field = condition.field;
  const bool could = polarity == Polarity::kCouldHold;
  switch (InfoOf(field).type) {
    case ValueType::kWords:
      return HoldsWords(field, std::get<WordSet>(condition.value));
    case ValueType::kBool: {
      const std::string value = BoolOf(field);
      return std::get<bool>(condition.value) ? value : CelNot(value);
    }
    case ValueType::kPatterns: {
      const auto& patterns = std::get<Patterns>(condition.value);
      return field == BlockField::kGroups ? HoldsGroups(patterns)
                                          : HoldsPatternField(field, patterns);
    }
    case ValueType::kImages:
      return HoldsImages(std::get<ImagePatterns>(condition.value), could);
    case ValueType::kKinds:
      return HoldsKinds(std::get<std::vector<KindPattern>>(condition.value));
    case ValueType::kCapabilities:
      return HoldsCapabilities(std::get<Texts>(condition.value));
    case ValueType::kSelector:
      return HoldsSelector(field, std::get<LabelSelector>(condition.value));
    case ValueType::kPath:
      return HoldsPath(field, std::get<PathCondition>(condition.value), could);
  }
  return std::string(kCelFalse);
}

// Texts with placeholders

/// All texts of a condition in which placeholders are filled.
Texts FillableTexts(const Condition& condition) {
  Texts texts;
  const auto add = [&texts](const Texts& more) {
    texts.insert(texts.end(), more.begin(), more.end());
  };
  if (const auto* patterns = std::get_if<Patterns>(&condition.value)) {
    add(patterns->globs);
    add(patterns->negated);
  } else if (const auto* images = std::get_if<ImagePatterns>(&condition.value)) {
    for (const auto* list : {&images->plain, &images->negated}) {
      add(Each(*list, [](const ImagePattern& image) { return image.repository; }));
    }
  } else if (const auto* path = std::get_if<PathCondition>(&condition.value)) {
    for (const auto* list : {&path->is, &path->under, &path->covers}) add(*list);
  }
  return texts;
}

std::size_t CountOf(std::string_view needle, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(needle); at != std::string_view::npos;
       at = text.find(needle, at + needle.size())) {
    ++count;
  }
  return count;
}

/// How long `pattern` can become when its placeholders are filled with what an API server accepts.
std::size_t LongestFilled(std::string_view pattern) {
  constexpr std::size_t kLongestNamespace = 63;
  constexpr std::size_t kLongestServiceAccount = 253;
  return pattern.size() + CountOf(kNamespacePlaceholder, pattern) * kLongestNamespace +
         CountOf(kServiceAccountPlaceholder, pattern) * kLongestServiceAccount;
}

// Messages

constexpr std::string_view kTypeInWords =
    "{'initContainer': 'init container', 'ephemeralContainer': 'ephemeral container'}"
    "[?c.type].orValue(c.type)";

constexpr std::string_view kCri =
    "(variables.windows ? 'PROPAGATION_PRIVATE' : {'HostToContainer': "
    "'PROPAGATION_HOST_TO_CONTAINER', 'Bidirectional': 'PROPAGATION_BIDIRECTIONAL'}"
    "[?m.mount.?mountPropagation.orValue('None')].orValue('PROPAGATION_PRIVATE'))";

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kMessageValues = {{
    {"container", "c.container.name"},
    {"cri", kCri},
    {"hostPath", "(m.hostPath == '' ? '(none)' : m.hostPath)"},
    {"image", "c.container.?image.orValue('(none)')"},
    {"kind", "request.kind.kind"},
    {"mountPath", "m.mount.mountPath"},
    {"mountPropagation", "m.mount.?mountPropagation.orValue('(not set)')"},
    {"name", "object.metadata.name"},
    {"namespace", "request.namespace"},
    {"user", "request.userInfo.?username.orValue('')"},
    {"volume", "m.mount.name"},
}};

/// The expression that a message's `{name}` stands for; "" if it is no placeholder.
std::string MessageValue(std::string_view name, const PolicyRule& rule) {
  if (name == "rule") return CelString(rule.name);
  for (const auto& [known, expression] : kMessageValues) {
    if (known == name) return std::string(expression);
  }
  return "";
}

/// Policies show a message on one line or not at all.
std::string OnOneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text;
}

std::string DefaultMessage(const PolicyRule& rule) {
  const std::string end =
      OnOneLine(fmt::format("\": the policy rule \"{}\" does not allow this mount{}{}", rule.name,
                            rule.description.empty() ? "" : ": ", rule.description));
  return fmt::format(
      "{} + ' \"' + c.container.name + '\", volume \"' + m.mount.name + '\" at \"' + "
      "m.mount.mountPath + {}",
      kTypeInWords, CelString(end));
}

}  // namespace

void CelNeeds::Add(const std::vector<Block>& blocks) {
  for (const Block& block : blocks) {
    for (const Condition& condition : block.conditions) {
      image |= condition.field == BlockField::kImages;
      windows |= condition.field == BlockField::kOs;
      service_account |= condition.field == BlockField::kServiceAccounts;
      mount_path |= condition.field == BlockField::kMountPath;
      host_path |= condition.field == BlockField::kHostPath;
      volume |=
          condition.field == BlockField::kVolumeTypes || condition.field == BlockField::kCsiDrivers;
      for (const std::string& text : FillableTexts(condition)) {
        service_account |= CountOf(kServiceAccountPlaceholder, text) > 0;
      }
    }
  }
  volume |= host_path;
}

void CelNeeds::AddMessage(std::string_view message) {
  windows |= CountOf("{cri}", message) > 0;
  host_path |= CountOf("{hostPath}", message) > 0;
  volume |= host_path;
}

std::string CelAnyHolds(const std::vector<Block>& blocks, Polarity polarity) {
  return CelAny(Each(blocks, [polarity](const Block& block) {
    return CelAll(Each(block.conditions, [polarity](const Condition& condition) {
      return HoldsCondition(condition, polarity);
    }));
  }));
}

std::optional<std::string> WhyInexpressible(const std::vector<Block>& blocks) {
  for (const Block& block : blocks) {
    for (const Condition& condition : block.conditions) {
      if (std::holds_alternative<PathCondition>(condition.value)) continue;
      for (const std::string& text : FillableTexts(condition)) {
        if (!HasPlaceholder(text) || LongestFilled(text) <= kMaxGlobLength) continue;
        return fmt::format(
            "a pattern of \"{}\" may grow beyond {} bytes when its placeholders are filled; such a "
            "one matches nothing, which CEL has no short word for: shorten the pattern",
            InfoOf(condition.field).name, kMaxGlobLength);
      }
    }
  }
  return std::nullopt;
}

std::string CelRuleMessage(const PolicyRule& rule) {
  if (rule.message.empty()) return DefaultMessage(rule);
  Texts terms;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) terms.push_back(CelString(OnOneLine(literal)));
    literal.clear();
  };
  for (std::string_view rest = rule.message; !rest.empty();) {
    const std::size_t close = rest.find('}');
    if (rest.front() == '{' && close != std::string_view::npos) {
      const std::string value = MessageValue(rest.substr(1, close - 1), rule);
      if (!value.empty()) {
        flush();
        terms.push_back(value);
        rest.remove_prefix(close + 1);
        continue;
      }
    }
    literal += rest.front();
    rest.remove_prefix(1);
  }
  flush();
  return fmt::format("{}", fmt::join(terms, " + "));
}

}  // namespace mountguard::policy
