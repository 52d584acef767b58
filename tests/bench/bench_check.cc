// What `check` costs beside a bare libyaml scan of the same bytes, on one thread, and what of it is
// reading.
//
//   bench_check [FILE]...      without files: a made-up manifest of DaemonSets
//
// The rounds of all measurements take turns, and the fastest of each counts.

#include <fmt/format.h>
#include <time.h>
#include <yaml.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/checker.h"
#include "core/file_reader.h"
#include "core/manifest_stream.h"
#include "core/yaml_reader.h"
#include "policy/engine.h"
#include "policy/policy_loader.h"
#include "tests/bench/cpu_time.h"

namespace {

using mountguard::core::DocumentSplitter;
using mountguard::core::ManifestStream;
using mountguard::core::TextSource;
using mountguard::core::YamlDocument;
using mountguard::core::YamlReader;

constexpr int kRounds = 15;
constexpr int kObjects = 400;

std::string MakeManifest() {
  std::string text;
  for (int i = 0; i < kObjects; ++i) {
    text += fmt::format(R"(---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: node-agent-{0}
  namespace: kube-system
  labels:
    app.kubernetes.io/name: node-agent
    app.kubernetes.io/instance: "{0}"
spec:
  selector:
    matchLabels: {{app: node-agent}}
  template:
    metadata:
      labels: {{app: node-agent}}
    spec:
      hostNetwork: true
      priorityClassName: system-node-critical
      tolerations:
        - operator: Exists
      containers:
        - name: driver
          image: registry.example.com/storage/driver:v1.{0}.0
          args:
            - --endpoint=$(CSI_ENDPOINT)
            - --v=5
          securityContext:
            privileged: true
          env:
            - name: CSI_ENDPOINT
              value: unix:///csi/csi.sock
            - name: NODE_NAME
              valueFrom:
                fieldRef:
                  fieldPath: spec.nodeName
          resources:
            requests: {{cpu: 10m, memory: 20Mi}}
          volumeMounts:
            - name: plugin-dir
              mountPath: /csi
            - name: pods-mount-dir
              mountPath: /var/lib/kubelet/pods
              mountPropagation: Bidirectional
            # Devices of the host.
            - {{name: device-dir, mountPath: /dev}}
      volumes:
        - name: plugin-dir
          hostPath:
            path: /var/lib/kubelet/plugins/driver
            type: DirectoryOrCreate
        - name: pods-mount-dir
          hostPath: {{path: /var/lib/kubelet/pods, type: Directory}}
        - name: device-dir
          hostPath: {{path: /dev}}
)",
                        i);
  }
  return text;
}

std::size_t ScanBare(std::string_view text) {
  yaml_parser_t parser;
  if (yaml_parser_initialize(&parser) == 0) std::abort();
  yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()),
                               text.size());
  std::size_t events = 0;
  for (bool more = true; more; ++events) {
    yaml_event_t event;
    if (yaml_parser_parse(&parser, &event) == 0) break;
    more = event.type != YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  return events;
}

std::size_t ReadAll(std::string_view text, YamlReader* reader) {
  YamlDocument document;
  std::size_t read = 0;
  DocumentSplitter documents(text);
  while (const auto next = documents.Next()) {
    if (reader->Read(*next, &document) && document.json.root().exists()) ++read;
  }
  return read;
}

/// The CPU time that `run` takes to give its result, in seconds.
template <class F>
double SecondsOf(const F& run) {
  return mountguard::bench::Seconds([&run] {
    volatile std::size_t result = run();
    static_cast<void>(result);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const mountguard::core::SystemFileReader files;
  std::vector<std::string> texts;
  for (int i = 1; i < argc; ++i) {
    auto text = files.Read(argv[i]);
    if (!text) {
      fmt::print(stderr, "{}\n", text.error().message);
      return 3;
    }
    texts.push_back(*std::move(text));
  }
  if (texts.empty()) texts.push_back(MakeManifest());
  double megabytes = 0;
  for (const std::string& text : texts) megabytes += static_cast<double>(text.size()) / 1e6;

  YamlReader reader;
  const auto over_all = [&texts](auto one) {
    return [&texts, one] {
      std::size_t sum = 0;
      for (const std::string& text : texts) sum += one(text);
      return sum;
    };
  };
  const mountguard::policy::Engine engine(mountguard::policy::Baseline(), "",
                                          mountguard::core::Runtime::kContainerd);
  const mountguard::cli::CheckSettings settings;
  std::istringstream nothing;
  mountguard::cli::Checker checker(engine, settings, files, nothing);
  const auto check_all = over_all([&](const std::string& text) {
    ManifestStream stream(std::make_unique<TextSource>(text));
    int documents = 0;
    for (bool more = true; more;) {
      const auto piece = stream.Next();
      if (!piece) std::abort();
      documents += checker.CheckPiece("bench.yaml", **piece).summary.documents;
      more = !(*piece)->last;
    }
    return static_cast<std::size_t>(documents);
  });
  std::array<double, 3> best;
  best.fill(std::numeric_limits<double>::infinity());
  for (int round = 0; round < kRounds; ++round) {
    best[0] = std::min(best[0], SecondsOf(over_all(ScanBare)));
    best[1] = std::min(
        best[1],
        SecondsOf(over_all([&](std::string_view text) { return ReadAll(text, &reader); })));
    best[2] = std::min(best[2], SecondsOf(check_all));
  }
  constexpr std::array<std::string_view, 3> kNames{"libyaml events, nothing done with them",
                                                   "reader: values and source map",
                                                   "check: the baseline policy judged"};
  fmt::print("{:.2f} MB in {} files\n", megabytes, texts.size());
  for (std::size_t i = 0; i < best.size(); ++i) {
    fmt::print("{:<42} {:7.1f} MB/s  ratio {:.2f}\n", kNames[i], megabytes / best[i],
               best[i] / best[0]);
  }
  fmt::print("Limit: check 1.6\n");
}
