#include "webhook/request_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/ascii.h"
#include "webhook/config.h"

namespace mountguard::webhook {
namespace {

/// Buffers above this are given back: a rare huge request must not be paid for ever after.
constexpr std::size_t kMaxKeptBytes = 1 << 20;
/// Bodies up to this get their memory at once; larger ones grow as they come, so that a client
/// cannot claim megabytes by announcing them.
constexpr std::size_t kMaxReservedBytes = 1 << 20;
constexpr std::size_t kChunkLineBytes = 256;

/// RFC 9110, section 5.6.2: what method and header names are made of.
constexpr std::array<bool, 256> MakeTokenChars() {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (unsigned char c : std::string_view("!#$%&'*+-.^_`|~")) table[c] = true;
  return table;
}
constexpr std::array<bool, 256> kTokenChars = MakeTokenChars();

bool IsTokenChar(char c) { return kTokenChars[static_cast<unsigned char>(c)]; }
bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}
bool IsVisible(char c) { return c > ' ' && c < '\x7f'; }
/// A header's value may hold blanks and bytes beyond ASCII, but no control characters.
bool IsValueChar(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= ' ' && byte != 0x7f);
}

char Lower(char c) { return core::IsUpper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string_view TrimBlanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Cuts `text` at the first `separator`: what stands before it is returned, what stands behind it
/// stays; without a separator the whole is returned and nothing stays.
std::string_view CutAt(char separator, std::string_view* text) {
  const std::size_t end = std::min(text->find(separator), text->size());
  const std::string_view before = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return before;
}

bool HasListElement(std::string_view list, std::string_view element) {
  while (!list.empty()) {
    if (EqualsIgnoreCase(TrimBlanks(CutAt(',', &list)), element)) return true;
  }
  return false;
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view HttpHeaders::Get(std::string_view name) const {
  const auto found = std::find_if(
      headers_.begin(), headers_.end(),
      [name](const HttpHeader& header) { return EqualsIgnoreCase(header.name, name); });
  return found == headers_.end() ? std::string_view() : found->value;
}

std::size_t RequestReader::Feed(std::string_view bytes) {
  const std::size_t given = bytes.size();
  while (!bytes.empty() && (state_ == State::kHead || state_ == State::kBody)) {
    switch (step_) {
      case Step::kHeadLine:
        bytes.remove_prefix(FeedHeadLine(bytes));
        break;
      case Step::kFixedBody:
        bytes.remove_prefix(FeedFixedBody(bytes));
        break;
      case Step::kChunkSize:
        bytes.remove_prefix(FeedChunkSize(bytes));
        break;
      case Step::kChunkData:
        bytes.remove_prefix(FeedChunkData(bytes));
        break;
      case Step::kChunkEnd:
        bytes.remove_prefix(FeedChunkEnd(bytes));
        break;
      case Step::kTrailerLine:
        bytes.remove_prefix(FeedTrailerLine(bytes));
        break;
    }
  }
  return given - bytes.size();
}

void RequestReader::Reset() {
  state_ = State::kHead;
  step_ = Step::kHeadLine;
  http_1_0_ = false;
  keep_alive_ = true;
  expects_continue_ = false;
  line_start_ = remaining_ = trailer_bytes_ = 0;
  head_.clear();
  line_.clear();
  body_.clear();
  if (body_.capacity() > kMaxKeptBytes + HttpRequest::kBodyPadding) body_ = std::string();
  method_ = path_ = query_ = {};
  headers_.Clear();
  refusal_ = {};
}

bool RequestReader::Refuse(int status, std::string_view reason, std::string message) {
  state_ = State::kRefused;
  keep_alive_ = false;
  refusal_ = {status, reason, std::move(message)};
  return false;
}

std::size_t RequestReader::FeedHeadLine(std::string_view bytes) {
  if (head_.empty() && !IsTokenChar(bytes.front()) && bytes.front() != '\r' &&
      bytes.front() != '\n') {
    Refuse(400, "not_http", "this is no HTTP request: it does not begin with a method");
    return 0;
  }
  const std::size_t newline = bytes.find('\n');
  const std::size_t taken = std::min(newline, bytes.size() - 1) + 1;
  head_.append(bytes.substr(0, taken));
  if (line_start_ == 0 && head_.size() > limits_->line_bytes) {
    Refuse(431, "head_too_large",
           fmt::format("the request line is longer than {} bytes", limits_->line_bytes));
  } else if (head_.size() > limits_->head_bytes) {
    Refuse(431, "head_too_large",
           fmt::format("the headers are longer than {} bytes", limits_->head_bytes));
  } else if (newline != std::string_view::npos) {
    const std::size_t length = head_.size() - line_start_;
    if (length < 2 || head_[head_.size() - 2] != '\r') {
      Refuse(400, "bad_line", "a line of the request's head ends with LF; it must end with CRLF");
    } else if (length > 2) {
      line_start_ = head_.size();
    } else if (line_start_ == 0) {
      head_.clear();  // empty lines before the request line are skipped (RFC 9112, section 2.2)
    } else {
      ReadHead();
    }
  }
  return taken;
}

void RequestReader::ReadHead() {
  std::string_view rest = head_;
  const auto next_line = [&rest] {
    std::string_view line = CutAt('\n', &rest);
    line.remove_suffix(1);
    return line;
  };
  if (!ReadRequestLine(next_line())) return;
  for (std::string_view line = next_line(); !line.empty(); line = next_line()) {
    if (!ReadHeader(line)) return;
  }
  if (!ReadFraming()) return;
  state_ = State::kBody;
  if (step_ == Step::kFixedBody && remaining_ == 0) Complete();
}

bool RequestReader::ReadRequestLine(std::string_view line) {
  std::string_view rest = line;
  method_ = CutAt(' ', &rest);
  const std::string_view target = CutAt(' ', &rest);
  if (!IsToken(method_) || target.empty() || rest.empty() ||
      !std::all_of(target.begin(), target.end(), IsVisible)) {
    return Refuse(400, "bad_request_line",
                  "the request line must be a method, a path and a version, one blank apart");
  }
  http_1_0_ = rest == "HTTP/1.0";
  if (!http_1_0_ && rest != "HTTP/1.1") {
    const bool other_version = rest.size() == 8 && rest.substr(0, 5) == "HTTP/" &&
                               core::IsDigit(rest[5]) && rest[6] == '.' && core::IsDigit(rest[7]);
    return other_version
               ? Refuse(505, "bad_version",
                        fmt::format("{} is not spoken here, only HTTP/1.1 and HTTP/1.0", rest))
               : Refuse(400, "bad_request_line", "the request line must end with HTTP/1.1");
  }
  return ReadTarget(target);
}

bool RequestReader::ReadTarget(std::string_view target) {
  // An absolute URI names the server too, which is us whatever it says (RFC 9112, section 3.2.2).
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!EqualsIgnoreCase(target.substr(0, scheme.size()), scheme)) continue;
    const std::size_t end = std::min(target.find_first_of("/?", scheme.size()), target.size());
    if (end == scheme.size()) break;  // names no server: refused below
    target.remove_prefix(end);
    path_ = "/";
  }
  if (!target.empty() && target.front() != '?') path_ = target.substr(0, target.find('?'));
  CutAt('?', &target);
  query_ = target;
  const bool asterisk = path_ == "*" && query_.empty() && method_ == "OPTIONS";
  if ((path_.substr(0, 1) != "/" && !asterisk) || path_.find('#') != std::string_view::npos ||
      query_.find('#') != std::string_view::npos) {
    return Refuse(400, "bad_request_line",
                  "what is asked for must be a path that begins with / or an http(s) URI, "
                  "without a fragment");
  }
  return true;
}

bool RequestReader::ReadHeader(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) {
    return Refuse(400, "bad_header",
                  "a header must be a name, a colon and a value; folded lines and blanks before "
                  "the colon are not allowed");
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = TrimBlanks(line.substr(colon + 1));
  if (!std::all_of(value.begin(), value.end(), IsValueChar)) {
    return Refuse(400, "bad_header", fmt::format("the header {} holds a control character", name));
  }
  if (headers_.size() == limits_->header_count) {
    return Refuse(431, "head_too_large",
                  fmt::format("the request has more than {} headers", limits_->header_count));
  }
  headers_.Add(name, value);
  return true;
}

bool RequestReader::ReadFraming() {
  std::optional<std::string_view> length;
  std::optional<std::string_view> transfer_encoding;
  int hosts = 0;
  keep_alive_ = !http_1_0_;
  for (const auto& [name, value] : headers_) {
    if (EqualsIgnoreCase(name, "Content-Length")) {
      if (length && *length != value) {
        return Refuse(400, "ambiguous_length", "the request says two different Content-Lengths");
      }
      length = value;
    } else if (EqualsIgnoreCase(name, "Transfer-Encoding")) {
      if (transfer_encoding) {
        return Refuse(400, "ambiguous_length", "the request says Transfer-Encoding twice");
      }
      transfer_encoding = value;
    } else if (EqualsIgnoreCase(name, "Content-Encoding")) {
      return Refuse(415, "content_encoding",
                    fmt::format("Content-Encoding \"{}\" is not accepted: send the body as it is, "
                                "without compressing it",
                                value));
    } else if (EqualsIgnoreCase(name, "Connection")) {
      keep_alive_ = keep_alive_ && !HasListElement(value, "close");
    } else if (EqualsIgnoreCase(name, "Host")) {
      ++hosts;
    } else if (EqualsIgnoreCase(name, "Expect")) {
      if (!EqualsIgnoreCase(value, "100-continue")) {
        return Refuse(
            417, "expectation",
            fmt::format("the expectation \"{}\" cannot be met; only 100-continue can", value));
      }
      expects_continue_ = !http_1_0_;
    }
  }
  if (hosts > 1 || (hosts == 0 && !http_1_0_)) {
    return Refuse(400, "bad_host", "the request must have exactly one Host header");
  }

  if (transfer_encoding) {
    if (length || http_1_0_) {
      return Refuse(400, "ambiguous_length",
                    length ? "the request says both Content-Length and Transfer-Encoding"
                           : "HTTP/1.0 knows no Transfer-Encoding");
    }
    if (!EqualsIgnoreCase(*transfer_encoding, "chunked")) {
      return Refuse(501, "transfer_encoding",
                    fmt::format("Transfer-Encoding \"{}\" is not known here, only chunked",
                                *transfer_encoding));
    }
    step_ = Step::kChunkSize;
    return true;
  }

  step_ = Step::kFixedBody;
  if (!length) return true;
  // More digits than these are too large a body, however many zeros stand before them.
  constexpr std::size_t kMaxDigits = 18;
  if (length->empty() || !std::all_of(length->begin(), length->end(), core::IsDigit)) {
    return Refuse(400, "bad_length", fmt::format("Content-Length \"{}\" is not a number", *length));
  }
  if (length->size() <= kMaxDigits) {
    std::from_chars(length->data(), length->data() + length->size(), remaining_);
  }
  if (length->size() > kMaxDigits || remaining_ > limits_->body_bytes) {
    return Refuse(
        413, "body_too_large",
        fmt::format("mountguard reads bodies of at most {} bytes (--max-request-bytes); this one "
                    "has {}",
                    limits_->body_bytes, *length));
  }
  body_.reserve(std::min(remaining_, kMaxReservedBytes) + HttpRequest::kBodyPadding);
  return true;
}

std::size_t RequestReader::FeedFixedBody(std::string_view bytes) {
  const std::size_t taken = std::min(remaining_, bytes.size());
  body_.append(bytes.substr(0, taken));
  remaining_ -= taken;
  if (remaining_ == 0) Complete();
  return taken;
}

bool RequestReader::TakeLine(std::string_view bytes, std::size_t limit, std::size_t* taken) {
  const std::size_t newline = bytes.find('\n');
  *taken = std::min(newline, bytes.size() - 1) + 1;
  line_.append(bytes.substr(0, *taken));
  if (line_.size() > limit) {
    return Refuse(400, "bad_chunk", "a line between the chunks of the body is too long");
  }
  if (newline == std::string_view::npos) return false;
  if (line_.size() < 2 || line_[line_.size() - 2] != '\r') {
    return Refuse(400, "bad_chunk", "a line between the chunks of the body does not end with CRLF");
  }
  line_.resize(line_.size() - 2);
  return true;
}

std::size_t RequestReader::FeedChunkSize(std::string_view bytes) {
  std::size_t taken = 0;
  if (!TakeLine(bytes, kChunkLineBytes, &taken)) return taken;
  const char* const end = line_.data() + line_.size();
  const auto [digits_end, error] = std::from_chars(line_.data(), end, remaining_, 16);
  if (digits_end == line_.data() || (digits_end != end && *digits_end != ';') ||
      !std::all_of(digits_end, end, IsValueChar)) {
    Refuse(400, "bad_chunk", "a chunk of the body does not begin with its size in hexadecimal");
  } else if (error != std::errc() || remaining_ > limits_->body_bytes - body_.size()) {
    Refuse(413, "body_too_large",
           fmt::format("the body has more than the {} bytes that are read", limits_->body_bytes));
  } else {
    step_ = remaining_ > 0 ? Step::kChunkData : Step::kTrailerLine;
  }
  line_.clear();
  return taken;
}

std::size_t RequestReader::FeedChunkData(std::string_view bytes) {
  const std::size_t taken = std::min(remaining_, bytes.size());
  body_.append(bytes.substr(0, taken));
  remaining_ -= taken;
  if (remaining_ == 0) step_ = Step::kChunkEnd;
  return taken;
}

std::size_t RequestReader::FeedChunkEnd(std::string_view bytes) {
  std::size_t taken = 0;
  if (!TakeLine(bytes, kChunkLineBytes, &taken)) return taken;
  if (!line_.empty()) {
    Refuse(400, "bad_chunk", "a chunk of the body is longer than it says");
  }
  line_.clear();
  step_ = Step::kChunkSize;
  return taken;
}

std::size_t RequestReader::FeedTrailerLine(std::string_view bytes) {
  std::size_t taken = 0;
  const bool whole = TakeLine(bytes, limits_->line_bytes, &taken);
  if (state_ == State::kRefused) return taken;
  trailer_bytes_ += taken;
  if (trailer_bytes_ > limits_->head_bytes) {
    Refuse(431, "head_too_large",
           fmt::format("the trailers are longer than {} bytes", limits_->head_bytes));
  } else if (whole && line_.empty()) {
    Complete();
  } else if (whole && !IsToken(std::string_view(line_).substr(0, line_.find(':')))) {
    Refuse(400, "bad_chunk", "what follows the last chunk is no header");
  }
  if (whole) line_.clear();  // no trailer says anything that we want to know
  return taken;
}

void RequestReader::Complete() {
  body_.reserve(body_.size() + HttpRequest::kBodyPadding);
  state_ = State::kComplete;
}

std::optional<std::chrono::milliseconds> RequestedTimeout(std::string_view query) {
  constexpr std::string_view kName = "timeout=";
  while (!query.empty()) {
    const std::string_view pair = CutAt('&', &query);
    if (pair.substr(0, kName.size()) != kName) continue;
    const auto timeout = ParseDuration(pair.substr(kName.size()));
    return timeout && timeout->count() > 0 ? std::optional(*timeout) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace mountguard::webhook
