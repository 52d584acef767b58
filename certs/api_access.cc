#include "certs/api_access.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base64.h"
#include "core/document_splitter.h"
#include "core/json_reader.h"
#include "core/yaml_reader.h"

namespace mountguard::certs {
namespace {

using core::Failure;
using core::JsonValue;
using core::Result;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool ParsePort(std::string_view text, int* port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *port);
  return error == std::errc() && end == text.data() + text.size() && *port > 0 && *port < 65536;
}

/// "https://10.0.0.1:6443/prefix" into its parts.
Result<void> ParseServer(std::string_view server, ApiAccess* access) {
  const auto refuse = [server] {
    return Failure(fmt::format(
        "\"{}\" is no API server; expected a URL such as https://10.0.0.1:6443", server));
  };
  std::string_view rest = server;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
    access->tls = false;
    access->port = 80;
  } else {
    return refuse();
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  std::string_view prefix = rest.substr(slash);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  access->path_prefix = prefix;
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    if (!ParsePort(authority.substr(colon + 1), &access->port)) return refuse();
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[')) {
    if (!authority.ends_with(']')) return refuse();
    authority = authority.substr(1, authority.size() - 2);
  }
  if (authority.empty() || authority.find_first_of("@?# ") != std::string_view::npos) {
    return refuse();
  }
  access->host = authority;
  return {};
}

/// Reads one kubeconfig: its lists of named clusters, users and contexts.
class Kubeconfig {
 public:
  Kubeconfig(const std::string& path, const core::FileReader& reader)
      : path_(path), reader_(reader) {}

  Result<ApiAccess> Read() {
    if (auto parsed = Parse(); !parsed) return core::Unexpected(parsed.error());
    const std::string_view context_name = root_.Get("current-context").AsString();
    if (context_name.empty()) {
      return Fail("it has no current-context; `kubectl config use-context NAME` sets one");
    }
    const auto context = Find("contexts", "context", context_name);
    if (!context) return core::Unexpected(context.error());
    const auto cluster = Find("clusters", "cluster", context->Get("cluster").AsString());
    if (!cluster) return core::Unexpected(cluster.error());
    if (auto read = ReadCluster(*cluster); !read) return core::Unexpected(read.error());
    const std::string_view user_name = context->Get("user").AsString();
    if (user_name.empty()) return std::move(access_);
    const auto user = Find("users", "user", user_name);
    if (!user) return core::Unexpected(user.error());
    if (auto read = ReadUser(*user); !read) return core::Unexpected(read.error());
    return std::move(access_);
  }

 private:
  core::Unexpected<core::Error> Fail(const std::string& message) const {
    return Failure(path_ + ": " + message);
  }

  Result<void> Parse() {
    auto content = reader_.Read(path_);
    if (!content) return core::Unexpected(content.error());
    core::DocumentSplitter documents(*content);
    const auto text = documents.Next();
    if (!text) return Fail("it is empty; expected a kubeconfig");
    core::YamlReader yaml;
    if (const auto read = yaml.Read(*text, &document_); !read) {
      return Failure(fmt::format("{}:{}: {}", path_, read.error().pos.line, read.error().message));
    }
    root_ = document_.json.root();
    if (!root_.exists()) return Fail("it is empty; expected a kubeconfig");
    if (!root_.IsObject()) return Fail("expected a kubeconfig, an object of kind Config");
    return {};
  }

  Result<JsonValue> Find(std::string_view list, std::string_view member,
                         std::string_view name) const {
    for (const JsonValue entry : root_.Get(list).Elements()) {
      if (entry.Get("name").AsString() == name) return entry.Get(member);
    }
    return Fail(fmt::format("there is no {} \"{}\" in {}", member, name, list));
  }

  /// What `key`-data holds, or else the file that `key` names; "" if there is neither.
  Result<std::string> DataOrFile(JsonValue of, const std::string& key) const {
    if (const std::string_view data = of.Get(key + "-data").AsString(); !data.empty()) {
      auto decoded = core::DecodeBase64(data);
      if (!decoded) return Fail(key + "-data is no base64");
      return *std::move(decoded);
    }
    const std::string_view file = of.Get(key).AsString();
    return file.empty() ? Result<std::string>("") : ReadBeside(file);
  }

  Result<std::string> ReadBeside(std::string_view file) const {
    return reader_.Read((std::filesystem::path(path_).parent_path() / file).string());
  }

  Result<void> ReadCluster(JsonValue cluster) {
    if (auto parsed = ParseServer(cluster.Get("server").AsString(), &access_); !parsed) {
      return Fail(parsed.error().message);
    }
    if (!cluster.Get("proxy-url").AsString().empty()) {
      return Fail("proxy-url is not supported: the API server must be reached without a proxy");
    }
    access_.verify = !cluster.Get("insecure-skip-tls-verify").IsTrue();
    access_.tls_server_name = cluster.Get("tls-server-name").AsString();
    auto ca = DataOrFile(cluster, "certificate-authority");
    if (!ca) return core::Unexpected(ca.error());
    access_.ca_pem = std::move(*ca);
    return {};
  }

  Result<void> ReadUser(JsonValue user) {
    for (const char* key : {"exec", "auth-provider", "username"}) {
      if (user.Get(key).IsAbsentOrNull()) continue;
      return Fail(
          fmt::format("a user with \"{}\" is not supported; expected token, tokenFile or a client "
                      "certificate (`kubectl create token` makes a token)",
                      key));
    }
    access_.token = user.Get("token").AsString();
    if (const auto file = user.Get("tokenFile").AsString(); !file.empty()) {
      auto token = ReadBeside(file);
      if (!token) return core::Unexpected(token.error());
      access_.token = Trim(*token);
    }
    auto certificate = DataOrFile(user, "client-certificate");
    if (!certificate) return core::Unexpected(certificate.error());
    auto key = DataOrFile(user, "client-key");
    if (!key) return core::Unexpected(key.error());
    if (certificate->empty() != key->empty()) {
      return Fail("client-certificate and client-key go together; one of them is missing");
    }
    access_.client_certificate_pem = std::move(*certificate);
    access_.client_key_pem = std::move(*key);
    return {};
  }

  const std::string& path_;
  const core::FileReader& reader_;
  core::YamlDocument document_;
  JsonValue root_;
  ApiAccess access_;
};

}  // namespace

Result<ApiAccess> ReadKubeconfig(const std::string& path, const core::FileReader& reader) {
  return Kubeconfig(path, reader).Read();
}

Result<ApiAccess> ReadInCluster(const std::string& host, const std::string& port,
                                const core::FileReader& reader, const std::string& directory) {
  if (host.empty() || port.empty()) {
    return Failure(
        "this is no pod (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set): "
        "--kubeconfig FILE tells where the API server is");
  }
  ApiAccess access;
  access.host = host;
  if (!ParsePort(port, &access.port)) {
    return Failure(fmt::format("KUBERNETES_SERVICE_PORT \"{}\" is no port", port));
  }
  auto token = reader.Read(directory + "/token");
  if (!token) return core::Unexpected(token.error());
  access.token = Trim(*token);
  auto ca = reader.Read(directory + "/ca.crt");
  if (!ca) return core::Unexpected(ca.error());
  access.ca_pem = std::move(*ca);
  return access;
}

Result<std::string> ReadOwnNamespace(const core::FileReader& reader, const std::string& directory) {
  auto content = reader.Read(directory + "/namespace");
  if (!content) return core::Unexpected(content.error());
  return std::string(Trim(*content));
}

}  // namespace mountguard::certs
