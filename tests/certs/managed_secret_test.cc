#include "certs/managed_secret.h"

#include <catch2/catch.hpp>

#include <string>

#include "tests/certs/forge.h"

using namespace mountguard::certs;  // NOLINT: a test of this one folder
using mountguard::tests::kToday;
using namespace std::chrono_literals;

namespace {

IssueOptions Options() {
  IssueOptions options;
  options.service = "webhook";
  options.service_namespace = "ns";
  options.ip_addresses = {"::0001"};
  return options;
}

/// A rotation under way: a retired CA, the current one with its leaf, and the next.
StoredCertificates Full() {
  StoredCertificates stored = WithStaged({}, MakeAuthority(Options(), kToday).value());
  stored = WithPromoted(stored, MakeLeaf(Options(), *stored.next, kToday).value());
  stored = WithStaged(stored, MakeAuthority(Options(), kToday).value());
  stored = WithPromoted(stored, MakeLeaf(Options(), *stored.next, kToday + 1h).value());
  return WithStaged(stored, MakeAuthority(Options(), kToday).value());
}

ManagedSecret Read(const std::map<std::string, std::string>& data) {
  return ReadManagedSecret(data, NamesOf(Options()).value());
}

std::string OnlyProblem(const ManagedSecret& secret) {
  return secret.problems.size() == 1 ? secret.problems.front()
                                     : std::to_string(secret.problems.size()) + " problems";
}

}  // namespace

TEST_CASE("what is written is read as it was") {
  const StoredCertificates stored = Full();
  const ManagedSecret read = Read(WriteManagedSecret(stored));
  CHECK(read.problems.empty());
  REQUIRE(read.stored.current.has_value());
  CHECK(read.stored.current->id == stored.current->id);
  CHECK(read.stored.current->can_sign);
  CHECK(read.stored.current->leaves_end == stored.leaf->not_after);
  CHECK(read.stored.next->id == stored.next->id);
  CHECK(read.stored.next->can_sign);
  REQUIRE(read.stored.retired.size() == 1);
  CHECK(read.stored.retired[0].id == stored.retired[0].id);
  CHECK(read.stored.retired[0].leaves_end == kToday + 90 * 24h);
  CHECK_FALSE(read.stored.retired[0].can_sign);
  CHECK(read.stored.leaf->authority == stored.current->id);
  CHECK(read.stored.leaf->has_names);
  CHECK(WriteManagedSecret(read.stored) == WriteManagedSecret(stored));
}

TEST_CASE("a retired CA's key is kept nowhere") {
  const StoredCertificates stored = Full();
  CHECK(stored.retired[0].pem.key.empty());
  CHECK(WriteManagedSecret(stored).at("retired-ca.crt").find("PRIVATE KEY") == std::string::npos);
}

TEST_CASE("what cannot be used is left out, and told by its key") {
  auto data = WriteManagedSecret(Full());
  SECTION("half a certificate") {
    data["tls.crt"].resize(200);
    CHECK(OnlyProblem(Read(data)).find("tls.crt:1") == 0);
    CHECK_FALSE(Read(data).stored.leaf.has_value());
  }
  SECTION("the key of another") {
    data["tls.key"] = data["ca.key"];
    CHECK(OnlyProblem(Read(data)) == "tls.key does not fit tls.crt");
    CHECK_FALSE(Read(data).stored.leaf.has_value());
  }
  SECTION("a CA without its key is still to be trusted") {
    data.erase("ca.key");
    CHECK(OnlyProblem(Read(data)) == "ca.key is missing");
    REQUIRE(Read(data).stored.current.has_value());
    CHECK_FALSE(Read(data).stored.current->can_sign);
  }
  SECTION("a leaf in a CA's place") {
    data["next-ca.crt"] = data["tls.crt"];
    CHECK(OnlyProblem(Read(data)) == "next-ca.crt is no CA's certificate");
    CHECK_FALSE(Read(data).stored.next.has_value());
  }
  SECTION("a leaf that none of the CAs signed") {
    const Authority stranger = MakeAuthority(Options(), kToday).value();
    const Leaf leaf = MakeLeaf(Options(), stranger, kToday).value();
    data["tls.crt"] = leaf.pem.certificate;
    data["tls.key"] = leaf.pem.key;
    CHECK(OnlyProblem(Read(data)) == "tls.crt is signed by none of the CAs beside it");
    CHECK(Read(data).stored.leaf->authority.empty());
  }
  SECTION("dates that are lost are those of the CA") {
    data["rotation.json"] = "{";
    CHECK(OnlyProblem(Read(data)) == "rotation.json is not what mountguard writes");
    CHECK(Read(data).stored.retired[0].leaves_end == Read(data).stored.retired[0].not_after);
  }
  SECTION("nothing at all") {
    CHECK(Read({}).problems.empty());
    CHECK_FALSE(Read({}).stored.current.has_value());
  }
}

TEST_CASE("a leaf that lacks a wanted name is known by it") {
  const auto data = WriteManagedSecret(Full());
  IssueOptions wants_more = Options();
  wants_more.dns_names = {"webhook.example.org"};
  CHECK_FALSE(ReadManagedSecret(data, NamesOf(wants_more).value()).stored.leaf->has_names);
  IssueOptions wants_less = Options();
  wants_less.ip_addresses.clear();
  CHECK(ReadManagedSecret(data, NamesOf(wants_less).value()).stored.leaf->has_names);
}

TEST_CASE("a bundle is read with what is wrong in it") {
  const StoredCertificates stored = Full();
  const std::string one = stored.current->pem.certificate;
  const std::string two = stored.next->pem.certificate;
  CHECK(ReadTrustBundle("").is_clean);
  CHECK(ReadTrustBundle("").authorities.empty());
  CHECK(ReadTrustBundle(one + two).authorities.size() == 2);
  CHECK(ReadTrustBundle(one + two).is_clean);
  CHECK(ReadTrustBundle(one + one).authorities.size() == 1);
  CHECK_FALSE(ReadTrustBundle(one + one).is_clean);
  CHECK_FALSE(ReadTrustBundle("garbage").is_clean);
  CHECK_FALSE(ReadTrustBundle(one + stored.current->pem.key).is_clean);
  CHECK(WriteTrustBundle(ReadTrustBundle(one + two).authorities) == one + two);
}

TEST_CASE("a leaf ends with its CA at the latest") {
  IssueOptions options = Options();
  options.ca_lifetime = 48h;
  const Authority authority = MakeAuthority(options, kToday).value();
  CHECK(MakeLeaf(options, authority, kToday + 1h)->not_after == authority.not_after);
}
