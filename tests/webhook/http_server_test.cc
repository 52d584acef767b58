#include "webhook/http_server.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/resource.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "certs/cert_pair.h"
#include "certs/cert_store.h"
#include "certs/issuer.h"
#include "certs/tls_context.h"
#include "core/clock.h"
#include "tests/webhook/client.h"

namespace mountguard::webhook {
namespace {

using std::chrono::milliseconds;
using tests::Client;
using tests::Response;
using Tls = Client::Tls;

const certs::CertStore& ServingCertificate() {
  static const certs::CertStore store = [] {
    const core::SystemClock clock;
    certs::IssueOptions options;
    options.dns_names = {"localhost"};
    const auto issued = certs::Issue(options, clock);
    const auto pair = certs::ParseCertPair(
        {{"tls.crt", issued->serving.certificate}, {"tls.key", issued->serving.key}}, clock.Now());
    return certs::CertStore(*pair);
  }();
  return store;
}

/// Waits until `condition` holds; the test fails if it never does.
void WaitUntil(const std::function<bool()>& condition) {
  for (int tries = 0; tries < 1000; ++tries) {
    if (condition()) return;
    std::this_thread::sleep_for(milliseconds(10));
  }
  FAIL("the server never came into the state that was waited for");
}

/// A gate that handlers wait at until the test opens it.
class Gate {
 public:
  void Wait() { open_.get_future().wait(); }
  void Open() { open_.set_value(); }

 private:
  std::promise<void> open_;
};

/// A server on a port of its own, with routes that are enough to see everything.
class TestServer {
 public:
  explicit TestServer(Tls tls = Tls::kOn,
                      const std::function<void(HttpServerSettings*)>& adjust = {}) {
    HttpServerSettings settings;
    settings.address = "127.0.0.1";
    settings.workers = 2;
    if (tls == Tls::kOn) {
      auto context = certs::MakeServerContext({}, ServingCertificate());
      REQUIRE(context);
      context_ = std::move(context).value();
      settings.tls = context_.get();
    }
    settings.routes = {
        {"GET", "/livez",
         [](const HttpRequest&) -> HttpResponse {
           return {200, "text/plain", "ok"};
         }},
        {"POST", "/validate",
         [](const HttpRequest& request) -> HttpResponse {
           return {200, "application/json", std::move(request.body)};
         }},
        {"POST", "/validate/{profile}",
         [](const HttpRequest& request) -> HttpResponse {
           return {200, "text/plain",
                   fmt::format("{} {} {} {} {}", request.method, request.path, request.parameter,
                               request.query, request.headers.Get("x-test"))};
         }},
        {"GET", "/large",
         [](const HttpRequest&) -> HttpResponse {
           return {200, "text/plain", std::string(8'000'000, 'x')};
         }},
        {"GET", "/throws",
         [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("the handler's own"); }},
        {"GET", "/gate",
         [this](const HttpRequest&) -> HttpResponse {
           at_gate = true;
           gate.Wait();
           return {200, "text/plain", "through"};
         }},
    };
    settings.error_response = [](int status, std::string_view message) -> HttpResponse {
      return {status, "application/json", fmt::format("{{\"message\":\"{}\"}}", message)};
    };
    settings.hooks.connection_rejected = [this](std::string_view reason) { Count(reason); };
    settings.hooks.protocol_error = [this](std::string_view reason) { Count(reason); };
    if (adjust) adjust(&settings);
    auto started = HttpServer::Start(std::move(settings));
    REQUIRE(started);
    server_ = std::move(started).value();
  }

  HttpServer& operator*() { return *server_; }
  HttpServer* operator->() { return server_.get(); }
  int port() const { return server_->port(); }

  int Counted(const std::string& reason) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return counts_[reason];
  }

  Gate gate;
  std::atomic<bool> at_gate{false};

 private:
  void Count(std::string_view reason) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++counts_[std::string(reason)];
  }

  std::mutex mutex_;
  std::map<std::string, int> counts_;
  certs::SslCtxPtr context_;
  std::unique_ptr<HttpServer> server_;
};

std::string Post(std::string_view body, std::string_view headers = "",
                 std::string_view path = "/validate") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n{}", path,
                     body.size(), headers, body);
}

std::string Get(std::string_view path, std::string_view headers = "") {
  return fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", path, headers);
}

TEST_CASE("requests on a kept connection are answered one by one, with TLS and without") {
  const Tls tls = GENERATE(Tls::kOn, Tls::kOff);
  TestServer server(tls);
  Client client(server.port(), tls);
  for (int i = 0; i < 20; ++i) {
    const std::string body(static_cast<std::size_t>(i) * 977, static_cast<char>('a' + i));
    const Response response = client.Exchange(Post(body));
    CHECK(response.status == 200);
    CHECK(response.body == body);
    CHECK(response.Header("Connection").empty());
  }
}

TEST_CASE("requests sent at once are answered in their order") {
  const Tls tls = GENERATE(Tls::kOn, Tls::kOff);
  TestServer server(tls);
  Client client(server.port(), tls);
  std::string all;
  for (int i = 0; i < 100; ++i) all += Post(fmt::format("body {}", i));
  CHECK(client.Send(all));
  for (int i = 0; i < 100; ++i) CHECK(client.Receive().body == fmt::format("body {}", i));
}

TEST_CASE("a client that sends hundreds of requests at once keeps nobody waiting") {
  constexpr int kAtOnce = 500;
  std::atomic<int> answered{0};
  std::atomic<int> before_the_other{-1};
  TestServer server(Tls::kOn, [&](HttpServerSettings* settings) {
    settings->workers = 1;
    settings->routes.push_back({"GET", "/count", [&](const HttpRequest&) -> HttpResponse {
                                  ++answered;
                                  return {200, "text/plain", "one of many"};
                                }});
    settings->routes.push_back({"GET", "/other", [&](const HttpRequest&) -> HttpResponse {
                                  before_the_other = answered.load();
                                  return {200, "text/plain", "the other"};
                                }});
  });
  Client many(server.port(), Tls::kOn);
  Client other(server.port(), Tls::kOn);
  CHECK(other.Exchange(Get("/livez")).body == "ok");
  std::string all = Get("/gate");
  for (int i = 0; i < kAtOnce; ++i) all += Get("/count");
  CHECK(many.Send(all));
  WaitUntil([&] { return server.at_gate.load(); });
  CHECK(other.Send(Get("/other")));  // while the only worker is held up
  server.gate.Open();
  CHECK(other.Receive().body == "the other");
  CHECK(many.Receive().body == "through");
  for (int i = 0; i < kAtOnce; ++i) CHECK(many.Receive().body == "one of many");
  CHECK(before_the_other >= 0);
  CHECK(before_the_other < kAtOnce / 10);
}

TEST_CASE("a request that comes byte by byte is answered as if it came at once") {
  const Tls tls = GENERATE(Tls::kOn, Tls::kOff);
  TestServer server(tls);
  Client client(server.port(), tls);
  for (const char byte : Post("drop by drop")) REQUIRE(client.Send(std::string_view(&byte, 1)));
  CHECK(client.Receive().body == "drop by drop");
}

TEST_CASE("bodies of any size arrive whole, chunked or not") {
  TestServer server;
  Client client(server.port(), Tls::kOn);
  for (const std::size_t size : {0U, 1U, 16'383U, 16'384U, 16'385U, 300'000U, 3'000'000U}) {
    std::string body(size, '\0');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i * 7 % 26);
    CHECK(client.Exchange(Post(body)).body == body);
    std::string chunks = "POST /validate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < size; at += 9999) {
      const std::string_view chunk = std::string_view(body).substr(at, 9999);
      chunks += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
    }
    CHECK(client.Exchange(chunks + "0\r\n\r\n").body == body);
  }
}

TEST_CASE("a handler gets path, parameter, query and headers") {
  TestServer server;
  Client client(server.port(), Tls::kOn);
  CHECK(client.Exchange(Post("", "X-Test: yes\r\n", "/validate/a%2Db?timeout=5s&x=%20")).body ==
        "POST /validate/a-b a-b timeout=5s&x=%20 yes");
  CHECK(client.Exchange(Post("", "", "https://elsewhere/validate/a?q")).body ==
        "POST /validate/a a q ");
}

TEST_CASE("wrong methods and paths are told apart, and say what would be right") {
  TestServer server;
  Client client(server.port(), Tls::kOn);
  const Response wrong_method = client.Exchange(Get("/validate"));
  CHECK(wrong_method.status == 405);
  CHECK(wrong_method.Header("Allow") == "OPTIONS, POST");
  const Response unknown_method = client.Exchange("BREW /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(unknown_method.status == 405);
  CHECK(unknown_method.Header("Allow") == "GET, HEAD, OPTIONS");
  for (const char* path : {"/", "/validat", "/validate/", "/validate/a/b", "/validate/a%2Fb"}) {
    INFO(path);
    const Response unknown = client.Exchange(Post("", "", path));
    CHECK(unknown.status == 404);
    CHECK(unknown.body.find("/validate/{profile}") != std::string::npos);
  }
  const Response options = client.Exchange("OPTIONS /validate HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(options.status == 200);
  CHECK(options.Header("Allow") == "OPTIONS, POST");
  const Response all_options = client.Exchange("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(all_options.status == 200);
  CHECK(all_options.Header("Allow") == "GET, HEAD, OPTIONS, POST");
}

TEST_CASE("HEAD is answered as GET without the body") {
  TestServer server;
  Client client(server.port(), Tls::kOn);
  client.Send("HEAD /livez HTTP/1.1\r\nHost: x\r\n\r\nHEAD /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" +
              Get("/livez"));
  const Response head = client.Receive(/*head=*/true);
  CHECK(head.status == 200);
  CHECK(head.Header("Content-Length") == "2");
  CHECK(client.Receive(/*head=*/true).status == 404);
  CHECK(client.Receive().body == "ok");
}

TEST_CASE("a client that waits for leave to send its body gets it") {
  TestServer server;
  Client client(server.port(), Tls::kOn);
  CHECK(client
            .Exchange("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                      "Expect: 100-continue\r\n\r\n")
            .status == 100);
  CHECK(client.Exchange("body").body == "body");
  CHECK(client
            .Exchange("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n"
                      "Expect: 100-continue\r\n\r\n")
            .status == 413);
}

TEST_CASE("what no handler will see is refused with its code, a sentence and the end") {
  struct Row {
    int status;
    const char* reason;
    std::string request;
  };
  const Row row = GENERATE(values<Row>({
      {400, "bad_request_line", "nonsense\r\n\r\n"},
      {400, "ambiguous_length", Post("hello", "Transfer-Encoding: chunked\r\n")},
      {413, "body_too_large",
       "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n"},
      {415, "content_encoding", Post("hello", "Content-Encoding: gzip\r\n")},
      {417, "expectation", Post("hello", "Expect: wonders\r\n")},
      {431, "head_too_large", Get("/livez", "X: " + std::string(40'000, 'x') + "\r\n")},
      {431, "head_too_large", Get("/" + std::string(10'000, 'x'))},
      {501, "transfer_encoding",
       "POST /validate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: br\r\n\r\n"},
      {505, "bad_version", "GET / HTTP/3.0\r\nHost: x\r\n\r\n"},
  }));
  const Tls tls = GENERATE(Tls::kOn, Tls::kOff);
  TestServer server(tls);
  Client client(server.port(), tls);
  const Response response = client.Exchange(row.request);
  INFO(row.request.substr(0, 100));
  CHECK(response.status == row.status);
  CHECK(response.Header("Connection") == "close");
  CHECK(response.body.find("{\"message\":\"") == 0);
  CHECK(client.WaitForClose());
  CHECK(server.Counted(row.reason) == 1);
  CHECK(Client(server.port(), tls).Exchange(Get("/livez")).status == 200);
}

TEST_CASE("a refusal reaches a client that goes on sending its body") {
  TestServer server;
  Client client(server.port(), Tls::kOn);
  const std::string body(8'000'000, 'x');
  client.Send(Post(body));
  CHECK(client.Receive().status == 413);
  CHECK(client.WaitForClose());
}

TEST_CASE("a compressed bomb is refused before anything is inflated") {
  TestServer server;
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  Client client(server.port(), Tls::kOn);
  client.Send(Post(std::string(300'000, '\x1f'), "Content-Encoding: gzip\r\n"));
  CHECK(client.Receive().status == 415);
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  CHECK(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
}

TEST_CASE("answers are never compressed, though the client would take it") {
  TestServer server;
  Client client(server.port(), Tls::kOn);
  const std::string body(5000, 'x');
  const Response response =
      client.Exchange(Post(body, "Accept-Encoding: gzip, br\r\nRange: bytes=0-1\r\n"));
  CHECK(response.status == 200);
  CHECK(response.Header("Content-Encoding").empty());
  CHECK(response.body == body);
}

TEST_CASE("an exception in a handler is a 500 and the connection goes on") {
  TestServer server;
  Client client(server.port(), Tls::kOn);
  const Response response = client.Exchange(Get("/throws"));
  CHECK(response.status == 500);
  CHECK(response.body.find("the handler's own") != std::string::npos);
  CHECK(client.Exchange(Get("/livez")).status == 200);
}

TEST_CASE("a client that says close gets the end after its answer") {
  TestServer server;
  Client client(server.port(), Tls::kOn);
  const Response response = client.Exchange(Get("/livez", "Connection: close\r\n"));
  CHECK(response.body == "ok");
  CHECK(response.Header("Connection") == "close");
  CHECK(client.WaitForClose());
  Client old(server.port(), Tls::kOn);
  CHECK(old.Exchange("GET /livez HTTP/1.0\r\n\r\n").body == "ok");
  CHECK(old.WaitForClose());
}

TEST_CASE("a large answer waits for a slow reader, and what was sent behind it for its turn") {
  const Tls tls = GENERATE(Tls::kOn, Tls::kOff);
  TestServer server(tls);
  Client client(server.port(), tls);
  client.Send(Get("/large") + Get("/livez") + Get("/large") + Get("/livez"));
  Client other(server.port(), tls);
  CHECK(other.Exchange(Get("/livez")).body == "ok");
  for (int i = 0; i < 2; ++i) {
    CHECK(client.Receive().body.size() == 8'000'000);
    CHECK(client.Receive().body == "ok");
  }
}

TEST_CASE("a client that vanishes in the middle of anything harms nobody") {
  TestServer server;
  for (const std::string& part : {std::string(), std::string("POST /val"),
                                  Post("whole").substr(0, 60), Post("whole"), Get("/large")}) {
    Client client(server.port(), Tls::kOn);
    client.Send(part);
    client.CloseAbruptly();
  }
  Client truncated(server.port(), Tls::kOff);
  truncated.SendRaw(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9));
  truncated.CloseAbruptly();
  Client garbage(server.port(), Tls::kOn);
  garbage.SendRaw("these bytes are no TLS record");
  CHECK(garbage.WaitForClose());
  CHECK(Client(server.port(), Tls::kOn).Exchange(Get("/livez")).status == 200);
  WaitUntil([&] {
    const ConnectionCounts counts = server->connections();
    return counts.handshake + counts.active + counts.idle == 0;
  });
}

TEST_CASE("plain HTTP on the TLS port is answered in words") {
  TestServer server;
  Client client(server.port(), Tls::kOff);
  const Response response = client.Exchange(Get("/livez"));
  CHECK(response.status == 400);
  CHECK(response.body.find("HTTPS") != std::string::npos);
  CHECK(server.Counted("plain_text") == 1);
}

TEST_CASE("HTTP/1.1 is agreed on by ALPN, and a client of HTTP/2 alone is turned away") {
  TestServer server;
  const auto both = [](SSL* tls) {
    SSL_set_alpn_protos(tls, reinterpret_cast<const unsigned char*>("\x02h2\x08http/1.1"), 12);
  };
  const auto h2 = [](SSL* tls) {
    SSL_set_alpn_protos(tls, reinterpret_cast<const unsigned char*>("\x02h2"), 3);
  };
  Client client(server.port(), Tls::kOn, both);
  const unsigned char* agreed = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(client.tls(), &agreed, &length);
  CHECK(std::string(reinterpret_cast<const char*>(agreed), length) == "http/1.1");
  CHECK_FALSE(Client(server.port(), Tls::kOn, h2).connected());
  // The client may know of it before the server has counted it.
  WaitUntil([&server] { return server.Counted("handshake_failed") == 1; });
}

TEST_CASE("who stalls is cut off at its deadline") {
  TestServer server(Tls::kOn, [](HttpServerSettings* settings) {
    settings->handshake_timeout = milliseconds(100);
    settings->header_timeout = milliseconds(100);
    settings->request_timeout = milliseconds(200);
    settings->idle_timeout = milliseconds(300);
  });
  Client silent(server.port(), Tls::kOff);
  CHECK(silent.WaitForClose());
  CHECK(server.Counted("handshake_timeout") == 1);

  Client half_head(server.port(), Tls::kOn);
  CHECK(half_head.Exchange("POST /validate HT").status == 408);
  CHECK(half_head.WaitForClose());

  Client half_body(server.port(), Tls::kOn);
  CHECK(half_body.Exchange("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhal")
            .status == 408);
  CHECK(server.Counted("timeout") == 2);

  Client idle(server.port(), Tls::kOn);
  CHECK(idle.Exchange(Get("/livez")).status == 200);
  CHECK(idle.WaitForClose());
}

TEST_CASE("a client that drips its request is cut off, however steadily") {
  TestServer server(Tls::kOn, [](HttpServerSettings* settings) {
    settings->request_timeout = milliseconds(300);
  });
  Client client(server.port(), Tls::kOn);
  client.Send("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  while (client.Send("x") && server.Counted("timeout") == 0) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  CHECK(client.Receive().status == 408);
}

TEST_CASE("a request's own timeout shortens its deadline") {
  TestServer server;  // ten seconds, unless the request says less
  Client client(server.port(), Tls::kOn);
  CHECK(
      client
          .Exchange("POST /validate?timeout=50ms HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
          .status == 408);
}

TEST_CASE("at the limit those go first that will be missed least") {
  TestServer server(Tls::kOn, [](HttpServerSettings* settings) { settings->max_connections = 3; });
  Client served(server.port(), Tls::kOn);
  CHECK(served.Exchange(Get("/livez")).status == 200);
  Client unproven(server.port(), Tls::kOn);
  Client silent(server.port(), Tls::kOff);
  WaitUntil(
      [&] { return server->connections().handshake == 1 && server->connections().idle == 2; });

  Client first(server.port(), Tls::kOn);
  silent.ReceiveAll();  // OpenSSL's alert
  CHECK(silent.WaitForClose());
  CHECK(first.Exchange(Get("/livez")).status == 200);
  Client second(server.port(), Tls::kOn);
  CHECK(unproven.WaitForClose());
  CHECK(second.Exchange(Get("/livez")).status == 200);
  Client third(server.port(), Tls::kOn);
  CHECK(served.WaitForClose());
  CHECK(third.Exchange(Get("/livez")).status == 200);
  CHECK(first.Exchange(Get("/livez")).status == 200);
  CHECK(server.Counted("limit") == 3);
}

TEST_CASE("a thousand idle connections leave the server as quick to answer") {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const std::size_t count = files.rlim_cur > 2500 ? 1000 : files.rlim_cur / 4;
  TestServer server;
  std::vector<std::unique_ptr<Client>> idle;
  for (std::size_t i = 0; i < count; ++i) {
    idle.push_back(std::make_unique<Client>(server.port(), i % 10 == 0 ? Tls::kOn : Tls::kOff));
    REQUIRE(idle.back()->connected());
  }
  WaitUntil([&] {
    const ConnectionCounts counts = server->connections();
    return counts.idle + counts.handshake == count;
  });
  Client client(server.port(), Tls::kOn);
  for (int i = 0; i < 50; ++i) CHECK(client.Exchange(Post("alive")).body == "alive");
  CHECK(idle.front()->Exchange(Get("/livez")).status == 200);
}

TEST_CASE("many clients at once get each their own answers") {
  TestServer server;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&server, &wrong, thread] {
      for (int connection = 0; connection < 5; ++connection) {
        Client client(server.port(), Tls::kOn);
        for (int i = 0; i < 40; ++i) {
          const std::string body = fmt::format("{}/{}/{}", thread, connection, i);
          if (client.Exchange(Post(body)).body != body) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a draining server sends kept connections elsewhere and serves new ones to the end") {
  TestServer server;
  Client kept(server.port(), Tls::kOn);
  CHECK(kept.Exchange(Get("/livez")).status == 200);
  Client unused(server.port(), Tls::kOn);
  server->BeginDrain();
  const Response refused = kept.Exchange(Post("again"));
  CHECK(refused.status == 503);
  CHECK(refused.Header("Retry-After") == "0");
  CHECK(refused.Header("Connection") == "close");
  CHECK(refused.body.find("{\"message\":\"") == 0);
  CHECK(kept.WaitForClose());
  CHECK(server.Counted("draining") == 1);
  for (Client* client : {&unused, new Client(server.port(), Tls::kOn)}) {
    const Response served = client->Exchange(Post("first"));
    CHECK(served.body == "first");
    CHECK(served.Header("Connection") == "close");
    CHECK(client->WaitForClose());
    if (client != &unused) delete client;
  }
}

TEST_CASE("stopping finishes what is under way, closes the rest and refuses newcomers") {
  TestServer server;
  Client idle(server.port(), Tls::kOn);
  CHECK(idle.Exchange(Get("/livez")).status == 200);
  Client waiting(server.port(), Tls::kOn);
  waiting.Send(Get("/gate"));
  WaitUntil([&] { return server.at_gate.load(); });
  std::thread stop([&] { server->Stop(milliseconds(20'000)); });
  WaitUntil([&] { return !Client(server.port(), Tls::kOff).connected(); });
  server.gate.Open();
  CHECK(waiting.Receive().body == "through");
  CHECK(idle.WaitForClose());
  waiting.CloseAbruptly();
  stop.join();
  CHECK_FALSE(Client(server.port(), Tls::kOff).connected());
}

TEST_CASE("stopping cuts off at the end of its grace whoever still holds on") {
  TestServer server;
  Client half(server.port(), Tls::kOn);
  half.Send("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhal");
  WaitUntil([&] { return server->connections().active == 1; });
  server->Stop(milliseconds(50));
  CHECK(half.WaitForClose());
}

TEST_CASE("stopping under load answers every request whole or not at all") {
  TestServer server;
  std::atomic<int> whole{0};
  std::atomic<int> torn{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (bool up = true; up;) {
        Client client(server.port(), Tls::kOn);
        up = client.connected();
        for (bool kept = up; kept;) {
          kept = client.Send(Post("body"));
          const Response response = client.Receive();
          kept = kept && response.status == 200 && response.Header("Connection").empty();
          if (response.status == 0 && !response.head.empty()) ++torn;
          if (response.status == 200 || response.status == 503) ++whole;
        }
      }
    });
  }
  WaitUntil([&] { return whole > 200; });
  server->Stop(milliseconds(10'000));
  for (std::thread& thread : threads) thread.join();
  CHECK(torn == 0);
}

TEST_CASE("an address that cannot be listened on is named with the reason and the remedy") {
  TestServer first(Tls::kOff);
  const auto start = [](const std::string& address, int port) {
    HttpServerSettings settings;
    settings.address = address;
    settings.port = port;
    const auto server = HttpServer::Start(std::move(settings));
    return server ? std::string() : server.error().message;
  };
  CHECK(start("127.0.0.1", first.port()) ==
        fmt::format("cannot listen on port {} of 127.0.0.1: another program listens there already; "
                    "stop it, or choose another port",
                    first.port()));
  CHECK(start("webhook.example", 0) ==
        "cannot listen on \"webhook.example\": it is no IPv4 or IPv6 address");
  CHECK(start("192.0.2.1", 0) ==
        "cannot listen on port 0 of 192.0.2.1: this machine has no such address");
  CHECK(start("127.0.0.1", 65536) == "65536 is no port; ports are 0 to 65535");
}

TEST_CASE("the address that a server listens on is told with the port it picked") {
  TestServer server(Tls::kOff);
  CHECK(server->address() == fmt::format("127.0.0.1:{}", server.port()));
  TestServer everywhere(Tls::kOff, [](HttpServerSettings* settings) { settings->address = ""; });
  CHECK(everywhere.port() > 0);
  CHECK(Client(everywhere.port(), Tls::kOff).Exchange(Get("/livez")).body == "ok");
}

}  // namespace
}  // namespace mountguard::webhook
