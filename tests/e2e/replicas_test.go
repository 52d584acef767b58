package e2e

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mountguard.io/e2e/harness"
)

// replicas are two servers behind one balancer, of one policy and one certificate, as the pods of a
// Deployment are.
type replicas struct {
	options  harness.ServeOptions
	servers  [2]*harness.Mountguard
	balancer *harness.Balancer
}

func startReplicas(t *testing.T) *replicas {
	t.Helper()
	dir := t.TempDir()
	must(harness.RunMountguard(t, "certs", "issue", "--out", dir, "--ip", "127.0.0.1")).or(t)
	policy := filepath.Join(dir, "policy.yaml")
	check(t, os.WriteFile(policy, []byte(noBidirectional), 0o600))
	r := &replicas{options: harness.ServeOptions{
		ShutdownDelay: time.Second,
		CABundle:      must(os.ReadFile(filepath.Join(dir, "ca.crt"))).or(t),
		Flags: []string{
			"--tls-cert-file", filepath.Join(dir, "tls.crt"),
			"--tls-private-key-file", filepath.Join(dir, "tls.key"),
			"--policy", policy,
			"--enforcement-action", "Audit",
		},
	}}
	for i := range r.servers {
		r.servers[i] = harness.StartMountguard(t, r.options)
	}
	r.balancer = must(harness.StartBalancer()).or(t)
	t.Cleanup(r.balancer.Close)
	r.join()
	return r
}

// join makes both replicas endpoints.
func (r *replicas) join() {
	r.balancer.Direct(r.servers[0].Address(), r.servers[1].Address())
}

// leave makes the other replica the only endpoint, as when a pod is terminating.
func (r *replicas) leave(i int) { r.balancer.Direct(r.servers[1-i].Address()) }

// restart starts replica i anew, on another port, and makes it an endpoint when it is ready.
func (r *replicas) restart(t *testing.T, i int) {
	t.Helper()
	r.servers[i] = harness.StartMountguard(t, r.options)
	r.join()
}

// rounds is how often both replicas are replaced.
func rounds() int {
	if os.Getenv("MOUNTGUARD_LONG") == "1" {
		return 20
	}
	return 2
}

// A roll-out after another: each replica in turn gets SIGTERM, and a new one takes its place, while
// the API server creates pods all the time.
func TestReplacingBothReplicasAgainAndAgainLosesNoRequest(t *testing.T) {
	r := startReplicas(t)
	namespace := newNamespace(t)
	register(t, namespace, "https://"+r.balancer.Address+"/validate", r.options.CABundle)
	const enough = 20
	requests := startLoad(t.Context(), namespace)
	check(t, requests.waitForMore(enough))
	for range rounds() {
		for i := range r.servers {
			check(t, r.servers[i].Process.Terminate())
			r.leave(i)
			<-r.servers[i].Process.Exited()
			if code := r.servers[i].Process.Stop(); code != 0 {
				t.Errorf("SIGTERM ended a replica with %d", code)
			}
			r.restart(t, i)
			check(t, requests.waitForMore(enough))
		}
	}
	if err := requests.stop(); err != nil {
		t.Error(err)
	}
	t.Logf("%d creations while both replicas were replaced %d times each",
		requests.done.Load(), rounds())
}

// kill -9 takes with it what was in flight, at most one request of each client, and nothing else;
// the replica that comes back is the same.
func TestKillingAReplicaLosesWhatIsInFlightAlone(t *testing.T) {
	r := startReplicas(t)
	namespace := newNamespace(t)
	register(t, namespace, "https://"+r.balancer.Address+"/validate", r.options.CABundle)
	const enough = 50
	requests := startLoad(t.Context(), namespace)
	var ready []time.Duration
	for round := range rounds() {
		i := round % len(r.servers)
		certificate := must(r.servers[i].Certificate()).or(t)
		policy := must(r.servers[i].Labels("mountguard_policy_info")).or(t)
		check(t, requests.waitForMore(enough))
		if failures := requests.takeFailures(); len(failures) > 0 {
			t.Errorf("%d creations failed while nobody was killed: %v", len(failures), failures[0])
		}

		r.servers[i].Process.Kill()
		// Each client finds out: what fails now was in flight.
		check(t, requests.waitForMore(clients))
		lost := requests.takeFailures()
		t.Logf("round %d: %d of %d clients lost what they had in flight", round+1, len(lost), clients)
		if len(lost) > clients {
			t.Errorf("%d creations failed, more than were in flight: %v", len(lost), lost)
		}
		// One endpoint is dead all the while, and the balancer has to find that out by itself.
		check(t, requests.waitForMore(enough))

		r.restart(t, i)
		ready = append(ready, r.servers[i].ReadyAfter)
		if !bytes.Equal(must(r.servers[i].Certificate()).or(t), certificate) {
			t.Error("the replica came back with another certificate")
		}
		if again := must(r.servers[i].Labels("mountguard_policy_info")).or(t); !maps.Equal(again, policy) {
			t.Errorf("the replica came back with policy %v, not %v", again, policy)
		}
	}
	check(t, requests.waitForMore(enough))
	if err := requests.stop(); err != nil {
		t.Error(err)
	}
	t.Logf("ready again after %v", ready)
}
