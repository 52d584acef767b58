// Package e2e drives mountguard from outside: a real API server calls it, and the tests read what
// kubectl's user, the audit log and client-go see.
package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	registrationv1 "k8s.io/api/admissionregistration/v1"

	"mountguard.io/e2e/harness"
)

// cluster is shared by all tests; each test has a namespace and a webhook of its own.
var cluster *harness.Cluster

func TestMain(m *testing.M) {
	if dir := os.Getenv(nullWebhookVariable); dir != "" {
		fmt.Fprintln(os.Stderr, serveNullWebhook(dir))
		os.Exit(1)
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	binary, found := harness.ClusterBinary()
	if !found {
		fmt.Printf("skipped: no cluster binary at %s; run.sh builds it\n", binary)
		return 0
	}
	dir, err := os.MkdirTemp("", "mountguard-e2e-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	cluster, err = harness.StartCluster(context.Background(),
		harness.Options{Binary: binary, Dir: dir})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer cluster.Stop()
	code := m.Run()
	if code != 0 {
		fmt.Println(cluster.Logs())
	}
	return code
}

// newNamespace creates a namespace named after the test.
func newNamespace(t *testing.T) string {
	t.Helper()
	prefix := strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-")) + "-"
	return must(cluster.CreateNamespace(t.Context(), prefix)).or(t)
}

// register lets url judge what fulfils the conditions in the namespace until the test ends.
func register(t *testing.T, namespace, url string, caBundle []byte,
	conditions ...registrationv1.MatchCondition) {
	t.Helper()
	check(t, cluster.Register(t.Context(), namespace, url, caBundle, conditions...))
	t.Cleanup(func() {
		if err := cluster.Unregister(context.Background(), namespace); err != nil {
			t.Error(err)
		}
	})
}

// guard starts mountguard and lets it judge a new namespace.
func guard(t *testing.T, options harness.ServeOptions) (namespace string) {
	t.Helper()
	server := harness.StartMountguard(t, options)
	namespace = newNamespace(t)
	register(t, namespace, server.URL+"/validate", server.CABundle)
	return namespace
}

// check ends the test if there is an error.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must unwraps what came without an error and ends the test otherwise: must(f()).or(t).
func must[T any](value T, err error) outcome[T] { return outcome[T]{value, err} }

type outcome[T any] struct {
	value T
	err   error
}

func (o outcome[T]) or(t *testing.T) T {
	t.Helper()
	check(t, o.err)
	return o.value
}
