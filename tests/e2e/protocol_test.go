package e2e

import (
	"strings"
	"testing"

	"mountguard.io/e2e/harness"
)

// What goes wrong between the API server and mountguard is told to whoever runs kubectl, so it must
// be told in mountguard's words: the API server keeps those of a Status and drops all others.
func TestProtocolErrorsReachTheUserInOurWords(t *testing.T) {
	cases := map[string]struct {
		flags []string
		path  string
		words []string
	}{
		"unknown-profile": {
			path:  "/validate/nosuchprofile",
			words: []string{`"nosuchprofile"`},
		},
		"wrong-path": {
			path:  "/admit",
			words: []string{"/admit", "/validate"},
		},
		"too-large": {
			flags: []string{"--max-request-bytes", "100"},
			path:  "/validate",
			words: []string{"mountguard", "at most 100", "--max-request-bytes"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := harness.StartMountguard(t, harness.ServeOptions{Flags: c.flags})
			namespace := newNamespace(t)
			register(t, namespace, server.URL+c.path, server.CABundle)
			output := must(cluster.Apply(t.Context(), pod(namespace, "any"))).or(t)
			expectCallFailure(t, output, c.words...)
		})
	}
}

func TestUnknownProfileIsToldWithTheKnownOnes(t *testing.T) {
	policy := strings.Replace(noBidirectional, "spec:\n", "spec:\n  profiles: [restricted]\n", 1)
	server := harness.StartMountguard(t, harness.ServeOptions{Policy: policy})
	namespace := newNamespace(t)
	register(t, namespace, server.URL+"/validate/restrcited", server.CABundle)
	output := must(cluster.Apply(t.Context(), pod(namespace, "any"))).or(t)
	expectCallFailure(t, output, `"restrcited"`, "restricted")
}

func TestStoppedServerLetsNothingThrough(t *testing.T) {
	server := harness.StartMountguard(t, harness.ServeOptions{})
	namespace := newNamespace(t)
	register(t, namespace, server.URL+"/validate", server.CABundle)
	if code := server.Process.Stop(); code != 0 {
		t.Errorf("mountguard ended with %d", code)
	}
	output := must(cluster.Apply(t.Context(), pod(namespace, "any"))).or(t)
	expectCallFailure(t, output, "connection refused")
}

func TestCertificateOfAnotherAuthorityIsRefused(t *testing.T) {
	server := harness.StartMountguard(t, harness.ServeOptions{})
	other := harness.StartMountguard(t, harness.ServeOptions{})
	namespace := newNamespace(t)
	register(t, namespace, server.URL+"/validate", other.CABundle)
	output := must(cluster.Apply(t.Context(), pod(namespace, "any"))).or(t)
	expectCallFailure(t, output, "certificate signed by unknown authority")
}

// expectCallFailure wants kubectl to say that the webhook could not be called, with all words.
func expectCallFailure(t *testing.T, output harness.Output, words ...string) {
	t.Helper()
	words = append(words, "Error from server (InternalError): ",
		`failed calling webhook "`+harness.WebhookName+`": failed to call webhook: `)
	for _, word := range words {
		if !strings.Contains(output.Error, word) {
			t.Errorf("kubectl ended with %d and printed\n%s\nwithout %s",
				output.ExitCode, output.Error, word)
		}
	}
}
