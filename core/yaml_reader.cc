#include "core/yaml_reader.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/document_builder.h"
#include "core/go_yaml_text.h"
#include "core/json_syntax.h"
#include "core/utf8.h"
#include "core/yaml_memory.h"
#include "core/yaml_scalar.h"

namespace mountguard::core {
namespace {

using Outcome = Result<void, InputError>;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

Unexpected<InputError> Refused(std::string message, SourcePos pos) {
  return Unexpected(InputError{std::move(message), pos});
}

/// Finds the positions of offsets; those that only grow cost no more than the text. A byte order
/// mark at its start takes no column.
class PositionCursor {
 public:
  PositionCursor(std::string_view text, SourcePos start)
      : text_(text),
        first_(text.substr(0, kByteOrderMark.size()) == kByteOrderMark ? kByteOrderMark.size() : 0),
        start_(start) {}

  SourcePos At(std::size_t offset) {
    if (offset < at_) {
      at_ = first_;
      pos_ = start_;
    }
    while (at_ < std::min(offset, text_.size())) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      at_ += byte < 0x80 ? 1 : DecodeRune(text_.substr(at_)).length;
      ++pos_.column;
      if (byte == '\n') pos_ = {pos_.line + 1, 1};
    }
    return pos_;
  }

 private:
  std::string_view text_;
  std::size_t first_;
  SourcePos start_;
  std::size_t at_ = first_;
  SourcePos pos_ = start_;
};

// --- JSON ---------------------------------------------------------------------------------------

/// Gives the tokens of a text that is known to be one JSON value to a builder.
Outcome ReadJson(const DocumentText& document, DocumentBuilder* builder) {
  const std::string_view text = document.text;
  PositionCursor cursor(text, document.start);
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    const SourcePos pos = cursor.At(at);
    Result<void> taken;
    std::size_t length = 1;
    if (IsJsonSpace(c) || c == ',' || c == ':') {
      ++at;
      continue;
    }
    if (c == '{') {
      taken = builder->BeginMapping(pos, {});
    } else if (c == '[') {
      taken = builder->BeginSequence(pos, {});
    } else if (c == '}' || c == ']') {
      builder->End();
    } else if (c == '"') {
      length = JsonStringLength(text.substr(at));
      taken = builder->Scalar({DecodeJsonString(text.substr(at, length)), {}, false}, pos, {});
    } else {
      length = std::min(text.find_first_of(",]} \t\r\n", at), text.size()) - at;
      taken = builder->Literal(text.substr(at, length), pos);
    }
    if (!taken) return Refused(taken.error().message, pos);
    at += length;
  }
  return {};
}

// --- YAML ---------------------------------------------------------------------------------------

/// What libyaml says of a text, and what that means to the one who wrote it.
struct Explanation {
  std::string_view problem;
  std::string_view sentence;
  bool at_context = false;  // the place to mend is where the construct begins
};

constexpr std::array<Explanation, 16> kExplanations{{
    {"mapping values are not allowed in this context",
     "a second `:` in one value: quote the value, or put the key on a line of its own with the "
     "right "
     "indentation"},
    {"did not find expected key",
     "expected a key here: the indentation does not fit the lines above, or a quote or bracket is "
     "missing"},
    {"did not find expected '-' indicator",
     "expected `-` or a line with less indentation: the indentation does not fit the list above"},
    {"could not find expected ':'",
     "expected `key: value`: this line has no `:`, or the line above is not finished", true},
    {"block sequence entries are not allowed in this context",
     "a list item (`- `) cannot start here: put it on a line of its own"},
    {"block mapping keys are not allowed in this context", "a key cannot start here"},
    {"found unexpected end of stream", "the quote that opens here is never closed", true},
    {"found unexpected document indicator", "the quote that opens here is never closed", true},
    {"did not find expected ',' or ']'", "the bracket `[` that opens here is never closed properly",
     true},
    {"did not find expected ',' or '}'", "the brace `{` that opens here is never closed properly",
     true},
    {"found a tab character", "a tab stands where spaces must: YAML is indented with spaces only"},
    {"found unknown escape character",
     "an unknown escape in a double-quoted string: write `\\\\` for a backslash, or use single "
     "quotes"},
    {"found undefined tag handle",
     "a tag (`!`) that is not defined: quote the value if it is text"},
    {"did not find expected <document start>", "a document begins here without `---` before it"},
    {"did not find expected alphabetic or numeric character",
     "`*` and `&` begin an alias or an anchor, and a name must follow: quote the value if it is "
     "text"},
    {"did not find expected node content",
     "expected a value here: a comma, bracket or quote is out of place"},
}};

std::string_view View(const yaml_char_t* text, std::size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}

std::string_view View(const yaml_char_t* text) {
  return text == nullptr ? std::string_view()
                         : View(text, std::strlen(reinterpret_cast<const char*>(text)));
}

/// The line of `text` that starts with `prefix`, as an offset.
std::optional<std::size_t> FindLine(std::string_view text, std::string_view prefix) {
  for (std::size_t at = text.find(prefix); at != std::string_view::npos;
       at = text.find(prefix, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') return at;
  }
  return std::nullopt;
}

/// Template braces where a value or a line begins; inside a text they are nobody's template.
bool LooksLikeTemplate(std::string_view text) {
  for (std::size_t at = text.find("{{"); at != std::string_view::npos;
       at = text.find("{{", at + 2)) {
    const std::size_t before = text.find_last_not_of(" \t", at == 0 ? 0 : at - 1);
    if (at == 0 || before == std::string_view::npos) return true;
    if (text[before] == '\n' || text[before] == ':' || text[before] == '-') return true;
  }
  return false;
}

bool IsUtf16(std::string_view text) {
  return text.substr(0, 2) == "\xff\xfe" || text.substr(0, 2) == "\xfe\xff";
}

/// True if a text has what ends a line in YAML and nowhere else: U+0085, U+2028, U+2029, and
/// carriage returns by themselves.
bool HasOddBreaks(std::string_view text) {
  for (std::size_t at = text.find('\r'); at != std::string_view::npos;
       at = text.find('\r', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] != '\n') return true;
  }
  return text.find("\xc2\x85") != std::string_view::npos ||
         text.find("\xe2\x80\xa8") != std::string_view::npos ||
         text.find("\xe2\x80\xa9") != std::string_view::npos;
}

/// libyaml's parser for one text.
///
/// The text is handed over in pieces as small as go-yaml's: what stands behind the end of a
/// document is then looked at as far as kubectl looks, and no further.
class EventParser {
 public:
  /// `ends_line` gives libyaml one more line feed.
  explicit EventParser(std::string_view text, bool ends_line) : rest_(text), ends_line_(ends_line) {
    ready_ = yaml_parser_initialize(&parser_) != 0;
    if (ready_) yaml_parser_set_input(&parser_, &EventParser::ReadPiece, this);
  }
  ~EventParser() {
    if (has_event_) yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  EventParser(const EventParser&) = delete;
  EventParser& operator=(const EventParser&) = delete;

  /// The next event, valid until the next call; null where the text is broken.
  const yaml_event_t* Next() {
    if (has_event_) yaml_event_delete(&event_);
    has_event_ = ready_ && yaml_parser_parse(&parser_, &event_) != 0;
    return has_event_ ? &event_ : nullptr;
  }

  /// Why Next gave nothing.
  const yaml_parser_t& state() const { return parser_; }

 private:
  static int ReadPiece(void* self, unsigned char* buffer, std::size_t size,
                       std::size_t* size_read) {
    constexpr std::size_t kLibyamlBuffer = 16384;
    constexpr std::size_t kGoYamlBuffer = 512;
    auto& parser = *static_cast<EventParser*>(self);
    std::string_view& rest = parser.rest_;
    if (rest.empty() && parser.ends_line_) {
      rest = "\n";
      parser.ends_line_ = false;
    }
    const std::size_t kept = kLibyamlBuffer - size;  // the start of a code point
    *size_read = rest.copy(reinterpret_cast<char*>(buffer), kGoYamlBuffer - kept);
    rest.remove_prefix(*size_read);
    return 1;
  }

  std::string_view rest_;  // what libyaml has not seen
  bool ends_line_;         // and a line feed behind it
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool ready_ = false;
  bool has_event_ = false;
};

/// Gives the events of one text to a builder.
class YamlPump {
 public:
  YamlPump(const DocumentText& document, GoYamlText* text, DocumentBuilder* builder)
      : document_(document),
        text_(*text),
        builder_(*builder),
        events_(text->text(), document.lacks_line_feed),
        counts_otherwise_(document.lacks_line_feed || HasOddBreaks(text->text())) {}

  /// True if Run came across something that the text had to be changed for: everything must then be
  /// done again.
  bool must_start_again() const { return must_start_again_; }

  /// Sets `dropped` to where text begins behind the end of the document.
  Outcome Run(SourcePos* dropped) {
    constexpr std::string_view kTwoMarks = "\xef\xbb\xbf\xef\xbb\xbf";
    if (document_.text.substr(0, kTwoMarks.size()) == kTwoMarks) {
      return Refused("the text begins with two byte order marks (U+FEFF): remove them",
                     document_.start);
    }
    while (const yaml_event_t* event = events_.Next()) {
      if (event->type == YAML_STREAM_END_EVENT) return {};
      if (event->type == YAML_DOCUMENT_END_EVENT) {
        *dropped = FindDropped();
        return {};
      }
      const SourcePos pos = Position(event->start_mark);
      if (IsTooMuchWork()) {
        return Refused("too many values inside more than 100 levels of brackets", pos);
      }
      if (StartAgainFor(*event)) return {};
      if (IsHeld(*event, pos)) continue;
      if (auto taken = Take(*event, pos); !taken) return Explain(taken.error().message, pos);
      if (builder_.depth() > 0 || event->type == YAML_STREAM_START_EVENT ||
          event->type == YAML_DOCUMENT_START_EVENT) {
        continue;
      }
      root_is_read_ = true;
      if (root_is_no_key_) {
        *dropped = Position(event->end_mark);
        return {};
      }
    }
    if (EndsBeforeProblem(dropped)) return {};
    if (StartAgainForProblem()) return {};
    return ExplainParser();
  }

 private:
  Result<void> Take(const yaml_event_t& event, SourcePos pos) {
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        return TakeScalar(event, pos);
      case YAML_MAPPING_START_EVENT: {
        const auto& mapping = event.data.mapping_start;
        if (mapping.style == YAML_FLOW_MAPPING_STYLE) ++flow_depth_;
        return builder_.BeginMapping(pos, View(mapping.anchor));
      }
      case YAML_SEQUENCE_START_EVENT: {
        const auto& sequence = event.data.sequence_start;
        if (sequence.style == YAML_FLOW_SEQUENCE_STYLE) ++flow_depth_;
        return builder_.BeginSequence(pos, View(sequence.anchor));
      }
      case YAML_DOCUMENT_START_EVENT: {
        const yaml_version_directive_t* version = event.data.document_start.version_directive;
        if (version == nullptr || (version->major == 1 && version->minor == 1)) return {};
        return Failure("kubectl reads YAML 1.1 only: remove the line `%YAML`");
      }
      case YAML_ALIAS_EVENT:
        return builder_.Alias(View(event.data.alias.anchor), pos);
      case YAML_MAPPING_END_EVENT:
      case YAML_SEQUENCE_END_EVENT:
        if (flow_depth_ > 0) --flow_depth_;  // inside brackets there are only brackets
        builder_.End();
        return {};
      default:
        return {};
    }
  }

  /// Refuses first what libyaml takes and go-yaml does not.
  Result<void> TakeScalar(const yaml_event_t& event, SourcePos pos) {
    const auto& scalar = event.data.scalar;
    const std::string_view text = View(scalar.value, scalar.length);
    if (flow_depth_ > 0 && scalar.style == YAML_PLAIN_SCALAR_STYLE &&
        text.find('?') != std::string_view::npos) {
      return Failure("kubectl refuses a `?` in a plain value inside `[]` or `{}`: quote the value");
    }
    const std::string_view tag = View(scalar.tag);
    const bool implicit = scalar.plain_implicit != 0;
    if (!text_.changed()) return builder_.Scalar({text, tag, implicit}, pos, View(scalar.anchor));
    const std::string restored =
        text_.Restore(text, scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE);
    return builder_.Scalar({restored, tag, implicit}, pos, View(scalar.anchor));
  }

  /// `{}: x` at the root: to libyaml the empty collection is a key, to go-yaml it is the document,
  /// and what follows is dropped. So the mapping that libyaml begins before it waits for what comes
  /// first.
  bool IsHeld(const yaml_event_t& event, SourcePos pos) {
    if (held_) {
      held_ = false;
      root_is_no_key_ =
          event.start_mark.index == held_index_ && BeginsEmptyBrackets(event.start_mark);
      if (!root_is_no_key_) static_cast<void>(builder_.BeginMapping(held_pos_, {}));
      return false;
    }
    held_ = event.type == YAML_MAPPING_START_EVENT && builder_.depth() == 0 &&
            event.data.mapping_start.style == YAML_BLOCK_MAPPING_STYLE &&
            event.data.mapping_start.anchor == nullptr;
    held_index_ = event.start_mark.index;
    held_pos_ = pos;
    return held_;
  }

  /// `{} x "y`: as the empty collection may yet become a key, libyaml goes on to the end of the
  /// line and refuses what is wrong there; go-yaml takes one token behind the document and looks no
  /// further, where an empty collection counts as one. So the document is what was read before,
  /// else the empty collection.
  bool EndsBeforeProblem(SourcePos* dropped) {
    const auto& tokens = events_.state().tokens;
    const std::ptrdiff_t looked_at = root_is_read_ ? 2 : 3;
    if (builder_.depth() > 0 || held_ || tokens.tail - tokens.head < looked_at) return false;
    const yaml_token_t& open = tokens.head[0];
    const yaml_token_t& close = tokens.head[1];
    const bool mapping = open.type == YAML_FLOW_MAPPING_START_TOKEN;
    if (!mapping && open.type != YAML_FLOW_SEQUENCE_START_TOKEN) return false;
    if (close.type != (mapping ? YAML_FLOW_MAPPING_END_TOKEN : YAML_FLOW_SEQUENCE_END_TOKEN)) {
      return false;
    }
    const SourcePos pos = Position(open.start_mark);
    *dropped = root_is_read_ ? pos : Position(close.end_mark);
    if (root_is_read_) return true;
    const auto begun = mapping ? builder_.BeginMapping(pos, {}) : builder_.BeginSequence(pos, {});
    builder_.End();
    return begun.has_value();
  }

  bool BeginsEmptyBrackets(const yaml_mark_t& mark) {
    const std::string_view text = text_.text();
    const std::size_t open = OffsetOf(mark);
    const std::size_t close = text.find_first_not_of(" \t", open + 1);
    if (close == std::string_view::npos) return false;
    return (text[open] == '{' && text[close] == '}') || (text[open] == '[' && text[close] == ']');
  }

  /// A tag that to go-yaml goes on where libyaml ends it.
  bool StartAgainFor(const yaml_event_t& event) {
    const yaml_char_t* tag = event.type == YAML_SCALAR_EVENT          ? event.data.scalar.tag
                             : event.type == YAML_MAPPING_START_EVENT ? event.data.mapping_start.tag
                             : event.type == YAML_SEQUENCE_START_EVENT
                                 ? event.data.sequence_start.tag
                                 : nullptr;
    if (tag == nullptr) return false;
    const std::size_t start = text_.text().find('!', OffsetOf(event.start_mark));
    must_start_again_ = start != std::string_view::npos && text_.ExtendTag(start);
    return must_start_again_;
  }

  /// What is a mistake to libyaml and none to go-yaml.
  bool StartAgainForProblem() {
    const yaml_parser_t& state = events_.state();
    if (state.error != YAML_SCANNER_ERROR) return false;
    const std::string_view problem = state.problem;
    if (problem == "found unexpected ':'") {
      must_start_again_ = text_.MakeLetter(OffsetOf(state.problem_mark));
    } else if (problem == "did not find expected whitespace or line break" ||
               problem == "did not find expected tag URI") {
      must_start_again_ = text_.ExtendTag(OffsetOf(state.context_mark));
    }
    return must_start_again_;
  }

  /// libyaml looks at every open bracket for every token: deep and long together take minutes.
  bool IsTooMuchWork() {
    constexpr int kShallow = 100;
    constexpr std::int64_t kMostSteps = 200'000'000;
    if (flow_depth_ > kShallow) bracket_steps_ += flow_depth_;
    return bracket_steps_ > kMostSteps;
  }

  SourcePos Position(const yaml_mark_t& mark) {
    if (counts_otherwise_) {
      if (!cursor_) cursor_.emplace(text_.text(), document_.start);
      return cursor_->At(OffsetOf(mark));
    }
    const int column =
        static_cast<int>(mark.column) + (mark.line == 0 ? document_.start.column : 1);
    return {document_.start.line + static_cast<int>(mark.line), column};
  }

  /// The byte at a mark: libyaml counts characters. As the marks come in order, so do the bytes.
  std::size_t OffsetOf(const yaml_mark_t& mark) {
    const std::string_view text = text_.text();
    if (mark.index < known_index_ || known_index_ == 0) {
      known_index_ = 0;
      known_offset_ = text.substr(0, kByteOrderMark.size()) == kByteOrderMark ? 3 : 0;
    }
    for (; known_index_ < mark.index && known_offset_ < text.size(); ++known_index_) {
      known_offset_ += DecodeRune(text.substr(known_offset_)).length;
    }
    return known_offset_;
  }

  /// go-yaml reads one document of a text and looks no further.
  SourcePos FindDropped() {
    const yaml_event_t* event = events_.Next();
    if (event == nullptr) return Position(events_.state().problem_mark);
    return event->type == YAML_STREAM_END_EVENT ? SourcePos{} : Position(event->start_mark);
  }

  Unexpected<InputError> ExplainParser() {
    const yaml_parser_t& state = events_.state();
    if (state.error == YAML_READER_ERROR) return ExplainReader(state);
    if (state.error == YAML_MEMORY_ERROR || state.problem == nullptr) {
      return Refused("too large for the memory at hand", document_.start);
    }
    const std::string_view problem = state.problem;
    const SourcePos pos = Position(state.problem_mark);
    if (text_.IsEscapedSlash(OffsetOf(state.problem_mark))) {
      return Explain(
          "`\\/` in a double-quoted string: JSON knows this escape, kubectl's YAML does not; "
          "write `/`",
          pos);
    }
    if (problem == "found character that cannot start any token") {
      return Explain(ExplainCharacter(state.problem_mark), pos);
    }
    if (document_.text.front() == '%') {
      return Explain("kubectl reads no `%` directives: remove the line", document_.start);
    }
    for (const Explanation& known : kExplanations) {
      if (problem.substr(0, known.problem.size()) != known.problem) continue;
      return Explain(std::string(known.sentence),
                     known.at_context ? Position(state.context_mark) : pos);
    }
    return Explain(std::string(problem), pos);
  }

  /// What stands where no value can begin.
  std::string ExplainCharacter(const yaml_mark_t& mark) const {
    std::string_view rest = document_.text;
    for (std::size_t i = 0; i < mark.line && !rest.empty(); ++i) {
      rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    }
    for (std::size_t i = 0; i < mark.column && !rest.empty(); ++i) {
      rest.remove_prefix(DecodeRune(rest).length);
    }
    if (rest.empty() || rest.front() == '\t') {
      return "a tab stands where spaces must: YAML is indented with spaces only";
    }
    return fmt::format("a value cannot begin with \"{}\": quote it",
                       rest.substr(0, DecodeRune(rest).length));
  }

  /// Bytes that are no text. The position is that of the byte.
  Unexpected<InputError> ExplainReader(const yaml_parser_t& state) const {
    PositionCursor cursor(text_.text(), document_.start);
    const SourcePos pos = cursor.At(state.problem_offset);
    if (std::string_view(state.problem) == "control characters are not allowed") {
      return Refused(fmt::format("the control character U+{:04X} stands in the text: remove it, or "
                                 "write it as an escape in a double-quoted string",
                                 state.problem_value),
                     pos);
    }
    return Refused("the text is not valid UTF-8: save the file as UTF-8", pos);
  }

  /// Puts the likely cause before what is wrong with the text as YAML.
  Unexpected<InputError> Explain(std::string message, SourcePos pos) const {
    const std::string_view text = document_.text;
    for (const std::string_view marker : {"<<<<<<< ", ">>>>>>> "}) {
      if (const auto at = FindLine(text, marker)) {
        return Refused(fmt::format("a merge conflict is not resolved: `{}` stands in the file",
                                   marker.substr(0, marker.size() - 1)),
                       PositionCursor(text, document_.start).At(*at));
      }
    }
    if (LooksLikeTemplate(text)) {
      return Refused("this looks like a template; run `helm template` first (" + message + ")",
                     pos);
    }
    return Refused(std::move(message), pos);
  }

  const DocumentText& document_;
  GoYamlText& text_;
  DocumentBuilder& builder_;
  EventParser events_;
  bool counts_otherwise_;  // libyaml counts lines that the file has not
  std::optional<PositionCursor> cursor_;
  bool must_start_again_ = false;
  bool held_ = false;  // the root mapping, which began at
  std::size_t held_index_ = 0;
  SourcePos held_pos_;
  bool root_is_no_key_ = false;
  bool root_is_read_ = false;
  int flow_depth_ = 0;  // how many brackets are open
  std::int64_t bracket_steps_ = 0;
  std::size_t known_index_ = 0;  // a character, and the byte where it starts
  std::size_t known_offset_ = 0;
};

}  // namespace

class YamlReader::Impl {
 public:
  Outcome Read(const DocumentText& text, YamlDocument* document) {
    constexpr std::size_t kMaxBytes = std::size_t{1} << 30;  // the source map counts in 32 bits
    builder_.Reset(document);
    if (text.refused) return Unexpected(*text.refused);
    if (text.text.size() > kMaxBytes) {
      return Refused("a document of more than 1 GiB is not read", text.start);
    }
    // kubectl appends a line feed of one byte to a last line that has none.
    if (IsUtf16(text.text) && text.text.back() != '\n') {
      return Refused("the file is UTF-16, which kubectl does not read: save it as UTF-8",
                     text.start);
    }
    const Outcome read = text.json ? ReadJson(text, &builder_) : ReadYaml(text, document);
    builder_.Finish();
    return read;
  }

  Outcome ReadYaml(const DocumentText& text, YamlDocument* document) {
    constexpr std::size_t kMostWork = std::size_t{64} << 20;  // bytes read again
    const YamlMemory::Use use(&memory_);
    GoYamlText go_yaml_text(text.text);
    for (std::size_t work = 0; work <= kMostWork; work += text.text.size()) {
      YamlPump pump(text, &go_yaml_text, &builder_);
      Outcome read = pump.Run(&document->dropped);
      if (!pump.must_start_again()) return read;
      builder_.Reset(document);
    }
    return Refused("too many values inside brackets end in a colon: quote them", text.start);
  }

 private:
  YamlMemory memory_;
  DocumentBuilder builder_;
};

YamlReader::YamlReader() : impl_(std::make_unique<Impl>()) {}
YamlReader::~YamlReader() = default;

Result<void, InputError> YamlReader::Read(const DocumentText& text, YamlDocument* document) {
  return impl_->Read(text, document);
}

}  // namespace mountguard::core
