#include "certs/api_access.h"

#include <catch2/catch.hpp>

#include <map>
#include <string>

#include "core/base64.h"

using mountguard::certs::ReadInCluster;
using mountguard::certs::ReadKubeconfig;
using mountguard::certs::ReadOwnNamespace;
namespace core = mountguard::core;

namespace {

class MemoryFiles final : public core::FileReader {
 public:
  explicit MemoryFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}
  core::Result<std::string> Read(const std::string& path) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return core::Failure(path + ": No such file or directory");
    return found->second;
  }
  bool IsDirectory(const std::string&) const override { return false; }
  core::Result<std::vector<std::string>> List(const std::string&) const override {
    return std::vector<std::string>();
  }

 private:
  std::map<std::string, std::string> files_;
};

std::string Kubeconfig(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
         "contexts:\n- {name: there, context: {cluster: none}}\n"
         "- {name: here, context: {cluster: c, user: u}}\n"
         "clusters:\n- name: c\n  cluster: {" +
         cluster + "}\nusers:\n- name: u\n  user: {" + user + "}\n";
}

core::Result<mountguard::certs::ApiAccess> Read(const std::string& cluster,
                                                const std::string& user) {
  return ReadKubeconfig("/home/me/config",
                        MemoryFiles({{"/home/me/config", Kubeconfig(cluster, user)},
                                     {"/home/me/ca.crt", "the CA"},
                                     {"/etc/token", "from a file\n"}}));
}

std::string Why(const std::string& cluster, const std::string& user) {
  const auto access = Read(cluster, user);
  return access ? "" : access.error().message;
}

constexpr const char* kServer = "server: 'https://10.0.0.1:6443'";

}  // namespace

TEST_CASE("a kubeconfig tells where the API server is and who we are") {
  const auto access = Read(
      "server: 'https://api.example.org:6443/k8s/c-1/', certificate-authority: "
      "ca.crt, tls-server-name: kubernetes",
      "token: abc");
  REQUIRE(access.has_value());
  CHECK(access->tls);
  CHECK(access->host == "api.example.org");
  CHECK(access->port == 6443);
  CHECK(access->path_prefix == "/k8s/c-1");
  CHECK(access->ca_pem == "the CA");
  CHECK(access->tls_server_name == "kubernetes");
  CHECK(access->token == "abc");
  CHECK(access->verify);
}

TEST_CASE("what is in the kubeconfig itself is base64, what is not stands beside it") {
  const auto access = Read(
      "server: 'https://[fd00::1]', insecure-skip-tls-verify: true, "
      "certificate-authority-data: " +
          core::EncodeBase64("inline CA"),
      "tokenFile: /etc/token, client-certificate-data: " + core::EncodeBase64("cert") +
          ", client-key-data: " + core::EncodeBase64("key"));
  REQUIRE(access.has_value());
  CHECK(access->host == "fd00::1");
  CHECK(access->port == 443);
  CHECK(access->ca_pem == "inline CA");
  CHECK_FALSE(access->verify);
  CHECK(access->token == "from a file");
  CHECK(access->client_certificate_pem == "cert");
  CHECK(access->client_key_pem == "key");
}

TEST_CASE("what a kubeconfig asks for in vain is said") {
  CHECK(Why(kServer, "exec: {command: aws}").find("a user with \"exec\" is not supported") !=
        std::string::npos);
  CHECK(Why(std::string(kServer) + ", proxy-url: 'http://p'", "").find("proxy-url") !=
        std::string::npos);
  CHECK(Why("server: 10.0.0.1", "") ==
        "/home/me/config: \"10.0.0.1\" is no API server; expected a URL such as "
        "https://10.0.0.1:6443");
  for (const char* server : {"https://", "https://a:b", "https://a:0", "https://[::1", "ftp://a",
                             "https://user@host", "https://a b"}) {
    CAPTURE(server);
    CHECK(Why("server: '" + std::string(server) + "'", "").find("is no API server") !=
          std::string::npos);
  }
  CHECK(Why(kServer, "client-key: ca.crt").find("go together") != std::string::npos);
  CHECK(Why(kServer, "client-key-data: '?'").find("client-key-data is no base64") !=
        std::string::npos);
  CHECK(Why(std::string(kServer) + ", certificate-authority: gone", "")
            .find("/home/me/gone: No such") != std::string::npos);
}

TEST_CASE("a file that is no kubeconfig is refused with its reason") {
  const auto why = [](const std::string& text) {
    const auto access = ReadKubeconfig("config", MemoryFiles({{"config", text}}));
    return access ? "" : access.error().message;
  };
  CHECK(why("") == "config: it is empty; expected a kubeconfig");
  CHECK(why("# nothing\n") == "config: it is empty; expected a kubeconfig");
  CHECK(why("[]").find("expected a kubeconfig") != std::string::npos);
  CHECK(why("a: [").find("config:") == 0);
  CHECK(why("kind: Config").find("it has no current-context") != std::string::npos);
  CHECK(why("current-context: x").find("there is no context \"x\" in contexts") !=
        std::string::npos);
}

TEST_CASE("a pod is told by its environment and its service account") {
  const MemoryFiles files({{"/sa/token", "t\n"}, {"/sa/ca.crt", "ca"}, {"/sa/namespace", "ns"}});
  const auto access = ReadInCluster("10.0.0.1", "443", files, "/sa");
  REQUIRE(access.has_value());
  CHECK(access->host == "10.0.0.1");
  CHECK(access->token == "t");
  CHECK(access->ca_pem == "ca");
  CHECK(ReadOwnNamespace(files, "/sa").value() == "ns");
  CHECK(ReadInCluster("", "", files, "/sa").error().message.find("--kubeconfig") !=
        std::string::npos);
  CHECK(ReadInCluster("10.0.0.1", "x", files, "/sa").error().message.find("is no port") !=
        std::string::npos);
  CHECK(ReadInCluster("10.0.0.1", "443", files, "/none").error().message ==
        "/none/token: No such file or directory");
}
