#include "certs/kubernetes_api.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <httplib.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <mutex>
#include <utility>

#include "certs/certificate_facts.h"
#include "certs/kubernetes_objects.h"
#include "certs/openssl_ptr.h"
#include "certs/pem.h"

namespace mountguard::certs {
namespace {

using core::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = ApiError::Kind;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::array<std::string_view, 8> kErrorKinds = {"unreachable", "unauthorized", "forbidden",
                                                         "not_found",   "conflict",     "refused",
                                                         "server",      "garbage"};
/// etcd takes no object above 1.5 MiB; base64 and JSON add to that.
constexpr std::size_t kMostBytes = 4 << 20;
constexpr std::string_view kFieldManager = "?fieldManager=mountguard";
/// Below it the difference is that of a slow answer, or of whole seconds.
constexpr seconds kSmallOffset{5};

struct Call {
  std::string method;
  std::string path;
  std::string content_type;  // "" without a body
  std::string body;
};

struct Answer {
  int status = 0;
  std::string body;
  seconds retry_after{0};
};

Kind KindOfStatus(int status) {
  switch (status) {
    case 401:
      return Kind::kUnauthorized;
    case 403:
      return Kind::kForbidden;
    case 404:
      return Kind::kNotFound;
    case 409:
      return Kind::kConflict;
    case 429:
      return Kind::kServer;
    default:
      return status >= 500 ? Kind::kServer : Kind::kRefused;
  }
}

/// "Thu, 26 Nov 2026 00:24:05 GMT", the one form that servers still send.
std::optional<core::WallTime> ParseHttpDate(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

seconds ParseSeconds(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return seconds(std::clamp(value, 0, 3600));
}

bool IsAddress(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

X509StorePtr MakeStore(const std::vector<PemCertificate>& certificates) {
  X509StorePtr store(X509_STORE_new());
  for (const PemCertificate& certificate : certificates) {
    X509_STORE_add_cert(store.get(), certificate.certificate.get());
  }
  return store;
}

std::string WhyNoAnswer(httplib::Error error, const httplib::ClientImpl& client, bool tls,
                        bool too_late, milliseconds timeout) {
  switch (error) {
    case httplib::Error::Connection:
      return "no connection: nothing listens there, or the way is blocked";
    case httplib::Error::ConnectionTimeout:
      return fmt::format("no connection within {} ms", timeout.count());
    case httplib::Error::SSLConnection:
      return "the TLS handshake failed: is it an API server, and is the client certificate right?";
    case httplib::Error::SSLLoadingCerts:
      return "there are no CAs to verify it with";
    case httplib::Error::SSLServerVerification: {
      const auto code =
          tls ? static_cast<const httplib::SSLClient&>(client).get_openssl_verify_result()
              : X509_V_OK;
      return fmt::format("its certificate is not trusted: {}",
                         code == X509_V_OK ? "it is made out for another name"
                                           : X509_verify_cert_error_string(code));
    }
    case httplib::Error::Canceled:
      return too_late ? fmt::format("the answer took longer than {} ms", timeout.count())
                      : "the answer is larger than any object of Kubernetes, or we are stopping";
    default:
      return fmt::format("no answer within {} ms, or the connection broke", timeout.count());
  }
}

}  // namespace

std::string_view ToString(Kind kind) { return kErrorKinds[static_cast<std::size_t>(kind)]; }

class HttpKubernetesApi::Http {
 public:
  Http(ApiAccessSource access, milliseconds timeout, const core::Clock& clock)
      : access_(std::move(access)), timeout_(timeout), clock_(clock) {}

  /// The body of a 2xx answer.
  ApiResult<std::string> Send(const Call& call) {
    auto answer = Ask(call);
    if (!answer) return core::Unexpected(std::move(answer).error());
    if (answer->status >= 200 && answer->status < 300) return std::move(answer->body);
    std::string message = StatusMessage(std::move(answer->body));
    if (message.empty()) message = "without a message";
    return Fail(call, KindOfStatus(answer->status),
                fmt::format("answered {}: {}", answer->status, message), answer->retry_after);
  }

  /// The object of a 2xx answer, as `decode` reads it.
  template <class T, class Decode>
  ApiResult<T> SendFor(const Call& call, const Decode& decode) {
    auto body = Send(call);
    if (!body) return core::Unexpected(std::move(body).error());
    auto decoded = decode(std::move(*body));
    if (!decoded) return Fail(call, Kind::kGarbage, decoded.error().message);
    return std::move(*decoded);
  }

  seconds clock_offset() const { return seconds(clock_offset_.load()); }

  void Interrupt() {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    if (client_ != nullptr) client_->stop();
  }

  static core::Unexpected<ApiError> Fail(const Call& call, Kind kind, std::string_view what,
                                         seconds retry_after = seconds(0)) {
    const std::string_view path = std::string_view(call.path).substr(0, call.path.find('?'));
    return core::Unexpected(
        ApiError{kind, fmt::format("{} {}: {}", call.method, path, what), retry_after});
  }

 private:
  using ClientPtr = std::unique_ptr<httplib::ClientImpl>;

  ApiResult<Answer> Ask(const Call& call) {
    const auto access = access_();
    if (!access) return Fail(call, Kind::kUnreachable, access.error().message);
    // httplib throws nothing that it documents; what it throws all the same ends here.
    try {
      auto client = MakeClient(*access);
      if (!client) return Fail(call, Kind::kUnreachable, client.error().message);
      const auto where = [&](std::string_view why) {
        return fmt::format("API server {}:{}: {}", access->host, access->port, why);
      };
      if (!Register(client->get())) return Fail(call, Kind::kUnreachable, "we are stopping");
      auto answer = Exchange(call, *access, client->get());
      Register(nullptr);
      if (!answer) return Fail(call, Kind::kUnreachable, where(answer.error().message));
      return std::move(*answer);
    } catch (const std::exception& exception) {
      Register(nullptr);
      return Fail(call, Kind::kUnreachable, exception.what());
    }
  }

  /// Makes `client` the one to interrupt; false: we are stopping.
  bool Register(httplib::ClientImpl* client) {
    const std::lock_guard lock(mutex_);
    client_ = client;
    return !interrupted_;
  }

  Result<ClientPtr> MakeClient(const ApiAccess& access) const {
    if (!access.tls)
      return Configured(std::make_unique<httplib::ClientImpl>(access.host, access.port));
    std::string name = access.host;
    if (!access.tls_server_name.empty() && access.tls_server_name != access.host) {
      if (!IsAddress(access.host)) {
        return core::Failure(
            "tls-server-name is supported only beside an address in the server's URL");
      }
      name = access.tls_server_name;
    }
    X509Ptr certificate;
    EvpPkeyPtr key;
    if (!access.client_certificate_pem.empty()) {
      auto certificates = ReadCertificates({"client-certificate", access.client_certificate_pem});
      if (!certificates) return core::Unexpected(certificates.error());
      auto private_key = ReadPrivateKey({"client-key", access.client_key_pem});
      if (!private_key) return core::Unexpected(private_key.error());
      certificate = std::move(certificates->front().certificate);
      key = std::move(*private_key);
    }
    // It takes references of its own.
    auto client =
        std::make_unique<httplib::SSLClient>(name, access.port, certificate.get(), key.get());
    if (name != access.host) client->set_hostname_addr_map({{name, access.host}});
    client->enable_server_certificate_verification(access.verify);
    // httplib verifies the name too, but compares addresses with memory that it never set:
    // OpenSSL's own check, whose result httplib asks for, is the one that counts.
    X509_VERIFY_PARAM* expected = SSL_CTX_get0_param(client->ssl_context());
    if (IsAddress(name)) {
      X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str());
    } else {
      X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size());
    }
    if (!access.ca_pem.empty()) {
      const PemFile bundle{"the API server's CA", access.ca_pem};
      const auto authorities = ReadCertificates(bundle);
      if (!authorities) return core::Unexpected(authorities.error());
      client->set_ca_cert_store(MakeStore(*authorities).release());  // its SSL_CTX owns it then
    }
    return Configured(std::move(client));
  }

  ClientPtr Configured(ClientPtr client) const {
    client->set_connection_timeout(timeout_);
    client->set_read_timeout(timeout_);
    client->set_write_timeout(timeout_);
    client->set_tcp_nodelay(true);
    client->set_url_encode(false);
    client->set_decompress(false);  // it is not asked for, and must not inflate
    return client;
  }

  Result<Answer> Exchange(const Call& call, const ApiAccess& access, httplib::ClientImpl* client) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + timeout_;
    httplib::Request request;
    request.method = call.method;
    request.path = access.path_prefix + call.path;
    request.body = call.body;
    const bool is_ipv6 = access.host.find(':') != std::string::npos;
    const std::string host = is_ipv6 ? "[" + access.host + "]" : access.host;
    request.set_header("Host", fmt::format("{}:{}", host, access.port));
    request.set_header("Accept", "application/json");
    request.set_header("User-Agent", "mountguard");
    if (!call.content_type.empty()) request.set_header("Content-Type", call.content_type);
    if (!access.token.empty()) request.set_header("Authorization", "Bearer " + access.token);
    Answer answer;
    bool too_late = false;
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t,
                                   std::uint64_t) {
      answer.body.append(data, size);
      too_late = std::chrono::steady_clock::now() > deadline;
      return !too_late && answer.body.size() <= kMostBytes;
    };
    const httplib::Result result = client->send(request);
    if (!result) {
      return core::Failure(WhyNoAnswer(result.error(), *client, access.tls, too_late, timeout_));
    }
    NoteClock(result->get_header_value("Date"));
    answer.status = result->status;
    answer.retry_after = ParseSeconds(result->get_header_value("Retry-After"));
    return answer;
  }

  void NoteClock(const std::string& date) {
    const auto theirs = ParseHttpDate(date);
    if (!theirs) return;
    const auto offset = std::chrono::round<seconds>(*theirs - clock_.Now());
    clock_offset_ = offset > -kSmallOffset && offset < kSmallOffset ? 0 : offset.count();
  }

  const ApiAccessSource access_;
  const milliseconds timeout_;
  const core::Clock& clock_;
  std::atomic<seconds::rep> clock_offset_{0};
  std::mutex mutex_;  // guards what follows
  httplib::ClientImpl* client_ = nullptr;
  bool interrupted_ = false;
};

namespace {

std::string SecretPath(const SecretName& name) {
  return fmt::format("/api/v1/namespaces/{}/secrets", name.namespace_name);
}

std::string WebhookPath(WebhookKind kind, const std::string& name) {
  switch (kind) {
    case WebhookKind::kValidating:
      return "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/" + name;
    case WebhookKind::kMutating:
      return "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/" + name;
    case WebhookKind::kConversion:
      return "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + name;
  }
  return "";
}

}  // namespace

HttpKubernetesApi::HttpKubernetesApi(ApiAccessSource access, milliseconds timeout,
                                     const core::Clock& clock)
    : http_(std::make_unique<Http>(std::move(access), timeout, clock)) {}

HttpKubernetesApi::~HttpKubernetesApi() = default;

seconds HttpKubernetesApi::ClockOffset() const { return http_->clock_offset(); }
void HttpKubernetesApi::Interrupt() { http_->Interrupt(); }

ApiResult<Secret> HttpKubernetesApi::GetSecret(const SecretName& name) {
  return http_->SendFor<Secret>({"GET", SecretPath(name) + "/" + name.name, "", ""}, DecodeSecret);
}

ApiResult<Secret> HttpKubernetesApi::CreateSecret(const SecretName& name,
                                                  const std::map<std::string, std::string>& data) {
  return http_->SendFor<Secret>({"POST", SecretPath(name) + std::string(kFieldManager),
                                 "application/json", EncodeNewSecret(name, data)},
                                DecodeSecret);
}

ApiResult<Secret> HttpKubernetesApi::UpdateSecret(const SecretName& name, const Secret& secret,
                                                  const std::map<std::string, std::string>& data) {
  return http_->SendFor<Secret>(
      {"PUT", SecretPath(name) + "/" + name.name + std::string(kFieldManager), "application/json",
       EncodeSecret(secret, data)},
      DecodeSecret);
}

ApiResult<WebhookConfiguration> HttpKubernetesApi::GetWebhooks(WebhookKind kind,
                                                               const std::string& name) {
  return http_->SendFor<WebhookConfiguration>(
      {"GET", WebhookPath(kind, name), "", ""},
      [kind](std::string json) { return DecodeWebhooks(kind, std::move(json)); });
}

ApiResult<WebhookConfiguration> HttpKubernetesApi::SetCaBundles(
    const WebhookConfiguration& configuration, const std::map<std::string, std::string>& bundles) {
  return http_->SendFor<WebhookConfiguration>(
      {"PATCH", WebhookPath(configuration.kind, configuration.name) + std::string(kFieldManager),
       "application/json-patch+json", EncodeBundlePatch(configuration.resource_version, bundles)},
      [&](std::string json) { return DecodeWebhooks(configuration.kind, std::move(json)); });
}

}  // namespace mountguard::certs
