#include "cli/json_stream.h"

#include <ostream>
#include <string>

namespace mountguard::cli {

void JsonStream::Begin(char open, char close) {
  StartValue();
  out_ << open;
  levels_.push_back({close});
}

void JsonStream::End() {
  const Level ended = levels_.back();
  levels_.pop_back();
  if (!ended.empty) StartLine();
  out_ << ended.close;
  if (levels_.empty()) out_ << '\n';
}

void JsonStream::Key(std::string_view name) {
  StartElement();
  out_ << Indented(name) << ": ";
  after_key_ = true;
}

void JsonStream::Value(const Json& value) {
  StartValue();
  const std::string text = Indented(value);
  std::string_view rest = text;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    out_ << rest.substr(0, end);
    StartLine();
    rest.remove_prefix(end + 1);
  }
  out_ << rest;
}

void JsonStream::StartValue() {
  if (!after_key_ && !levels_.empty()) StartElement();
  after_key_ = false;
}

void JsonStream::StartElement() {
  if (!levels_.back().empty) out_ << ',';
  levels_.back().empty = false;
  StartLine();
}

void JsonStream::StartLine() {
  out_ << '\n';
  for (std::size_t i = 0; i < levels_.size(); ++i) out_ << "  ";
}

}  // namespace mountguard::cli
