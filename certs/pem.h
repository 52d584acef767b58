#ifndef MOUNTGUARD_CERTS_PEM_H_
#define MOUNTGUARD_CERTS_PEM_H_

#include <string>
#include <string_view>
#include <vector>

#include "certs/openssl_ptr.h"
#include "core/result.h"

namespace mountguard::certs {

/// A PEM text and what messages call it: its path, or the key of a Secret.
struct PemFile {
  std::string name;
  std::string content;
};

/// One `-----BEGIN label-----` to its END line. Borrowed from the file's content.
struct PemBlock {
  std::string_view label;
  std::string_view text;  // both lines included
  int line = 0;           // of BEGIN, from 1
};

struct PemCertificate {
  X509Ptr certificate;
  int line = 0;  // of BEGIN, from 1
};

/// The blocks in order; text between them is passed over, as PEM allows. Fails on an empty file, on
/// DER, on a file without any block and on a block that is not closed. `expected` is what the file
/// should hold ("a certificate"), for the message.
core::Result<std::vector<PemBlock>> ReadPemBlocks(const PemFile& file, std::string_view expected);
core::Result<std::vector<PemBlock>> ReadPemBlocks(PemFile&& file, std::string_view) = delete;

bool IsCertificate(const PemBlock& block);
bool IsPrivateKey(const PemBlock& block);  // encrypted ones too

/// Decode one block; `name` is the file's, for messages.
core::Result<X509Ptr> DecodeCertificate(std::string_view name, const PemBlock& block);
core::Result<EvpPkeyPtr> DecodePrivateKey(std::string_view name, const PemBlock& block);

/// All certificates of a file, at least one. Other blocks are passed over.
core::Result<std::vector<PemCertificate>> ReadCertificates(const PemFile& file);

/// The first private key of a file: PKCS#8, SEC1 or PKCS#1. An encrypted one is refused: a server
/// has nobody to ask for the passphrase.
core::Result<EvpPkeyPtr> ReadPrivateKey(const PemFile& file);

/// Certificate and unencrypted PKCS#8 key as PEM.
std::string ToPem(const X509& certificate);
std::string ToPem(const EVP_PKEY& key);

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_PEM_H_
