// Package node drives a whole Kubernetes, with a node that runs pods.
package node

import (
	"context"
	"fmt"
	"os"
	"testing"

	"mountguard.io/e2e/harness"
)

// cluster is shared by all tests; each has a namespace of its own.
var cluster *harness.NodeCluster

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	if missing := harness.MissingForNode(); missing != "" {
		fmt.Println("skipped:", missing)
		return 0
	}
	binary, found := os.LookupEnv("CLUSTER_BIN")
	if !found {
		fmt.Println("skipped: CLUSTER_BIN does not name a cluster binary; node.sh builds it")
		return 0
	}
	dir, err := os.MkdirTemp("", "mountguard-node-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	cluster, err = harness.StartNodeCluster(context.Background(),
		harness.Options{Binary: binary, Dir: dir})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	code := m.Run()
	if code != 0 {
		fmt.Println(cluster.Logs())
	}
	if err := cluster.Stop(); err != nil {
		fmt.Println(err)
		return 1
	}
	return code
}
