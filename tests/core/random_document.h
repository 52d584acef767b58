#ifndef MOUNTGUARD_TESTS_CORE_RANDOM_DOCUMENT_H_
#define MOUNTGUARD_TESTS_CORE_RANDOM_DOCUMENT_H_

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "core/source_pos.h"

namespace mountguard::core {

/// A random document that remembers where each of its values starts: YAML in block and flow style,
/// JSON pretty and minified, with wide characters, comments, anchors and merge keys.
class RandomDocument {
 public:
  enum class Style { kBlock, kFlow, kJson, kMinified };

  struct Place {
    std::string field;
    SourcePos value;
    SourcePos definition;  // where the value stands if it is used through an alias or a merge
  };

  RandomDocument(unsigned seed, Style style, std::string line_end);

  /// Write a mapping; a List of that kind, or an AdmissionReview of an object, neither in flow
  /// style. One of the three, once.
  void Write();
  void WriteList(const std::string& kind, int items);
  void WriteReview();

  const std::string& text() const { return text_; }
  const std::vector<Place>& places() const { return places_; }

 private:
  struct Anchor {
    std::string name;
    SourcePos start;
    SourcePos inner;
  };

  int Pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
  const std::string& Pick(const std::vector<std::string>& from);
  bool json() const { return style_ == Style::kJson || style_ == Style::kMinified; }

  void Put(const std::string& text);
  void EndLine();
  void Remember(const std::string& field) { places_.push_back({field, at_, {}}); }

  std::string Key();

  std::string Scalar();

  static std::string Member(const std::string& field, const std::string& key);

  void Space();

  void PutLine(const std::string& text);

  // --- flow style and JSON

  void FlowValue(const std::string& field, int depth);

  void FlowMapping(const std::string& field, int depth);

  void FlowSequence(const std::string& field, int depth);

  // --- block style

  void Indent(int indent) { Put(std::string(static_cast<std::size_t>(indent), ' ')); }

  /// The cursor stands where the first key begins.
  void BlockMapping(const std::string& field, int indent, int depth);

  void Comment(int indent);

  /// Behind `key:` or `-`, up to the end of the line.
  void BlockValue(const std::string& field, int indent, int depth);

  void BlockSequence(const std::string& field, int indent, int depth);

  void BlockText(const std::string& field, int indent);

  /// An anchor at its first use; then aliases and merges of it.
  void Alias(const std::string& field);

  std::mt19937 random_;
  Style style_;
  std::string line_end_;
  std::string text_;
  SourcePos at_{1, 1};
  std::vector<Place> places_;
  std::vector<Anchor> anchors_;
  int next_key_ = 0;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_TESTS_CORE_RANDOM_DOCUMENT_H_
