#include "certs/ca_injector.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "certs/certificate_facts.h"
#include "certs/kubernetes_objects.h"
#include "certs/managed_secret.h"
#include "core/base64.h"
#include "core/document_splitter.h"
#include "core/json_reader.h"
#include "core/json_writer.h"
#include "core/yaml_reader.h"

namespace mountguard::certs {
namespace {

using core::Failure;
using core::JsonValue;
using core::Result;
using core::SourcePos;

constexpr std::string_view kKey = "caBundle";

/// A piece of the text that is replaced.
struct Edit {
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string replacement;
};

/// The JSON of every document, "" for an empty one.
using Documents = std::vector<std::string>;

/// What a document's JSON is to have after the edits: JSON pointers of bundles, and their base64.
struct Expected {
  std::size_t document = 0;
  std::string pointer;
  std::string value;
};

/// A text by lines and columns, as people count them.
class Text {
 public:
  explicit Text(std::string_view text) : text_(text) {
    for (std::size_t at = 0; at != std::string_view::npos && at <= text.size();) {
      line_starts_.push_back(at);
      const std::size_t end = text.find('\n', at);
      at = end == std::string_view::npos ? end : end + 1;
    }
  }

  std::string_view text() const { return text_; }
  char At(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }

  std::size_t LineStart(int line) const {
    const auto index = static_cast<std::size_t>(std::max(line, 1) - 1);
    return index < line_starts_.size() ? line_starts_[index] : text_.size();
  }
  /// Where the line that `offset` is in ends, before its line break.
  std::size_t LineEnd(std::size_t offset) const {
    const std::size_t end = std::min(text_.find('\n', offset), text_.size());
    return end > offset && text_[end - 1] == '\r' ? end - 1 : end;
  }
  /// Columns count code points.
  std::size_t OffsetOf(SourcePos pos) const {
    std::size_t offset = LineStart(pos.line);
    if (offset == 0 && text_.starts_with("\xEF\xBB\xBF")) offset = 3;
    for (int column = 1; column < pos.column && offset < text_.size(); ++column) {
      do ++offset;
      while (offset < text_.size() && (text_[offset] & 0xC0) == 0x80);
    }
    return offset;
  }
  /// The line break that the line of `offset` ends with.
  std::string_view LineBreak(std::size_t offset) const {
    const std::size_t end = LineEnd(offset);
    return At(end) == '\r' ? "\r\n" : "\n";
  }
  /// What stands on its line before `offset`.
  std::string_view Before(std::size_t offset, int line) const {
    const std::size_t start = LineStart(line);
    return text_.substr(start, offset - start);
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> line_starts_;
};

bool IsBlank(std::string_view text) { return text.find_first_not_of(" \t\r") == text.npos; }

std::size_t Indent(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

/// Where a scalar ends that begins at `offset`; nothing if it is written in a way that is not
/// known.
class ScalarEnd {
 public:
  /// `key_column` counts from 0; `flow`: between brackets.
  ScalarEnd(const Text& text, std::size_t key_column, bool flow)
      : text_(text), key_column_(key_column), flow_(flow) {}

  std::optional<std::size_t> Find(std::size_t offset) const {
    switch (text_.At(offset)) {
      case '"':
        return Quoted(offset, '\\');
      case '\'':
        return Quoted(offset, '\'');
      case '|':
      case '>':
        return Indented(offset, text_.LineEnd(offset));
      case '*':
      case '&':
      case '!':
        return std::nullopt;
      default:
        return Plain(offset);
    }
  }

 private:
  std::optional<std::size_t> Quoted(std::size_t offset, char escape) const {
    const char quote = text_.At(offset);
    for (std::size_t at = offset + 1; at < text_.text().size(); ++at) {
      if (text_.At(at) == escape && (escape == '\\' || text_.At(at + 1) == quote)) {
        ++at;
      } else if (text_.At(at) == quote) {
        return at + 1;
      }
    }
    return std::nullopt;
  }

  std::size_t Plain(std::size_t offset) const {
    const std::size_t line_end = text_.LineEnd(offset);
    const std::string_view line = text_.text().substr(offset, line_end - offset);
    std::size_t end = std::min(line.find(" #"), line.size());
    if (flow_) end = std::min(end, std::min(line.find_first_of(",}]"), line.size()));
    const bool is_whole_line = end == line.size();
    while (end > 0 && IsBlank(line.substr(end - 1, 1))) --end;
    return is_whole_line && !flow_ ? Indented(offset, offset + end) : offset + end;
  }

  /// Takes the lines below, while they are blank or stand deeper than the key.
  std::size_t Indented(std::size_t offset, std::size_t end) const {
    for (std::size_t at = text_.text().find('\n', offset); at != std::string_view::npos;
         at = text_.text().find('\n', at + 1)) {
      const std::string_view line = text_.text().substr(at + 1, text_.LineEnd(at + 1) - at - 1);
      if (IsBlank(line)) continue;
      if (Indent(line) <= key_column_ || at + 1 >= text_.text().size()) break;
      end = text_.LineEnd(at + 1);
    }
    return end;
  }

  const Text& text_;
  const std::size_t key_column_;
  const bool flow_;
};

/// "/webhooks/0/clientConfig" as "webhooks[0].clientConfig".
std::string FieldOf(std::string_view prefix, std::string_view pointer) {
  std::string field(prefix);
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view part = pointer.substr(0, pointer.find('/'));
    if (part.find_first_not_of("0123456789") == part.npos) {
      field += fmt::format("[{}]", part);
    } else {
      field += (field.empty() ? "" : ".") + std::string(part);
    }
    pointer.remove_prefix(part.size());
  }
  return field;
}

/// Finds what is to be edited in one manifest, and how.
class Injector {
 public:
  Injector(std::string_view file, std::string_view text, const BundleRequest& request)
      : file_(file), text_(text), request_(request) {}

  Result<InjectedManifest> Inject() {
    auto before = ReadAll(text_.text(), true);
    if (!before) return core::Unexpected(before.error());
    InjectedManifest injected;
    injected.text = text_.text();
    std::stable_sort(edits_.begin(), edits_.end(),
                     [](const Edit& a, const Edit& b) { return a.offset > b.offset; });
    for (const Edit& edit : edits_) {
      injected.text.replace(edit.offset, edit.length, edit.replacement);
    }
    injected.clients = std::move(clients_);
    if (auto same = Verify(std::move(*before), injected.text); !same) {
      return core::Unexpected(same.error());
    }
    return injected;
  }

 private:
  Result<Documents> ReadAll(std::string_view text, bool collect) {
    Documents documents;
    core::DocumentSplitter splitter(text);
    while (const auto document = splitter.Next()) {
      if (const auto read = yaml_.Read(*document, &document_); !read) {
        return FailAt(read.error().pos, read.error().message);
      }
      const JsonValue root = document_.json.root();
      core::AppendJson(root, &documents.emplace_back());
      if (!root.exists() || !collect) continue;
      if (auto collected = Collect(root, documents.size() - 1); !collected) {
        return core::Unexpected(collected.error());
      }
    }
    return documents;
  }

  core::Unexpected<core::Error> FailAt(SourcePos pos, std::string_view message) const {
    return Failure(fmt::format("{}:{}:{}: {}", file_, pos.line, pos.column, message));
  }

  Result<void> Collect(JsonValue root, std::size_t document) {
    if (const auto kind = WebhookKindOf(root)) return CollectObject(*kind, root, document, "");
    std::size_t index = 0;
    for (const JsonValue item : root.Get("items").Elements()) {
      const std::string pointer = fmt::format("/items/{}", index++);
      const auto kind = WebhookKindOf(item);
      if (!kind) continue;
      if (auto collected = CollectObject(*kind, item, document, pointer); !collected) {
        return collected;
      }
    }
    return {};
  }

  Result<void> CollectObject(WebhookKind kind, JsonValue object, std::size_t document,
                             const std::string& pointer) {
    for (const WebhookClient& client : ReadWebhookClients(kind, object)) {
      if (!IsAskedFor(request_, client)) continue;
      const std::string at = pointer + client.pointer;
      const std::string field = FieldOf("", at);
      const core::FieldLocation place = document_.Find(field);
      InjectedClient injected;
      injected.line = place.value.line;
      injected.kind = kind;
      injected.configuration = object.Get("metadata").Get("name").AsString();
      injected.webhook = client.name;
      const std::string bundle = BundleFor(request_, client);
      injected.changed = bundle != client.ca_bundle;
      clients_.push_back(std::move(injected));
      if (bundle == client.ca_bundle) continue;
      const std::string value = core::EncodeBase64(bundle);
      expected_.push_back({document, at + "/" + std::string(kKey), value});
      if (auto edited = EditClient(object, client, field, value); !edited) return edited;
    }
    return {};
  }

  Result<void> EditClient(JsonValue object, const WebhookClient& client, const std::string& field,
                          const std::string& value) {
    const core::FieldLocation config = document_.Find(field);
    if (config.definition.known()) {
      return FailAt(config.value,
                    "this clientConfig is written elsewhere, at its anchor: write it out here");
    }
    const std::size_t start = text_.OffsetOf(config.value);
    const bool flow = text_.At(start) == '{';
    const core::FieldLocation bundle = document_.Find(field + "." + std::string(kKey));
    if (bundle.exact) return ReplaceValue(bundle, flow, value);

    JsonValue config_json = object;
    for (std::string_view rest = client.pointer; !rest.empty();) {
      rest.remove_prefix(1);
      const std::string_view part = rest.substr(0, rest.find('/'));
      config_json = config_json.IsArray() ? config_json.At(std::stoul(std::string(part)))
                                          : config_json.Get(part);
      rest.remove_prefix(part.size());
    }
    return InsertKey(field, config_json, flow, start, value);
  }

  Result<void> ReplaceValue(const core::FieldLocation& bundle, bool flow,
                            const std::string& value) {
    const auto refuse = [&] {
      return FailAt(bundle.value,
                    "this caBundle has an anchor, an alias or a tag: write a plain text, or none");
    };
    if (bundle.definition.known()) return refuse();
    const std::size_t key = text_.OffsetOf(bundle.key);
    const std::size_t colon = text_.text().find(':', key);
    const std::string_view behind =
        text_.text().substr(colon + 1, text_.LineEnd(colon) - colon - 1);
    if (!flow && (IsBlank(behind) || behind.find_first_not_of(' ') == behind.find('#')) &&
        bundle.value.line <= bundle.key.line) {
      edits_.push_back({colon + 1, 0, " " + value});  // it had no value
      return {};
    }
    const std::size_t begin = text_.OffsetOf(bundle.value);
    const std::size_t key_column = key - text_.LineStart(bundle.key.line);
    const auto end = ScalarEnd(text_, key_column, flow).Find(begin);
    if (!end) return refuse();
    const char quote = text_.At(begin);
    const bool quoted = quote == '"' || quote == '\'';
    const std::string mark = quoted ? std::string(1, quote) : "";
    edits_.push_back({begin, *end - begin, mark + value + mark});
    return {};
  }

  /// Before the first key of the clientConfig, written as that is.
  Result<void> InsertKey(const std::string& field, JsonValue config, bool flow, std::size_t start,
                         const std::string& value) {
    std::string first;
    for (const auto& member : config.Members()) {
      if (first.empty()) first = member.key;
    }
    if (first.empty()) {
      edits_.push_back({start + 1, 0, fmt::format("{}: {}", kKey, value)});
      return {};
    }
    const core::FieldLocation place = document_.Find(field + "." + first);
    const std::size_t offset = text_.OffsetOf(place.key);
    const std::string_view before = text_.Before(offset, place.key.line);
    const char quote = text_.At(offset);
    const std::string mark = quote == '"' || quote == '\'' ? std::string(1, quote) : "";
    std::string entry = fmt::format("{0}{1}{0}: {0}{2}{0}{3}", mark, kKey, value, flow ? "," : "");
    if (IsBlank(before)) {
      entry.append(text_.LineBreak(offset)).append(before);
    } else if (flow) {
      entry += " ";
    } else {
      return FailAt(place.key,
                    "there is no room for a caBundle: begin this key on a line of its own");
    }
    edits_.push_back({offset, 0, std::move(entry)});
    return {};
  }

  /// Reads the edited text again and holds it against what it should say.
  Result<void> Verify(Documents before, const std::string& edited) {
    const auto after = ReadAll(edited, false);
    constexpr const char* kNoUse =
        "the caBundle's place is written in a way that cannot be edited: write it as a plain text";
    if (!after || after->size() != before.size())
      return Failure(fmt::format("{}: {}", file_, kNoUse));
    for (std::size_t i = 0; i < before.size(); ++i) {
      const bool touched = std::any_of(expected_.begin(), expected_.end(),
                                       [i](const Expected& e) { return e.document == i; });
      if (!touched && before[i] == (*after)[i]) continue;
      constexpr bool kThrow = false;
      auto wanted = nlohmann::json::parse(before[i], nullptr, kThrow);
      for (const Expected& expected : expected_) {
        if (expected.document != i) continue;
        wanted[nlohmann::json::json_pointer(expected.pointer)] = expected.value;
      }
      if (wanted != nlohmann::json::parse((*after)[i], nullptr, kThrow)) {
        return Failure(fmt::format("{}: {}", file_, kNoUse));
      }
    }
    return {};
  }

  const std::string_view file_;
  const Text text_;
  const BundleRequest& request_;
  core::YamlReader yaml_;
  core::YamlDocument document_;
  std::vector<Edit> edits_;
  std::vector<InjectedClient> clients_;
  std::vector<Expected> expected_;
};

}  // namespace

Result<std::string> ReadBundle(const PemFile& file) {
  const auto blocks = ReadPemBlocks(file, "CA certificates");
  if (!blocks) return core::Unexpected(blocks.error());
  for (const PemBlock& block : *blocks) {
    if (IsCertificate(block)) continue;
    return Failure(fmt::format(
        "{}:{}: {} has no place in a caBundle, which everybody may read: give the CA's certificate "
        "alone (`certs issue` calls it ca.crt)",
        file.name, block.line, block.label));
  }
  const auto certificates = ReadCertificates(file);
  if (!certificates) return core::Unexpected(certificates.error());
  std::string pem;
  for (const PemCertificate& entry : *certificates) {
    const CertificateFacts facts = ReadFacts(*entry.certificate);
    if (!facts.is_authority && !facts.is_self_signed) {
      return Failure(
          fmt::format("{}:{}: {} is no CA: a caBundle holds who issued the serving certificate, "
                      "and that is {}",
                      file.name, entry.line, facts.subject, facts.issuer));
    }
    pem += ToPem(*entry.certificate);
  }
  return WriteTrustBundle(ReadTrustBundle(pem).authorities);
}

bool IsAskedFor(const BundleRequest& request, const WebhookClient& client) {
  if (request.service.empty()) return true;
  return client.service == request.service &&
         (request.service_namespace.empty() ||
          client.service_namespace == request.service_namespace);
}

std::string BundleFor(const BundleRequest& request, const WebhookClient& client) {
  if (!request.add) return request.pem;
  const std::string present = WriteTrustBundle(ReadTrustBundle(client.ca_bundle).authorities);
  return WriteTrustBundle(ReadTrustBundle(present + request.pem).authorities);
}

Result<InjectedManifest> InjectBundle(std::string_view file, std::string_view text,
                                      const BundleRequest& request) {
  return Injector(file, text, request).Inject();
}

}  // namespace mountguard::certs
