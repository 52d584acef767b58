#ifndef MOUNTGUARD_WEBHOOK_REQUEST_READER_H_
#define MOUNTGUARD_WEBHOOK_REQUEST_READER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "webhook/http_message.h"

namespace mountguard::webhook {

struct RequestLimits {
  std::size_t line_bytes = 8000;       // of the request line, its end included
  std::size_t head_bytes = 32 * 1024;  // of the request line and all headers
  std::size_t header_count = 100;
  std::size_t body_bytes = 7340032;
};

/// Why a request never reaches a handler.
struct Refusal {
  int status = 0;           // 400, 413, 415, 417, 431, 501 or 505
  std::string_view reason;  // a short word for metrics: "content_encoding"
  std::string message;      // the sentence for the client
};

/// Finds the one way to read an HTTP/1.1 request in a stream of bytes, or refuses it.
///
/// It is strict where servers behind one another could disagree (RFC 9112, section 11.2): lines end
/// with CRLF, a length is said once and in one way, chunks are well-formed. What must be refused
/// whatever the body is (its encoding, its length) is refused as soon as the head is there. No I/O;
/// however the bytes are cut into pieces, the outcome is the same. Not thread-safe.
class RequestReader {
 public:
  enum class State : std::uint8_t { kHead, kBody, kComplete, kRefused };

  /// Borrows the limits.
  explicit RequestReader(const RequestLimits* limits) : limits_(limits) {}
  RequestReader(const RequestReader&) = delete;  // views into its own buffers
  RequestReader& operator=(const RequestReader&) = delete;

  /// Takes bytes up to the end of the request and says how many; the rest belongs to the next
  /// request. Takes nothing once the request is complete or refused.
  std::size_t Feed(std::string_view bytes);

  /// Forgets the request and keeps the buffers, unless they are large.
  void Reset();

  State state() const { return state_; }
  /// False as long as nothing but the empty lines came that may stand before a request.
  bool started() const { return state_ != State::kHead || !head_.empty(); }
  const Refusal& refusal() const { return refusal_; }

  // From kBody on; borrowed until Reset.
  std::string_view method() const { return method_; }
  std::string_view path() const { return path_; }    // as sent, percent-encoded; "*" for OPTIONS *
  std::string_view query() const { return query_; }  // without the question mark
  const HttpHeaders& headers() const { return headers_; }
  bool keep_alive() const { return keep_alive_; }
  /// The client waits for "100 Continue" before it sends the body.
  bool expects_continue() const { return expects_continue_; }

  /// With HttpRequest::kBodyPadding bytes of spare capacity once the request is complete.
  std::string& body() { return body_; }

 private:
  enum class Step : std::uint8_t {
    kHeadLine,
    kFixedBody,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailerLine,
  };

  std::size_t FeedHeadLine(std::string_view bytes);
  std::size_t FeedFixedBody(std::string_view bytes);
  std::size_t FeedChunkSize(std::string_view bytes);
  std::size_t FeedChunkData(std::string_view bytes);
  std::size_t FeedChunkEnd(std::string_view bytes);
  std::size_t FeedTrailerLine(std::string_view bytes);
  /// Appends to line_ up to the end of the line. True if the line is whole: without its CRLF then.
  bool TakeLine(std::string_view bytes, std::size_t limit, std::size_t* taken);

  void ReadHead();
  bool ReadRequestLine(std::string_view line);
  bool ReadTarget(std::string_view target);
  bool ReadHeader(std::string_view line);
  bool ReadFraming();
  void Complete();
  bool Refuse(int status, std::string_view reason, std::string message);

  const RequestLimits* limits_;
  State state_ = State::kHead;
  Step step_ = Step::kHeadLine;
  bool http_1_0_ = false;
  bool keep_alive_ = true;
  bool expects_continue_ = false;
  std::size_t line_start_ = 0;  // of the line that is being read, in head_
  std::size_t remaining_ = 0;   // bytes of the body, or of the chunk, still to come
  std::size_t trailer_bytes_ = 0;
  std::string head_;
  std::string line_;  // of a chunked body: a chunk's size, a trailer
  std::string body_;
  std::string_view method_;
  std::string_view path_;
  std::string_view query_;
  HttpHeaders headers_;
  Refusal refusal_;
};

/// The `timeout=` of a query in Go's notation ("5s", "1m30s", "500ms"), as the API server sends it;
/// nothing if there is none, or none that is a positive duration.
std::optional<std::chrono::milliseconds> RequestedTimeout(std::string_view query);

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_REQUEST_READER_H_
