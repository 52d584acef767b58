#include "webhook/request_reader.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace mountguard::webhook {
namespace {

using State = RequestReader::State;

struct Outcome {
  State state = State::kHead;
  int status = 0;
  std::string reason;
  std::string path;
  std::string query;
  std::string body;
  bool keep_alive = false;
  std::string rest;  // what it left for the next request

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome Read(const std::string& text, std::size_t piece, const RequestLimits& limits) {
  RequestReader reader(&limits);
  std::size_t taken = 0;
  while (taken < text.size()) {
    const std::string_view bytes = std::string_view(text).substr(taken, piece);
    const std::size_t now = reader.Feed(bytes);
    taken += now;
    if (now < bytes.size() || reader.state() == State::kRefused) break;
  }
  Outcome outcome{reader.state(), reader.refusal().status, std::string(reader.refusal().reason)};
  if (reader.state() == State::kRefused || reader.state() == State::kHead) return outcome;
  outcome.path = reader.path();
  outcome.query = reader.query();
  outcome.body = reader.body();
  outcome.keep_alive = reader.keep_alive();
  outcome.rest = text.substr(taken);
  return outcome;
}

/// Reads `text` in one piece, and checks that pieces of any size make no difference.
Outcome Read(const std::string& text, const RequestLimits& limits = {}) {
  const Outcome whole = Read(text, text.size(), limits);
  for (const std::size_t piece : {1, 2, 3, 7, 64}) {
    INFO("in pieces of " << piece << " bytes: " << text);
    const Outcome cut = Read(text, piece, limits);
    CHECK(cut == whole);
  }
  return whole;
}

std::string Post(const std::string& headers, const std::string& body = "") {
  return "POST /validate HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body;
}

TEST_CASE("a request is its line, its headers and as many bytes as it says") {
  const Outcome outcome = Read(
      "POST /validate/a%20b?timeout=5s HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET");
  CHECK(outcome.state == State::kComplete);
  CHECK(outcome.path == "/validate/a%20b");
  CHECK(outcome.query == "timeout=5s");
  CHECK(outcome.body == "hello");
  CHECK(outcome.keep_alive);
  CHECK(outcome.rest == "GET");
}

TEST_CASE("headers are found in any case, without the blanks around them") {
  const RequestLimits limits;
  RequestReader reader(&limits);
  reader.Feed("GET / HTTP/1.1\r\nhOsT: x\r\nContent-Type:\t application/json \r\nEmpty:\r\n\r\n");
  REQUIRE(reader.state() == State::kComplete);
  CHECK(reader.headers().Get("Host") == "x");
  CHECK(reader.headers().Get("content-type") == "application/json");
  CHECK(reader.headers().Get("empty").empty());
  CHECK(reader.headers().Get("absent").empty());
  CHECK(reader.headers().size() == 3);
}

TEST_CASE("a body has spare room behind it") {
  const RequestLimits limits;
  RequestReader reader(&limits);
  reader.Feed(Post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"));
  REQUIRE(reader.state() == State::kComplete);
  CHECK(reader.body().capacity() >= 5 + HttpRequest::kBodyPadding);
  reader.Reset();
  reader.Feed(Post("Content-Length: 3\r\n", "abc"));
  REQUIRE(reader.state() == State::kComplete);
  CHECK(reader.body().capacity() >= 3 + HttpRequest::kBodyPadding);
}

TEST_CASE("a reader that was reset knows nothing of the request before") {
  const RequestLimits limits;
  RequestReader reader(&limits);
  reader.Feed(Post("Connection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n", "abc"));
  CHECK(reader.expects_continue());
  reader.Reset();
  CHECK_FALSE(reader.started());
  reader.Feed("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(reader.state() == State::kComplete);
  CHECK(reader.path() == "/livez");
  CHECK(reader.body().empty());
  CHECK(reader.keep_alive());
  CHECK_FALSE(reader.expects_continue());
  CHECK(reader.headers().Get("Content-Length").empty());
}

TEST_CASE("chunks are put together, extensions and trailers dropped") {
  const Outcome outcome =
      Read(Post("Transfer-Encoding: Chunked\r\n",
                "5;a=b\r\nhello\r\n1\r\n \r\n0005\r\nworld\r\n0\r\nTrailer: x\r\n\r\nrest"));
  CHECK(outcome.state == State::kComplete);
  CHECK(outcome.body == "hello world");
  CHECK(outcome.rest == "rest");
}

TEST_CASE("what is asked for is a path, however it is written") {
  struct Row {
    const char* method;
    const char* target;
    const char* path;
    const char* query;
  };
  const Row row =
      GENERATE(values<Row>({{"GET", "/a?b=c?d", "/a", "b=c?d"},
                            {"GET", "/a?", "/a", ""},
                            {"GET", "http://host:80/a?b", "/a", "b"},
                            {"GET", "HTTPS://host", "/", ""},
                            {"GET", "https://host?q", "/", "q"},
                            {"GET", "/redirect?to=http://host/a", "/redirect", "to=http://host/a"},
                            {"OPTIONS", "*", "*", ""}}));
  const Outcome outcome =
      Read(std::string(row.method) + " " + row.target + " HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(outcome.state == State::kComplete);
  CHECK(outcome.path == row.path);
  CHECK(outcome.query == row.query);
}

TEST_CASE("a connection is kept unless the client says otherwise") {
  CHECK(Read(Post("")).keep_alive);
  CHECK(Read(Post("Connection: keep-alive\r\n")).keep_alive);
  CHECK_FALSE(Read(Post("Connection: Close\r\n")).keep_alive);
  CHECK_FALSE(Read(Post("Connection: te, close\r\n")).keep_alive);
  CHECK_FALSE(Read("GET / HTTP/1.0\r\n\r\n").keep_alive);
}

TEST_CASE("empty lines before a request are skipped") {
  CHECK(Read("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n").state == State::kComplete);
}

TEST_CASE("what could be read in two ways is refused") {
  struct Row {
    int status;
    const char* reason;
    std::string text;
  };
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const Row row = GENERATE_COPY(values<Row>({
      // Two lengths.
      {400, "ambiguous_length", Post("Content-Length: 5\r\n" + chunked, "0\r\n\r\n")},
      {400, "ambiguous_length", Post(chunked + "Content-Length: 5\r\n", "0\r\n\r\n")},
      {400, "ambiguous_length", Post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")},
      {400, "ambiguous_length", Post(chunked + chunked, "0\r\n\r\n")},
      {400, "ambiguous_length", "POST / HTTP/1.0\r\n" + chunked + "\r\n"},
      // Lengths that are none.
      {400, "bad_length", Post("Content-Length: 5, 5\r\n", "hello")},
      {400, "bad_length", Post("Content-Length: +5\r\n", "hello")},
      {400, "bad_length", Post("Content-Length: -1\r\n")},
      {400, "bad_length", Post("Content-Length: 0x5\r\n", "hello")},
      {400, "bad_length", Post("Content-Length:\r\n")},
      {413, "body_too_large", Post("Content-Length: 99999999999999999999\r\n")},
      {413, "body_too_large", Post("Content-Length: 7340033\r\n")},
      // Codings.
      {501, "transfer_encoding", Post("Transfer-Encoding: gzip, chunked\r\n")},
      {501, "transfer_encoding", Post("Transfer-Encoding: identity\r\n")},
      {501, "transfer_encoding", Post("Transfer-Encoding: xchunked\r\n")},
      {415, "content_encoding", Post("Content-Encoding: gzip\r\nContent-Length: 5\r\n")},
      {415, "content_encoding", Post("content-encoding: identity\r\n")},
      {417, "expectation", Post("Expect: 200-ok\r\n")},
      // Chunks.
      {400, "bad_chunk", Post(chunked, "x\r\n")},
      {400, "bad_chunk", Post(chunked, "\r\n")},
      {400, "bad_chunk", Post(chunked, "-5\r\nhello\r\n")},
      {400, "bad_chunk", Post(chunked, "+5\r\nhello\r\n")},
      {400, "bad_chunk", Post(chunked, "0x5\r\nhello\r\n")},
      {400, "bad_chunk", Post(chunked, "5 \r\nhello\r\n")},
      {400, "bad_chunk", Post(chunked, "5\nhello\r\n")},
      {400, "bad_chunk", Post(chunked, "5\r\nhello!\r\n")},
      {400, "bad_chunk", Post(chunked, "5\r\nhello\n")},
      {400, "bad_chunk", Post(chunked, "0\r\n: nameless\r\n\r\n")},
      {400, "bad_chunk", Post(chunked, "5;" + std::string(300, 'e') + "\r\nhello\r\n")},
      {413, "body_too_large", Post(chunked, "fffffffffffffffff\r\n")},
      {413, "body_too_large", Post(chunked, "ffffffffffffffff\r\n")},
      {413, "body_too_large", Post(chunked, "700001\r\n")},
      // Lines.
      {400, "bad_line", "GET / HTTP/1.1\nHost: x\r\n\r\n"},
      {400, "bad_line", "GET / HTTP/1.1\r\nHost: x\n\r\n"},
      {400, "bad_line", "GET / HTTP/1.1\r\nHost: x\r\n\n"},
      {400, "bad_request_line", "GET /\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET / a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET / HTTP/11\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET / http/1.1\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "G(T / HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET ?a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET * HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET ftp://host/ HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "bad_request_line", "CONNECT host:443 HTTP/1.1\r\nHost: x\r\n\r\n"},
      {505, "bad_version", "GET / HTTP/2.0\r\nHost: x\r\n\r\n"},
      {505, "bad_version", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {400, "not_http", std::string("\x16\x03\x01\x02\x00", 5)},
      {400, "not_http", "{\"a\":1}"},
      // Headers.
      {400, "bad_header", Post("Content-Length : 5\r\n", "hello")},
      {400, "bad_header", Post("X: a\r\n folded: b\r\n")},
      {400, "bad_header", Post("no colon\r\n")},
      {400, "bad_header", Post(": nameless\r\n")},
      {400, "bad_header", Post("X: a\rb\r\n")},
      {400, "bad_header", Post(std::string("X: a\0b\r\n", 8))},
      {400, "bad_host", "GET / HTTP/1.1\r\n\r\n"},
      {400, "bad_host", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
  }));
  const Outcome outcome = Read(row.text);
  INFO(row.text);
  CHECK(outcome.state == State::kRefused);
  CHECK(outcome.status == row.status);
  CHECK(outcome.reason == row.reason);
}

TEST_CASE("two lengths that agree are one") {
  CHECK(Read(Post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")).body == "hello");
}

TEST_CASE("limits hold to the byte") {
  RequestLimits limits;
  limits.line_bytes = 40;
  limits.head_bytes = 80;
  limits.header_count = 3;
  limits.body_bytes = 10;
  const std::string line_end = " HTTP/1.1\r\n";
  const auto request = [&](std::size_t line, const std::string& headers) {
    return "GET /" + std::string(line - 5 - line_end.size(), 'a') + line_end + headers + "\r\n";
  };
  CHECK(Read(request(40, "Host: x\r\n"), limits).state == State::kComplete);
  CHECK(Read(request(41, "Host: x\r\n"), limits).status == 431);
  const std::string head = request(30, "Host: x\r\n");
  const std::string filler(80 - head.size() - 5, 'f');
  CHECK(Read(request(30, "Host: x\r\nX: " + filler + "\r\n"), limits).state == State::kComplete);
  CHECK(Read(request(30, "Host: x\r\nX: " + filler + "f\r\n"), limits).status == 431);
  CHECK(Read(request(30, "Host: x\r\nA:\r\nB:\r\n"), limits).state == State::kComplete);
  CHECK(Read(request(30, "Host: x\r\nA:\r\nB:\r\nC:\r\n"), limits).status == 431);

  limits = {};
  limits.body_bytes = 10;
  CHECK(Read(Post("Content-Length: 10\r\n", "0123456789"), limits).state == State::kComplete);
  CHECK(Read(Post("Content-Length: 11\r\n"), limits).status == 413);
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  CHECK(Read(Post(chunked, "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n"), limits).body == "helloworld");
  CHECK(Read(Post(chunked, "5\r\nhello\r\n6\r\nworlds\r\n"), limits).status == 413);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 5000; ++i) trailers += "T: 1\r\n\r";
  CHECK(Read(Post(chunked, trailers), limits).state == State::kRefused);
}

TEST_CASE("a request's own timeout is read in Go's notation") {
  using std::chrono::milliseconds;
  CHECK(RequestedTimeout("timeout=5s") == milliseconds(5000));
  CHECK(RequestedTimeout("a=b&timeout=1m30s&c") == milliseconds(90'000));
  CHECK(RequestedTimeout("timeout=250ms") == milliseconds(250));
  for (const char* none : {"", "timeout", "timeout=", "timeout=0s", "timeout=-5s", "timeout=soon",
                           "timeout=5", "mytimeout=5s", "timeout=nan", "timeout=infs"}) {
    INFO(none);
    CHECK_FALSE(RequestedTimeout(none).has_value());
  }
}

}  // namespace
}  // namespace mountguard::webhook
