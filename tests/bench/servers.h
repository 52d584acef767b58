#ifndef MOUNTGUARD_TESTS_BENCH_SERVERS_H_
#define MOUNTGUARD_TESTS_BENCH_SERVERS_H_

#include <string>
#include <vector>

namespace mountguard::bench {

/// The servers that are held against each other, and the certificate that all of them serve.
struct Servers {
  std::string mountguard;
  std::string certificate;
  std::string key;
  std::string directory;  // of those built beside the benchmarks: bare, null, stock
  std::string peer;       // runs pod-security-admission's server (peers/); "": there is none

  /// `mountguard serve` on a free port, with further flags.
  std::vector<std::string> Serve(const std::vector<std::string>& flags = {}) const;
  /// The server of that name which was built beside the benchmarks.
  std::vector<std::string> Beside(const std::string& name) const;
  /// pod-security-admission, for which the pod's namespace has these labels.
  std::vector<std::string> Peer(const std::vector<std::string>& labels) const;
};

}  // namespace mountguard::bench

#endif  // MOUNTGUARD_TESTS_BENCH_SERVERS_H_
