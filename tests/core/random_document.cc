#include "tests/core/random_document.h"

#include <utility>

#include "core/utf8.h"

namespace mountguard::core {

RandomDocument::RandomDocument(unsigned seed, Style style, std::string line_end)
    : random_(seed), style_(style), line_end_(std::move(line_end)) {}

void RandomDocument::Write() {
  if (style_ == Style::kBlock) {
    BlockMapping("", 0, 4);
    return;
  }
  if (style_ == Style::kFlow) {
    Put("root: ");
    Remember("root");
    FlowValue("root", 4);
    EndLine();
    return;
  }
  Remember("");
  FlowMapping("", 4);
  EndLine();
}

void RandomDocument::WriteList(const std::string& kind, int items) {
  const auto element = [](int i) { return "items[" + std::to_string(i) + "]"; };
  if (style_ == Style::kBlock) {
    PutLine("apiVersion: v1");
    PutLine("kind: " + kind);
    PutLine("items:");
    for (int i = 0; i < items; ++i) {
      Put("- ");
      Remember(element(i));
      BlockMapping(element(i), 2, 4);
    }
    return;
  }
  Put("{\"apiVersion\":\"v1\",\"kind\":\"" + kind + "\",\"items\":[");
  for (int i = 0; i < items; ++i) {
    if (i > 0) Put(",");
    Space();
    Remember(element(i));
    FlowMapping(element(i), 4);
  }
  Put("]}");
  EndLine();
}

void RandomDocument::WriteReview() {
  const std::string object = "request.object";
  if (style_ == Style::kBlock) {
    PutLine("apiVersion: admission.k8s.io/v1");
    PutLine("kind: AdmissionReview");
    PutLine("request:");
    PutLine("  object:");
    Indent(4);
    Remember(object);
    BlockMapping(object, 4, 4);
    return;
  }
  Put(R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"object":)");
  Space();
  Remember(object);
  FlowMapping(object, 4);
  Put("}}");
  EndLine();
}

const std::string& RandomDocument::Pick(const std::vector<std::string>& from) {
  return from[static_cast<std::size_t>(Pick(static_cast<int>(from.size())))];
}

void RandomDocument::Put(const std::string& text) {
  text_ += text;
  at_.column += static_cast<int>(CountRunes(text));
}

void RandomDocument::PutLine(const std::string& text) {
  Put(text);
  EndLine();
}

void RandomDocument::EndLine() {
  text_ += line_end_;
  at_ = {at_.line + 1, 1};
}

std::string RandomDocument::Key() {
  static const std::vector<std::string> kKeys{"name",     "spec", "volumeMounts", "\u4e16\u754c",
                                              "k\u00e9y", "a-b",  "\U0001F600"};
  return Pick(kKeys) + std::to_string(next_key_++);
}

std::string RandomDocument::Scalar() {
  static const std::vector<std::string> kJson{
      "1", "true", "null", R"("x")", "\"\u4e16 \\\"y\"", "-2.5e3", R"("")"};
  static const std::vector<std::string> kYaml{
      "plain", "two words", "'single ''quoted'", R"("d\u00e9")", "~", "0644", "\U0001F600 x"};
  return Pick(json() ? kJson : kYaml);
}

std::string RandomDocument::Member(const std::string& field, const std::string& key) {
  return field.empty() ? key : field + "." + key;
}

void RandomDocument::Space() {
  if (style_ == Style::kMinified) return;
  if (style_ == Style::kJson && Pick(3) == 0) EndLine();
  for (int i = Pick(3); i > 0; --i) Put(" ");
  if (style_ == Style::kJson && Pick(4) == 0) Put("\t");
}

void RandomDocument::FlowValue(const std::string& field, int depth) {
  switch (depth == 0 ? 0 : Pick(3)) {
    case 0:
      return Put(Scalar());
    case 1:
      return FlowMapping(field, depth);
    default:
      return FlowSequence(field, depth);
  }
}

void RandomDocument::FlowMapping(const std::string& field, int depth) {
  Put("{");
  for (int i = 0, count = Pick(4); i < count; ++i) {
    if (i > 0) Put(",");
    Space();
    const std::string key = Key();
    Put(json() ? "\"" + key + "\":" : key + ": ");
    Space();
    Remember(Member(field, key));
    FlowValue(Member(field, key), depth - 1);
    Space();
  }
  Put("}");
}

void RandomDocument::FlowSequence(const std::string& field, int depth) {
  Put("[");
  for (int i = 0, count = Pick(4); i < count; ++i) {
    if (i > 0) Put(",");
    Space();
    const std::string element = field + "[" + std::to_string(i) + "]";
    Remember(element);
    FlowValue(element, depth - 1);
    Space();
  }
  Put("]");
}

void RandomDocument::BlockMapping(const std::string& field, int indent, int depth) {
  const int count = 1 + Pick(4);
  for (int i = 0; i < count; ++i) {
    if (i > 0) Indent(indent);
    if (i > 0 && Pick(6) == 0) Comment(indent);
    const std::string key = Key();
    Put(key + ":");
    BlockValue(Member(field, key), indent, depth - 1);
  }
}

void RandomDocument::Comment(int indent) {
  Put("# \u4e16 comment\u2028# and\u0085# more\r# of it");
  EndLine();
  Indent(indent);
}

void RandomDocument::BlockValue(const std::string& field, int indent, int depth) {
  switch (depth <= 0 ? Pick(2) : Pick(6)) {
    case 0:
      Put(" ");
      Remember(field);
      Put(Scalar());
      return EndLine();
    case 1:
      Put(" ");
      Remember(field);
      FlowValue(field, 2);
      return EndLine();
    case 2:
      EndLine();
      Indent(indent + 2);
      Remember(field);
      return BlockMapping(field, indent + 2, depth);
    case 3:
      return BlockSequence(field, indent, depth);
    case 4:
      return BlockText(field, indent);
    default:
      return Alias(field);
  }
}

void RandomDocument::BlockSequence(const std::string& field, int indent, int depth) {
  EndLine();
  const int count = 1 + Pick(3);
  for (int i = 0; i < count; ++i) {
    Indent(indent + 2);
    const std::string element = field + "[" + std::to_string(i) + "]";
    if (i == 0) Remember(field);
    Put("-");
    if (Pick(2) == 0) {
      Put(" ");
      Remember(element);
      BlockMapping(element, indent + 4, depth);
    } else {
      BlockValue(element, indent + 2, 0);
    }
  }
}

void RandomDocument::BlockText(const std::string& field, int indent) {
  Put(" ");
  Remember(field);
  Put(Pick(2) == 0 ? "|" : ">-");
  EndLine();
  for (int i = 0; i < 2; ++i) {
    Indent(indent + 2);
    Put("text: [ \u4e16");
    EndLine();
  }
}

void RandomDocument::Alias(const std::string& field) {
  Put(" ");
  if (anchors_.empty() || Pick(2) == 0) {
    Anchor anchor{"a" + std::to_string(anchors_.size()), at_, {}};
    Remember(field);  // what has an anchor starts with it
    Put("&" + anchor.name + " {inner: ");
    anchor.inner = at_;
    Remember(field + ".inner");
    Put("1}");
    anchors_.push_back(anchor);
    return EndLine();
  }
  const Anchor& anchor =
      anchors_[static_cast<std::size_t>(Pick(static_cast<int>(anchors_.size())))];
  if (Pick(2) == 0) {
    places_.push_back({field, at_, anchor.start});
    places_.push_back({field + ".inner", at_, anchor.inner});
    Put("*" + anchor.name);
  } else {
    Remember(field);
    Put("{own: 1, <<: ");
    places_.push_back({field + ".inner", at_, anchor.inner});
    Put("*" + anchor.name + "}");
  }
  EndLine();
}

}  // namespace mountguard::core
