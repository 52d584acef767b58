package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"mountguard.io/e2e/harness"
)

// Where things are, seen from this folder, and what an installation is called.
const (
	root         = "../../.."
	installation = "mountguard-system"
	deployment   = "deployment/mountguard"
	selector     = "app.kubernetes.io/name=mountguard"
)

// imported is the image of the program under test, which is the same for all tests.
var imported struct {
	once sync.Once
	err  error
}

// importMountguard builds the image, of the whole program that stands beside the one under test, and gives it to the node, unless a test before has done so.
func importMountguard(t *testing.T) {
	t.Helper()
	binary, archive := harness.MountguardBinary(t)+"-server", filepath.Join(t.TempDir(), "mountguard.tar")
	imported.once.Do(func() {
		build := exec.Command(root+"/deploy/image/build.sh", "--output", archive, "--binary", binary)
		if output, err := build.CombinedOutput(); err != nil {
			imported.err = fmt.Errorf("%w\n%s", err, output)
			return
		}
		imported.err = cluster.ImportImage(t.Context(), archive)
	})
	check(t, imported.err)
}

// kubectl runs it on what must go well and returns what it prints.
func kubectl(t *testing.T, stdin string, arguments ...string) harness.Output {
	t.Helper()
	output, err := cluster.Kubectl(t.Context(), stdin, arguments...)
	check(t, err)
	if output.ExitCode != 0 {
		t.Fatalf("kubectl %v ended with %d: %s", arguments, output.ExitCode, output.Error)
	}
	return output
}

// tryApply applies a manifest as a dry run and returns kubectl's words on it.
func tryApply(ctx context.Context, manifest string) (harness.Output, error) {
	return cluster.Kubectl(ctx, manifest, "apply", "--dry-run=server", "-f", "-")
}

// waitSaid applies a manifest as a dry run again and again until kubectl's words are as wanted.
func waitSaid(t *testing.T, manifest, what string, wanted func(harness.Output) bool) {
	t.Helper()
	var said harness.Output
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true,
		func(ctx context.Context) (bool, error) {
			var err error
			said, err = tryApply(ctx, manifest)
			return err == nil && wanted(said), err
		})
	if err != nil {
		t.Fatalf("it should be %s: %v\n%+v", what, err, said)
	}
}

func waitRefused(t *testing.T, manifest, words string) {
	t.Helper()
	waitSaid(t, manifest, "refused with "+words, func(said harness.Output) bool {
		return said.ExitCode != 0 && strings.Contains(said.Error, words)
	})
}

func waitTaken(t *testing.T, manifest string) {
	t.Helper()
	waitSaid(t, manifest, "taken", func(said harness.Output) bool { return said.ExitCode == 0 })
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestInstalledByOneManifest installs as docs/install.md says, without Helm.
func TestInstalledByOneManifest(t *testing.T) {
	importMountguard(t)
	check(t, cluster.Define(t.Context(), "argoproj.io", "v1alpha1", "Rollout", "rollouts"))
	kubectl(t, "", "create", "namespace", "shop")
	sample, err := os.ReadFile(root + "/deploy/samples/manifests/rollout.yaml")
	check(t, err)
	waitTaken(t, string(sample))

	install, err := filepath.Abs(root + "/deploy/install.yaml")
	check(t, err)

	begin := time.Now()
	said := kubectl(t, "", "apply", "-f", install)
	for _, warning := range said.Warnings {
		t.Errorf("kubectl apply warns: %s", warning)
	}
	kubectl(t, "", "-n", installation, "rollout", "status", deployment, "--timeout=1m")
	waitRefused(t, string(sample), "[bidirectional-requires-privileged]")
	took := time.Since(begin)
	t.Logf("both replicas ready and judging %v after kubectl apply", took.Round(10*time.Millisecond))
	if took > 20*time.Second {
		t.Errorf("it took %v until it judged", took)
	}
	output, err := tryApply(t.Context(), string(sample))
	check(t, err)
	const want = `The Rollout "web" is invalid: spec.template.spec.containers[0].volumeMounts[0].mountPropagation: ` +
		`Forbidden: Bidirectional mount propagation is available only to privileged containers ` +
		`(container "web", volume "shared" at "/srv/shared") [bidirectional-requires-privileged]` + "\n"
	if output.Error != want {
		t.Errorf("kubectl prints\n%s\nnot\n%s", output.Error, want)
	}

	kubectl(t, "", "delete", "-f", install)
	waitTaken(t, string(sample))
}

// TestAsAStaticPod installs beside the API server as docs/install.md says.
func TestAsAStaticPod(t *testing.T) {
	importMountguard(t)
	namespace, err := cluster.CreateNamespace(t.Context(), "static-")
	check(t, err)
	bad, spared := podOf(namespace, "Bidirectional"), podOf(namespace, "")

	const home = "/etc/mountguard"
	check(t, cluster.Machine.Inside(func() error {
		return errors.Join(os.MkdirAll(home, 0o755), unix.Mount("mountguard", home, "tmpfs", 0, "mode=755"))
	}))
	t.Cleanup(func() {
		check(t, cluster.Machine.Inside(func() error {
			return errors.Join(unix.Unmount(home, unix.MNT_DETACH), os.Remove(home))
		}))
	})
	run := func(program string, arguments ...string) {
		t.Helper()
		if output, err := cluster.Machine.Run(t.Context(), program, arguments...); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
	}
	run(harness.MountguardBinary(t), "certs", "issue", "--out", home+"/pki", "--ip", "127.0.0.1")
	manifest, err := os.ReadFile(root + "/deploy/static-pod/mountguard.yaml")
	check(t, err)
	webhook, err := os.ReadFile(root + "/deploy/static-pod/webhook.yaml")
	check(t, err)
	file := filepath.Join(harness.StaticPodDir, "mountguard.yaml")
	check(t, cluster.Machine.Inside(func() error {
		return errors.Join(os.Mkdir(home+"/policies", 0o755),
			os.WriteFile(home+"/policies/policies.yaml", []byte(twoPolicies), 0o644),
			os.WriteFile(home+"/webhook.yaml", webhook, 0o600))
	}))
	run("/bin/busybox", "chown", "-R", "65532:65532", home)
	check(t, cluster.Machine.Inside(func() error { return os.WriteFile(file, manifest, 0o600) }))

	run(harness.MountguardBinary(t), "certs", "inject", "--ca-file", home+"/pki/ca.crt", home+"/webhook.yaml")
	for _, warning := range kubectl(t, "", "apply", "-f", home+"/webhook.yaml").Warnings {
		t.Errorf("kubectl apply warns: %s", warning)
	}
	t.Cleanup(func() { // t.Context is over by then
		_, err := cluster.Kubectl(context.Background(), "", "delete", "validatingwebhookconfiguration", "mountguard", "--ignore-not-found")
		check(t, err)
	})
	waitRefused(t, bad, "[no-bidirectional]")

	// The kubelet starts it again without asking the API server, whatever that could not ask meanwhile.
	check(t, cluster.Restart(t.Context(), func() {
		waitRefused(t, bad, `failed calling webhook "mounts.mountguard.io"`)
		waitTaken(t, spared)
	}))
	waitRefused(t, bad, "[no-bidirectional]")

	check(t, cluster.Machine.Inside(func() error { return os.Remove(file) }))
	waitRefused(t, bad, `failed calling webhook "mounts.mountguard.io"`)
	kubectl(t, "", "delete", "validatingwebhookconfiguration", "mountguard")
	waitTaken(t, bad)
}

// twoPolicies hold for all, and for those who ask for a profile.
const twoPolicies = `apiVersion: mountguard.io/v1
kind: MountPolicy
metadata: {name: everywhere}
spec:
  rules:
    - name: no-bidirectional
      match: [{mountPropagation: [Bidirectional]}]
---
apiVersion: mountguard.io/v1
kind: MountPolicy
metadata: {name: tighter}
spec:
  profiles: [restricted]
  rules:
    - name: no-host-to-container
      match: [{mountPropagation: [HostToContainer]}]
`

// testerImage is what `helm test` runs: wget leaves TLS to openssl where it finds that. What it can do itself mountguard refuses, as it
// would have to sign with SHA-1.
var testerImage = harness.Image{Name: "mountguard.test/tester:1", Programs: []string{"/usr/bin/openssl"}}

func importTester(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(testerImage.Programs[0]); err != nil {
		t.Skip("skipped: no openssl: ", err)
	}
	check(t, cluster.BuildImage(t.Context(), testerImage))
}

// release is the chart as a user installs it.
type release struct{ values string }

// helm runs Helm in the machine, from where the API server is reached, and returns what it prints.
func (r release) helm(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	command := []string{"HOME=" + t.TempDir(), os.Getenv("HELM"), arguments[0], "--kubeconfig=" + cluster.Kubeconfig(), "--namespace=" + installation}
	return cluster.Machine.Run(t.Context(), "/usr/bin/env", append(command, arguments[1:]...)...)
}

// upgrade installs it, or changes it to the values that are given beside those of its file.
func (r release) upgrade(t *testing.T, settings ...string) {
	t.Helper()
	chart, err := filepath.Abs(root + "/deploy/chart")
	check(t, err)
	arguments := []string{"upgrade", "mountguard", chart, "--install", "--create-namespace", "--wait", "--timeout=2m",
		"--values=" + r.values, "--set=shutdownDelaySeconds=3", "--set=tests.image=" + testerImage.Name}
	for _, setting := range settings {
		arguments = append(arguments, "--set="+setting)
	}
	output, err := r.helm(t, arguments...)
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
}

// passes says whether `helm test` is content, and all that it and its pod print.
func (r release) passes(t *testing.T) (bool, string) {
	t.Helper()
	said, err := r.helm(t, "test", "mountguard", "--logs", "--timeout=1m")
	return err == nil, said
}

// makeValues writes the values of twoPolicies as docs/install.md says.
func makeValues(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	check(t, os.WriteFile(dir+"/policies.yaml", []byte(twoPolicies), 0o600))
	command := exec.Command(root+"/deploy/policy-values.sh", "--profile", "restricted", dir+"/policies.yaml")
	command.Env = append(os.Environ(), "MOUNTGUARD="+harness.MountguardBinary(t))
	values, err := command.Output()
	check(t, err)
	check(t, os.WriteFile(dir+"/values.yaml", values, 0o600))
	return dir + "/values.yaml"
}

// podOf is a pod with a mount of a mode; without one it has no mount at all, and no rule speaks of it.
func podOf(namespace, mode string) string {
	mount := ""
	if mode != "" {
		mount = fmt.Sprintf(`, volumeMounts: [{name: host, mountPath: /m, mountPropagation: %s}]`, mode)
	}
	return fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: probe, namespace: %s}, spec: {
  containers: [{name: c, image: %s, securityContext: {privileged: true}%s}], volumes: [{name: host, hostPath: {path: /srv}}]}}`,
		namespace, harness.TestImage.Name, mount)
}

// TestInstalledByHelm goes through the life of an installation, as docs/install.md tells it.
func TestInstalledByHelm(t *testing.T) {
	if os.Getenv("HELM") == "" {
		t.Skip("no Helm; node.sh has said why")
	}
	importMountguard(t)
	namespace, err := cluster.CreateNamespace(t.Context(), "installed-")
	check(t, err)
	mountguard := release{makeValues(t)}
	mountguard.upgrade(t)
	bad, spared := podOf(namespace, "Bidirectional"), podOf(namespace, "")
	waitRefused(t, bad, `[no-bidirectional]`)

	t.Run("a DaemonSet's pods are judged where its controller creates them", func(t *testing.T) {
		judgeDaemonSet(t, namespace)
	})
	t.Run("helm test tells whether the Service leads to a server with a policy", func(t *testing.T) {
		testByHelm(t, mountguard)
	})
	t.Run("a label picks the profile", func(t *testing.T) {
		host := podOf(namespace, "HostToContainer")
		waitTaken(t, host)
		kubectl(t, "", "label", "namespace", namespace, "mountguard.io/profile=restricted")
		waitRefused(t, host, "[no-host-to-container]")
		waitRefused(t, bad, "[no-bidirectional]")
		kubectl(t, "", "label", "namespace", namespace, "mountguard.io/profile-")
		waitTaken(t, host)
	})
	t.Run("no creation fails and none is unjudged while replicas are replaced", func(t *testing.T) {
		replaceUnderLoad(t)
	})
	t.Run("upgrade and rollback", func(t *testing.T) {
		mountguard.upgrade(t, "enforcementAction=Warn")
		waitSaid(t, bad, "warned of", func(said harness.Output) bool { return said.ExitCode == 0 && len(said.Warnings) > 0 })
		output, err := mountguard.helm(t, "rollback", "mountguard", "--wait", "--timeout=2m")
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		waitRefused(t, bad, "[no-bidirectional]")
	})
	t.Run("the webhook is down", func(t *testing.T) {
		scale := func(replicas string) {
			kubectl(t, "", "-n", installation, "scale", deployment, "--replicas="+replicas)
		}
		scale("0")
		kubectl(t, "", "-n", installation, "wait", "--for=delete", "pod", "--selector="+selector, "--timeout=1m")
		waitRefused(t, bad, `failed calling webhook "mounts.mountguard.io"`)
		if passed, said := mountguard.passes(t); passed {
			t.Errorf("helm test passes where no replica is: %s", said)
		}
		waitTaken(t, spared)
		waitTaken(t, podOf("kube-system", "HostToContainer"))
		// The way out: never sent to a webhook, so it always works.
		kubectl(t, "", "delete", "validatingwebhookconfiguration", "mountguard")
		waitTaken(t, bad)
		mountguard.upgrade(t)
		waitRefused(t, bad, "[no-bidirectional]")

		mountguard.upgrade(t, "webhook.failurePolicy=Ignore")
		scale("0")
		waitTaken(t, bad)
		mountguard.upgrade(t)
		waitRefused(t, bad, "[no-bidirectional]")
	})
	t.Run("the node restarts, and the webhook comes back by itself", func(t *testing.T) {
		check(t, cluster.Restart(t.Context(), func() {
			waitRefused(t, bad, `failed calling webhook "mounts.mountguard.io"`)
			waitTaken(t, spared)
		}))
		waitRefused(t, bad, "[no-bidirectional]")

		mountguard.upgrade(t, "webhook.failurePolicy=Ignore")
		check(t, cluster.Restart(t.Context(), func() { waitTaken(t, bad) }))
		waitRefused(t, bad, "[no-bidirectional]")
	})
	t.Run("uninstalled, nothing of it is left but the Secret", func(t *testing.T) {
		output, err := mountguard.helm(t, "uninstall", "mountguard", "--wait", "--timeout=1m")
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		waitTaken(t, bad)
		left := kubectl(t, "", "get", "deployments,services,configmaps,secrets,serviceaccounts,roles,rolebindings,networkpolicies,"+
			"poddisruptionbudgets,clusterroles,clusterrolebindings,validatingwebhookconfigurations", "--all-namespaces", "-o", "name")
		for name := range strings.Lines(left.Stdout) {
			if strings.Contains(name, "mountguard") && name != "secret/mountguard-certificates\n" {
				t.Errorf("%s is left", strings.TrimSpace(name))
			}
		}
	})
	kubectl(t, "", "delete", "namespace", installation)
}

// testByHelm runs the chart's test on what is well, and on a Service of which one port at a time leads nowhere.
func testByHelm(t *testing.T, mountguard release) {
	importTester(t)
	passed, said := mountguard.passes(t)
	if !passed || !strings.Contains(said, "readyz check passed") || !strings.Contains(said, "mountguard_policy_info{") {
		t.Errorf("helm test says: %s", said)
	}
	service, err := cluster.Client.CoreV1().Services(installation).Get(t.Context(), "mountguard", metav1.GetOptions{})
	check(t, err)
	lead := func(port corev1.ServicePort, target string, somewhere bool) {
		kubectl(t, "", "-n", installation, "patch", "service", "mountguard",
			fmt.Sprintf("--patch=spec: {ports: [{port: %d, targetPort: %s}]}", port.Port, target))
		// kube-proxy hears of it a moment later.
		address := net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(port.Port)))
		check(t, wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			connection, err := cluster.Machine.Dial(ctx, "tcp", address)
			if err == nil {
				connection.Close()
			}
			return (err == nil) == somewhere, nil
		}))
	}
	for _, port := range service.Spec.Ports {
		lead(port, "9", false)
		if passed, said := mountguard.passes(t); passed {
			t.Errorf("helm test passes where the port %s leads nowhere: %s", port.Name, said)
		}
		lead(port, port.TargetPort.String(), true)
	}
	if passed, said := mountguard.passes(t); !passed {
		t.Errorf("helm test does not pass any more: %s", said)
	}
}

// judgeDaemonSet lets the real controller create a pod, and reads in the audit log what was said of it.
func judgeDaemonSet(t *testing.T, namespace string) {
	manifest := func(mode string) string {
		return fmt.Sprintf(`{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, namespace: %s}, spec: {
  selector: {matchLabels: {app: agent}}, template: {metadata: {labels: {app: agent}}, spec: {terminationGracePeriodSeconds: 0,
  containers: [{name: agent, image: %s, imagePullPolicy: Never, securityContext: {privileged: true},
    volumeMounts: [{name: host, mountPath: /m, mountPropagation: %s}]}], volumes: [{name: host, hostPath: {path: /srv}}]}}}}`,
			namespace, harness.TestImage.Name, mode)
	}
	waitRefused(t, manifest("Bidirectional"), `The DaemonSet "agent" is invalid: spec.template.spec.containers[0]`)
	kubectl(t, manifest("HostToContainer"), "apply", "-f", "-")
	pod := waitForPod(t, namespace)
	if len(pod.OwnerReferences) != 1 || pod.OwnerReferences[0].Kind != "DaemonSet" {
		t.Errorf("the pod was made by %v", pod.OwnerReferences)
	}
	for _, resource := range []string{"daemonsets", "pods"} {
		request := harness.Request{Verb: "create", Namespace: namespace, Resource: resource, AnyName: true}
		events, err := cluster.AuditEvents(t.Context(), request, 1)
		check(t, err)
		said := harness.OwnAnnotations(&events[len(events)-1])
		if said["decision"] != "allow" || !strings.Contains(said["cri-translation"], `"cri":"PROPAGATION_HOST_TO_CONTAINER"`) {
			t.Errorf("the audit log has %v for the %s", said, resource)
		}
	}
	kubectl(t, "", "-n", namespace, "delete", "daemonset", "agent")
}

// replaceUnderLoad restarts the Deployment and evicts each replica, while pods are created all the time.
func replaceUnderLoad(t *testing.T) {
	namespace, err := cluster.CreateNamespace(t.Context(), "load-")
	check(t, err)
	creations := startCreating(t.Context(), namespace)
	kubectl(t, "", "-n", installation, "rollout", "restart", deployment)
	kubectl(t, "", "-n", installation, "rollout", "status", deployment, "--timeout=2m")
	replicas, err := cluster.Client.CoreV1().Pods(installation).List(t.Context(), metav1.ListOptions{LabelSelector: selector})
	check(t, err)
	evicted := 0
	for _, replica := range replicas.Items {
		if replica.DeletionTimestamp != nil {
			continue // of before the restart
		}
		evict(t, replica.Name)
		evicted++
	}
	done, failures := creations.stop()
	for _, failure := range failures[:min(len(failures), 3)] {
		t.Error(failure)
	}
	request := harness.Request{Verb: "create", Namespace: namespace, Resource: "pods", AnyName: true}
	events, err := cluster.AuditEvents(t.Context(), request, done)
	check(t, err)
	unjudged := 0
	for _, event := range events {
		if harness.OwnAnnotations(&event)["decision"] != "allow" {
			unjudged++
		}
	}
	t.Logf("%d creations during a restart of both replicas and the eviction of %d: %d failed, %d unjudged",
		done, evicted, len(failures), unjudged)
	if evicted < 2 || done < 100 || len(failures) > 0 || unjudged > 0 {
		t.Error("creations were too few, failed or were not judged")
	}
}

// evict drains a replica away, as `kubectl drain` does, and returns when it is gone and another is ready.
func evict(t *testing.T, name string) {
	t.Helper()
	check(t, wait.PollUntilContextTimeout(t.Context(), 500*time.Millisecond, time.Minute, true,
		func(ctx context.Context) (bool, error) { // refused while the disruption budget is used up
			return cluster.Client.PolicyV1().Evictions(installation).Evict(ctx, &policyv1.Eviction{
				ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: installation}}) == nil, nil
		}))
	kubectl(t, "", "-n", installation, "wait", "--for=delete", "pod/"+name, "--timeout=1m")
	kubectl(t, "", "-n", installation, "rollout", "status", deployment, "--timeout=1m")
}
