// Our own server with a handler that does nothing: what remains is TLS and HTTP.
// Usage: null_server CERTIFICATE KEY [WORKERS]. Ends when it is killed.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "certs/cert_pair.h"
#include "certs/cert_store.h"
#include "certs/tls_context.h"
#include "core/clock.h"
#include "core/file_reader.h"
#include "webhook/http_server.h"

namespace {

using namespace mountguard;  // NOLINT: one small program

core::Result<std::unique_ptr<webhook::HttpServer>> Start(const certs::CertStore& store,
                                                         certs::SslCtxPtr* tls,
                                                         std::size_t workers) {
  auto context = certs::MakeServerContext({}, store);
  if (!context) return core::Unexpected(std::move(context).error());
  *tls = std::move(context).value();
  webhook::HttpServerSettings settings;
  settings.address = "127.0.0.1";
  settings.tls = tls->get();
  settings.workers = workers;
  settings.routes = {{"POST", "/validate", [](const webhook::HttpRequest&) {
                        return webhook::HttpResponse{200, "application/json", "{}\n"};
                      }}};
  settings.error_response = [](int status, std::string_view message) {
    return webhook::HttpResponse{status, "text/plain", std::string(message)};
  };
  return webhook::HttpServer::Start(std::move(settings));
}

int Serve(const std::string& certificate, const std::string& key, std::size_t workers) {
  const auto files = certs::ReadCertPairFiles(certificate, key, core::SystemFileReader());
  if (!files) {
    fmt::print(stderr, "{}\n", files.error().message);
    return 3;
  }
  auto pair = certs::ParseCertPair(*files, core::SystemClock().Now());
  if (!pair) {
    fmt::print(stderr, "{}\n", pair.error().message);
    return 2;
  }
  const certs::CertStore store(*pair);
  certs::SslCtxPtr tls;
  const auto server = Start(store, &tls, workers);
  if (!server) {
    fmt::print(stderr, "{}\n", server.error().message);
    return 3;
  }
  fmt::print(stderr, "{{\"msg\":\"listening\",\"address\":\"{}\"}}\n", (*server)->address());
  for (;;) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: {} CERTIFICATE KEY [WORKERS]\n", argv[0]);
    return 2;
  }
  return Serve(argv[1], argv[2], argc > 3 ? std::stoul(argv[3]) : 0);
}
