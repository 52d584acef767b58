package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"mountguard.io/e2e/harness"
)

// variant is a way in which pods are created, and how long each creation took.
type variant struct {
	name      string
	namespace string
	mounts    []corev1.VolumeMount
	base      *variant // the same pod where nobody judges it; nil for that itself
	taken     []time.Duration
}

func (v *variant) median() time.Duration {
	sorted := slices.Sorted(slices.Values(v.taken))
	return sorted[len(sorted)/2]
}

// added is what the variant's creations take longer than its base's.
func (v *variant) added() time.Duration { return v.median() - v.base.median() }

// create creates the pod as a dry run, so that the disk under etcd has no part in it.
func (v *variant) create(ctx context.Context, client kubernetes.Interface) error {
	begin := time.Now()
	_, err := client.CoreV1().Pods(v.namespace).Create(ctx, pod(v.namespace, "latency", v.mounts...),
		metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	v.taken = append(v.taken, time.Since(begin))
	if err != nil {
		return fmt.Errorf("%s: %w", v.name, err)
	}
	return nil
}

// createInterleaved creates rounds pods of each variant, one after the other, beginning with another
// variant each time, so that whatever slows the machine down slows all of them.
func createInterleaved(t *testing.T, variants []*variant, rounds int) {
	t.Helper()
	config := rest.CopyConfig(cluster.Config)
	var warnings []string
	config.WarningHandlerWithContext = warningCollector{}
	ctx := context.WithValue(t.Context(), warningsKey{}, &warnings)
	client := must(kubernetes.NewForConfig(config)).or(t)
	for round := range rounds {
		for i := range variants {
			check(t, variants[(round+i)%len(variants)].create(ctx, client))
		}
	}
	if len(warnings) > 0 {
		t.Errorf("what is compared is not alike: a variant warns: %s", warnings[0])
	}
}

// conditionsOf are the matchConditions that mountguard exports for a policy.
func conditionsOf(t *testing.T, policyFile string) []registrationv1.MatchCondition {
	t.Helper()
	output := must(harness.RunMountguard(t, "policy", "export", "--match-conditions", "--policy", policyFile)).or(t)
	var printed struct {
		MatchConditions []registrationv1.MatchCondition
	}
	check(t, yaml.Unmarshal([]byte(output), &printed))
	return printed.MatchConditions
}

// requestsOf is how many objects a server has judged.
func requestsOf(t *testing.T, server *harness.Mountguard) float64 {
	t.Helper()
	labels := map[string]string{"operation": "CREATE", "kind": "Pod", "decision": "allow"}
	return must(server.Counter("mountguard_admission_requests_total", labels)).or(t)
}

// TestAddedLatency measures what judging adds to the creation of a pod at the API server: by
// mountguard, by a webhook in Go that does nothing, and by the ValidatingAdmissionPolicy that decides
// as mountguard's policy does. latency.sh asks for the figures; otherwise the test holds that each
// variant is what its name says.
func TestAddedLatency(t *testing.T) {
	const warmUp = 20
	rounds := 20
	measured := os.Getenv("MOUNTGUARD_LATENCY") == "1"
	if measured {
		rounds = 2000
	}
	policyFile := filepath.Join(t.TempDir(), "policy.yaml")
	check(t, os.WriteFile(policyFile, []byte(noBidirectional), 0o600))

	// Judged, allowed, and nothing to be said of it.
	judged := []corev1.VolumeMount{mount("/a", corev1.MountPropagationNone), mount("/b", corev1.MountPropagationNone)}
	bare := &variant{name: "no webhook", namespace: newNamespace(t), mounts: judged}

	goURL, goCA := startNullWebhook(t)
	hop := &variant{name: "Go's webhook that allows everything", namespace: newNamespace(t), mounts: judged, base: bare}
	register(t, hop.namespace, goURL+"/", goCA)

	server := harness.StartMountguard(t, harness.ServeOptions{Policy: noBidirectional})
	ours := &variant{name: "mountguard", namespace: newNamespace(t), mounts: judged, base: bare}
	register(t, ours.namespace, server.URL+"/validate", server.CABundle)

	spareServer := harness.StartMountguard(t, harness.ServeOptions{Policy: noBidirectional})
	bareSpared := &variant{name: "no webhook, a pod that is spared", namespace: newNamespace(t)}
	spared := &variant{name: "mountguard, a pod that is spared", namespace: newNamespace(t), base: bareSpared}
	register(t, spared.namespace, spareServer.URL+"/validate", spareServer.CABundle, conditionsOf(t, policyFile)...)

	// The least that an API server can do about a condition.
	condition := &variant{name: "the condition false, the same pod", namespace: newNamespace(t), base: bareSpared}
	register(t, condition.namespace, spareServer.URL+"/validate", spareServer.CABundle,
		registrationv1.MatchCondition{Name: "never", Expression: "false"})

	inProcess := &variant{name: "ValidatingAdmissionPolicy", namespace: newNamespace(t), mounts: judged, base: bare}
	policies, bindings, _ := exportedPolicies(t, policyFile, "latency")
	defer installPolicies(t, inProcess.namespace, policies, bindings)()

	variants := []*variant{bare, hop, ours, inProcess, bareSpared, spared, condition}
	createInterleaved(t, variants, warmUp)
	for _, one := range variants {
		one.taken = nil
	}
	before := requestsOf(t, server)
	createInterleaved(t, variants, rounds)
	if got := requestsOf(t, server) - before; got != float64(rounds) {
		t.Errorf("mountguard was asked %v times about %d pods", got, rounds)
	}
	if got := requestsOf(t, spareServer); got != 0 {
		t.Errorf("mountguard was asked %v times about pods that its conditions spare", got)
	}
	for _, one := range []*variant{ours, inProcess} {
		_, err := cluster.Client.CoreV1().Pods(one.namespace).Create(t.Context(),
			pod(one.namespace, "refused", everyMode...), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil || !strings.Contains(err.Error(), "[no-bidirectional]") {
			t.Errorf("%s is not in force: %v", one.name, err)
		}
	}
	if !measured {
		return
	}
	report(t, variants)
	if ratio := float64(ours.added()) / float64(hop.added()); ratio > 1.1 {
		t.Errorf("mountguard adds %.2f times what Go's webhook adds; at most 1.1 was promised", ratio)
	}
	if spared.added() >= ours.added() {
		t.Errorf("to spare a pod takes %v, to judge it %v", spared.added(), ours.added())
	}
}

func report(t *testing.T, variants []*variant) {
	t.Helper()
	var table strings.Builder
	fmt.Fprintf(&table, "%-38s %10s %10s\n", "", "median us", "added us")
	for _, one := range variants {
		fmt.Fprintf(&table, "%-38s %10d", one.name, one.median().Microseconds())
		if one.base != nil {
			fmt.Fprintf(&table, " %10d", one.added().Microseconds())
		}
		table.WriteString("\n")
	}
	t.Logf("%d creations of each\n%s", len(variants[0].taken), table.String())
}
