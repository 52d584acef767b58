#include "certs/pem.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "certs/openssl_error.h"

namespace mountguard::certs {
namespace {

using core::Failure;
using core::Result;

constexpr std::string_view kCertificate = "a certificate";
constexpr std::string_view kPrivateKey = "a private key";

constexpr std::array<std::string_view, 5> kKeyLabels = {
    "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "DSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"};

constexpr std::string_view kBegin = "-----BEGIN ";

/// The label of a `-----BEGIN label-----` line.
std::optional<std::string_view> BeginLabel(std::string_view line) {
  constexpr std::string_view kDashes = "-----";
  if (!line.starts_with(kBegin) || !line.ends_with(kDashes)) return std::nullopt;
  if (line.size() < kBegin.size() + kDashes.size()) return std::nullopt;
  line.remove_prefix(kBegin.size());
  line.remove_suffix(kDashes.size());
  return line;
}

/// A BEGIN line without its end; the last line of a file may be any part of one.
bool IsBrokenBegin(std::string_view line, bool is_last) {
  if (line.starts_with(kBegin)) return !BeginLabel(line);
  return is_last && !line.empty() && kBegin.starts_with(line);
}

std::string_view TrimRight(std::string_view line) {
  const std::size_t last = line.find_last_not_of(" \t\r");
  return last == std::string_view::npos ? std::string_view() : line.substr(0, last + 1);
}

/// An ASN.1 SEQUENCE of a length that takes two more bytes: how every DER certificate and most keys
/// begin.
bool LooksLikeDer(std::string_view content) {
  return content.starts_with("\x30\x82") || content.starts_with("\x30\x81");
}

BioPtr MemoryBio(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string TextOf(BIO* memory) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

/// Without this OpenSSL asks on the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

/// The file has blocks, and none is what was looked for.
core::Unexpected<core::Error> WrongContent(const PemFile& file, const PemBlock& found,
                                           std::string_view expected) {
  const bool swapped = IsCertificate(found) || IsPrivateKey(found);
  return Failure(fmt::format("{}:{}: expected {}, found {}{}", file.name, found.line, expected,
                             found.label,
                             swapped ? "; were the certificate and the key file swapped?" : ""));
}

}  // namespace

Result<std::vector<PemBlock>> ReadPemBlocks(const PemFile& file, std::string_view expected) {
  const std::string_view content = file.content;
  if (content.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return Failure(
        fmt::format("{}: the file is empty; expected {} in PEM form", file.name, expected));
  }
  if (LooksLikeDer(content)) {
    return Failure(
        fmt::format("{}: the file is binary DER; expected {} in PEM form: convert it with "
                    "`openssl {} -inform der -in {}`",
                    file.name, expected, expected == kPrivateKey ? "pkey" : "x509", file.name));
  }
  std::vector<PemBlock> blocks;
  std::optional<PemBlock> open;
  std::size_t open_at = 0;
  int line_number = 0;
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = std::min(content.find('\n', at), content.size());
    const std::string_view line = TrimRight(content.substr(at, end - at));
    ++line_number;
    if (const auto label = BeginLabel(line)) {
      if (open) break;  // the one before was never closed
      open = PemBlock{*label, {}, line_number};
      open_at = at;
    } else if (open && line == fmt::format("-----END {}-----", open->label)) {
      open->text = content.substr(open_at, end - open_at);
      blocks.push_back(*std::exchange(open, std::nullopt));
    } else if (!open && IsBrokenBegin(line, end == content.size())) {
      return Failure(fmt::format("{}:{}: a BEGIN line that is not whole: the file is cut short",
                                 file.name, line_number));
    }
    at = end + 1;
  }
  if (open) {
    return Failure(
        fmt::format("{}:{}: the block {} has no END line: the file is cut short, or two "
                    "were joined without a line break",
                    file.name, open->line, open->label));
  }
  if (blocks.empty()) {
    return Failure(fmt::format("{}: no PEM block in the file; expected {} (-----BEGIN ...-----)",
                               file.name, expected));
  }
  return blocks;
}

bool IsCertificate(const PemBlock& block) { return block.label == "CERTIFICATE"; }

bool IsPrivateKey(const PemBlock& block) {
  return std::find(kKeyLabels.begin(), kKeyLabels.end(), block.label) != kKeyLabels.end();
}

Result<X509Ptr> DecodeCertificate(std::string_view name, const PemBlock& block) {
  ERR_clear_error();
  X509Ptr certificate(
      PEM_read_bio_X509(MemoryBio(block.text).get(), nullptr, NoPassphrase, nullptr));
  if (!certificate) {
    return Failure(fmt::format("{}:{}: the certificate cannot be decoded: {}", name, block.line,
                               TakeOpenSslErrors()));
  }
  return certificate;
}

Result<EvpPkeyPtr> DecodePrivateKey(std::string_view name, const PemBlock& block) {
  if (block.label == "ENCRYPTED PRIVATE KEY" ||
      block.text.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos) {
    return Failure(
        fmt::format("{0}:{1}: the private key is encrypted, and there is nobody to ask "
                    "for its passphrase; decrypt it with `openssl pkey -in {0}`",
                    name, block.line));
  }
  ERR_clear_error();
  EvpPkeyPtr key(
      PEM_read_bio_PrivateKey(MemoryBio(block.text).get(), nullptr, NoPassphrase, nullptr));
  if (!key) {
    return Failure(fmt::format("{}:{}: the private key cannot be decoded: {}", name, block.line,
                               TakeOpenSslErrors()));
  }
  return key;
}

Result<std::vector<PemCertificate>> ReadCertificates(const PemFile& file) {
  const auto blocks = ReadPemBlocks(file, kCertificate);
  if (!blocks) return core::Unexpected(blocks.error());
  std::vector<PemCertificate> certificates;
  for (const PemBlock& block : *blocks) {
    if (!IsCertificate(block)) continue;
    auto certificate = DecodeCertificate(file.name, block);
    if (!certificate) return core::Unexpected(certificate.error());
    certificates.push_back({std::move(certificate).value(), block.line});
  }
  if (certificates.empty()) return WrongContent(file, blocks->front(), kCertificate);
  return certificates;
}

Result<EvpPkeyPtr> ReadPrivateKey(const PemFile& file) {
  const auto blocks = ReadPemBlocks(file, kPrivateKey);
  if (!blocks) return core::Unexpected(blocks.error());
  const auto block = std::find_if(blocks->begin(), blocks->end(), IsPrivateKey);
  if (block == blocks->end()) return WrongContent(file, blocks->front(), kPrivateKey);
  return DecodePrivateKey(file.name, *block);
}

std::string ToPem(const X509& certificate) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), &certificate);
  return TextOf(memory.get());
}

std::string ToPem(const EVP_PKEY& key) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(memory.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(memory.get());
}

}  // namespace mountguard::certs
