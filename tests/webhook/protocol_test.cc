// What the program answers to everything that is no admission review: the code, and a Status whose
// message is all that the API server's user gets to read.

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/webhook/client.h"
#include "tests/webhook/program.h"

namespace mountguard::tests {
namespace {

using Tls = Client::Tls;

std::string Post(const std::string& headers, const std::string& body = "{}",
                 const std::string& target = "/validate") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: x\r\n{}\r\n{}", target, headers, body);
}

std::string Ask(const std::string& line, const std::string& headers = "") {
  return fmt::format("{} HTTP/1.1\r\nHost: x\r\n{}\r\n", line, headers);
}

const std::string kJson = "Content-Type: application/json\r\n";

struct Row {
  const char* what;
  int status;
  const char* reason;  // the Status' own
  const char* says;
  std::string request;
  bool ends;  // and nothing behind it on this connection is read
};

const std::vector<Row>& Rows() {
  static const std::vector<Row> rows = {
      {"no JSON", 400, "BadRequest", "not valid JSON",
       Post(kJson + "Content-Length: 8\r\n", "nonsense"), false},
      {"an empty body", 400, "BadRequest", "empty", Post(kJson + "Content-Length: 0\r\n", ""),
       false},
      {"another content type", 415, "UnsupportedMediaType", "application/json",
       Post("Content-Type: text/plain\r\nContent-Length: 2\r\n"), false},
      {"an unknown path", 404, "NotFound", "/validate/{profile}", Ask("GET /nowhere"), false},
      {"an unknown profile", 404, "NotFound", "no profile",
       Post(kJson + "Content-Length: 2\r\n", "{}", "/validate/nowhere"), false},
      {"a wrong method", 405, "MethodNotAllowed", "only OPTIONS, POST", Ask("GET /validate"),
       false},
      {"a method that is none", 405, "MethodNotAllowed", "BREW", Ask("BREW /validate"), false},
      {"CONNECT", 400, "BadRequest", "path", Ask("CONNECT example.org:443"), true},
      {"both lengths", 400, "BadRequest", "both Content-Length and Transfer-Encoding",
       Post(kJson + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), true},
      {"two lengths", 400, "BadRequest", "two different Content-Lengths",
       Post(kJson + "Content-Length: 2\r\nContent-Length: 3\r\n"), true},
      {"a list of lengths", 400, "BadRequest", "is not a number",
       Post(kJson + "Content-Length: 2, 2\r\n"), true},
      {"a signed length", 400, "BadRequest", "is not a number",
       Post(kJson + "Content-Length: +2\r\n"), true},
      {"a chunk's size with a sign", 400, "BadRequest", "hexadecimal",
       Post(kJson + "Transfer-Encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n"), true},
      {"a chunk longer than it says", 400, "BadRequest", "longer than it says",
       Post(kJson + "Transfer-Encoding: chunked\r\n", "1\r\n{}\r\n0\r\n\r\n"), true},
      {"a chunk's line with LF alone", 400, "BadRequest", "CRLF",
       Post(kJson + "Transfer-Encoding: chunked\r\n", "2\n{}\r\n0\r\n\r\n"), true},
      {"an encoding of transfer that is not known", 501, "", "only chunked",
       Post(kJson + "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), true},
      {"chunked twice", 400, "BadRequest", "twice",
       Post(kJson + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       true},
      {"a folded header", 400, "BadRequest", "folded", Ask("GET /livez", "X: a\r\n b\r\n"), true},
      {"a blank before the colon", 400, "BadRequest", "colon", Post("Content-Length : 2\r\n"),
       true},
      {"LF alone", 400, "BadRequest", "CRLF", "GET /livez HTTP/1.1\nHost: x\n\n", true},
      {"no host", 400, "BadRequest", "Host", "GET /livez HTTP/1.1\r\n\r\n", true},
      {"two hosts", 400, "BadRequest", "Host", Ask("GET /livez", "Host: y\r\n"), true},
      {"an absolute URI without a server", 400, "BadRequest", "path", Ask("GET https:///livez"),
       true},
      {"a body announced too large", 413, "RequestEntityTooLarge", "--max-request-bytes",
       Post(kJson + "Content-Length: 7340033\r\n", ""), true},
      {"a body announced beyond all numbers", 413, "RequestEntityTooLarge", "--max-request-bytes",
       Post(kJson + "Content-Length: 99999999999999999999999\r\n", ""), true},
      {"a compressed body", 415, "UnsupportedMediaType", "without compressing",
       Post(kJson + "Content-Encoding: gzip\r\nContent-Length: 2\r\n"), true},
      {"identity as an encoding", 415, "UnsupportedMediaType", "without compressing",
       Post(kJson + "Content-Encoding: identity\r\nContent-Length: 2\r\n"), true},
      {"an expectation that is not known", 417, "", "100-continue",
       Post(kJson + "Expect: 200-ok\r\nContent-Length: 2\r\n"), true},
      {"a line too long", 431, "", "8000 bytes", Ask("GET /" + std::string(9000, 'x')), true},
      {"headers too long", 431, "", "32768 bytes",
       Ask("GET /livez", "X: " + std::string(40000, 'x') + "\r\n"), true},
      {"another version", 505, "", "HTTP/1.1", "GET /livez HTTP/2.0\r\nHost: x\r\n\r\n", true},
  };
  return rows;
}

TEST_CASE("what is no review gets its code and a Status with a sentence") {
  Program program({});
  for (const Row& row : Rows()) {
    INFO(row.what);
    Client client(program.port(), Tls::kOn);
    // Behind it stands what a smuggler would want to be read as a request of its own.
    client.Send(row.request + "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    const Response response = client.Receive();
    INFO(response.head << response.body);
    CHECK(response.status == row.status);
    CHECK(response.Header("Content-Type") == "application/json");
    CHECK(response.body.find("\"kind\":\"Status\",\"apiVersion\":\"v1\"") != std::string::npos);
    CHECK(response.body.find("\"status\":\"Failure\"") != std::string::npos);
    CHECK(response.body.find(fmt::format("\"code\":{}", row.status)) != std::string::npos);
    if (*row.reason != '\0') {
      CHECK(response.body.find(fmt::format("\"reason\":\"{}\"", row.reason)) != std::string::npos);
    }
    CHECK(response.body.find(row.says) != std::string::npos);
    if (row.ends) {
      CHECK(response.Header("Connection") == "close");
      CHECK(client.WaitForClose());
    } else {
      CHECK(client.Receive().body == "ok");
    }
  }
}

TEST_CASE("what is well-formed is answered, however unusual") {
  Program program({});
  Client client(program.port(), Tls::kOn);
  CHECK(client.Exchange(Ask("GET https://elsewhere.example:1/livez")).body == "ok");
  CHECK(client.Exchange(Ask("GET /readyz?verbose")).body.find("[+]policy ok") != std::string::npos);
  const Response options = client.Exchange(Ask("OPTIONS /validate"));
  CHECK(options.status == 200);
  CHECK(options.Header("Allow") == "OPTIONS, POST");
  client.Send(Ask("HEAD /livez"));
  CHECK(client.Receive(/*head=*/true).Header("Content-Length") == "2");
  CHECK(client.Exchange(Ask("GET /livez")).body == "ok");
}

}  // namespace
}  // namespace mountguard::tests
