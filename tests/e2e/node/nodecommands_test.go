package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"mountguard.io/e2e/harness"
)

// onNode runs `mountguard node` with these arguments on the node, as root, and returns what it
// prints. It must exit with exitCode.
func onNode(t *testing.T, exitCode int, arguments ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), harness.MountguardBinary(t),
		append([]string{"node"}, arguments...)...)
	command.Stdout, command.Stderr, command.Dir = &stdout, &stderr, "/"
	check(t, cluster.Machine.StartCommand(command))
	var exit *exec.ExitError
	if err := command.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := command.ProcessState.ExitCode(); got != exitCode {
		t.Fatalf("node %v exits with %d, not %d\n%s%s", arguments, got, exitCode, stdout.String(),
			stderr.String())
	}
	return stdout.String()
}

func onNodeJSON(t *testing.T, exitCode int, report any, arguments ...string) {
	t.Helper()
	output := onNode(t, exitCode, append(arguments, "-o", "json")...)
	if err := json.Unmarshal([]byte(output), report); err != nil {
		t.Fatalf("node %v: %v\n%s", arguments, err, output)
	}
}

// mountHost mounts a file system of its own on the node, shared as what is below it, until the test
// ends.
func mountHost(t *testing.T, path string) {
	t.Helper()
	check(t, cluster.Machine.Inside(func() error {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		return unix.Mount("tmpfs", path, "tmpfs", 0, "")
	}))
	t.Cleanup(func() { unmountHost(t, path) })
}

// unmountHost unmounts all that is mounted at path.
func unmountHost(t *testing.T, path string) {
	t.Helper()
	err := cluster.Machine.Inside(func() error {
		for {
			if err := unix.Unmount(path, unix.MNT_DETACH); errors.Is(err, unix.EINVAL) {
				return nil // nothing is mounted there any more
			} else if err != nil {
				return err
			}
		}
	})
	if err != nil {
		t.Errorf("unmounting %s: %v", path, err)
	}
}

// run creates the pod and returns it once its container "subject" runs.
func run(t *testing.T, namespace string, pod *corev1.Pod, subject *corev1.Container,
	containerType string) *corev1.Pod {
	t.Helper()
	created, _, err := createPod(t.Context(), namespace, pod, subject, containerType)
	check(t, err)
	refusal, err := waitForSubject(t.Context(), namespace, pod.Name)
	check(t, err)
	if refusal != "" {
		t.Fatalf("%s does not start: %s", pod.Name, refusal)
	}
	return created
}

func remove(t *testing.T, namespace, name string) {
	t.Helper()
	pods := cluster.Client.CoreV1().Pods(namespace)
	check(t, pods.Delete(t.Context(), name, metav1.DeleteOptions{}))
	check(t, wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true,
		func(ctx context.Context) (bool, error) {
			list, err := pods.List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name})
			return err == nil && len(list.Items) == 0, err
		}))
}

func newNamespace(t *testing.T, prefix string) string {
	t.Helper()
	namespace, err := cluster.CreateNamespace(t.Context(), prefix)
	check(t, err)
	return namespace
}

// kernelType is what a mount with that mode is, where the host's mount is shared.
var kernelType = map[string]string{
	"not set": "private", "None": "private", "HostToContainer": "slave", "Bidirectional": "shared",
}

// TestVerifyAndInspectOfRunningPods holds every mode, in containers of every type that goes on
// running, against what `node verify` and `node inspect --pod` say of it.
func TestVerifyAndInspectOfRunningPods(t *testing.T) {
	namespace := newNamespace(t, "verify-")
	mountHost(t, "/srv/verified")
	for _, containerType := range []string{"container", "sidecar", "ephemeral container"} {
		t.Run(containerType, func(t *testing.T) {
			name := strings.ReplaceAll(containerType, " ", "-")
			manifest, subject := newPod(name, place{path: "/srv/verified"}, containerType, modes)
			run(t, namespace, manifest, subject, containerType)
			checkVerified(t, namespace, name)
			checkInspected(t, namespace, name)
		})
	}
}

func checkVerified(t *testing.T, namespace, name string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pod.yaml")
	pod := kubectl(t, "", "get", "pod", name, "--namespace", namespace, "--output", "yaml")
	check(t, os.WriteFile(file, []byte(pod.Stdout), 0o600))
	var report struct {
		Summary struct {
			Differences int
			Complete    bool
		}
		Containers []struct {
			Name, State, Runtime string
			Mounts               []struct {
				MountPath   string
				Kernel      struct{ Propagation string }
				Differences []struct{ ID, Message string }
			}
		}
	}
	onNodeJSON(t, 0, &report, "verify", "--pod", file)
	if report.Summary.Differences != 0 || !report.Summary.Complete {
		t.Errorf("verify says %+v", report)
	}
	verified := map[string]string{}
	for _, container := range report.Containers {
		if container.Name != "subject" {
			continue
		}
		if container.Runtime != "containerd" {
			t.Errorf("what containerd recorded was not read: %+v", container)
		}
		for _, mount := range container.Mounts {
			verified[mount.MountPath] = mount.Kernel.Propagation
		}
	}
	for _, mode := range modes {
		if got, want := verified[mountPath(mode)], kernelType[mode]; !strings.HasSuffix(got, want) {
			t.Errorf("%s: verify has it %q, not %s: %+v", mode, got, want, report)
		}
	}
}

func checkInspected(t *testing.T, namespace, name string) {
	t.Helper()
	var report inspectReport
	onNodeJSON(t, 0, &report, "inspect", "--pod", namespace+"/"+name)
	inspected := map[string]string{}
	for _, space := range report.Namespaces {
		if space.Container.Pod != name || space.Container.Namespace != namespace {
			t.Errorf("asked for %s/%s, told of %+v", namespace, name, space.Container)
		}
		for _, mount := range space.Mounts {
			if space.Container.Name == "subject" {
				inspected[mount.MountPoint] = mount.MountPropagation
			}
		}
	}
	for _, mode := range modes {
		want := strings.Replace(mode, "not set", "None", 1)
		if got := inspected[mountPath(mode)]; got != want {
			t.Errorf("%s: inspect has it %q", mode, got)
		}
	}
}

// inspectReport is what `node inspect -o json` says, as far as it is looked at.
type inspectReport struct {
	Namespaces []struct {
		Host       bool
		Container  inspectContainer
		Duplicates []inspectDuplicates
		Mounts     []struct{ MountPoint, MountPropagation string }
	}
	Pinned []struct {
		Type, Source string
		Holders      []struct {
			Container  inspectContainer
			MountPoint string
		}
	}
}

type inspectContainer struct{ Name, Pod, Namespace string }

type inspectDuplicates struct {
	Path          string
	Mounts, Alike int
}

// TestDoctorOfHost holds what `node doctor` says of host paths against what becomes of pods.
func TestDoctorOfHost(t *testing.T) {
	namespace := newNamespace(t, "doctor-")
	mountHost(t, "/srv/healthy")
	mountHost(t, "/srv/ill")
	check(t, cluster.Machine.Inside(func() error {
		return unix.Mount("", "/srv/ill", "", unix.MS_PRIVATE, "")
	}))
	type need struct{ Mode, Answer, Error string }
	type foundCase struct{ Case string }
	type report struct {
		Node struct {
			Runtime struct{ Program string }
		}
		Paths []struct {
			Path  string
			Modes []need
			Cases []foundCase
		}
	}
	crossing := []string{"--mode", "Bidirectional", "--mode", "HostToContainer"}
	var healthy report
	onNodeJSON(t, 0, &healthy, append([]string{"doctor", "/srv/healthy"}, crossing...)...)
	if healthy.Node.Runtime.Program != "containerd" || len(healthy.Paths[0].Modes) != 2 {
		t.Fatalf("doctor says %+v", healthy)
	}
	for _, need := range healthy.Paths[0].Modes {
		if need.Answer != "served" {
			t.Errorf("doctor says %+v of a shared mount", need)
		}
	}
	served, subject := newPod("served", place{path: "/srv/healthy"}, "container", modes)
	run(t, namespace, served, subject, "container")

	var ill report
	onNodeJSON(t, 1, &ill, append([]string{"doctor", "/srv/ill"}, crossing...)...)
	// Where the tests run in a container, that is named, too.
	if !slices.Contains(ill.Paths[0].Cases, foundCase{"separate-mount"}) {
		t.Errorf("doctor names %+v", ill.Paths[0].Cases)
	}
	if len(ill.Paths[0].Modes) != 2 {
		t.Errorf("doctor says %+v", ill)
	}
	for _, need := range ill.Paths[0].Modes {
		name := "refused-" + strings.ToLower(need.Mode)
		pod, subject := newPod(name, place{path: "/srv/ill"}, "container", []string{need.Mode})
		_, _, err := createPod(t.Context(), namespace, pod, subject, "container")
		check(t, err)
		refusal, err := waitForSubject(t.Context(), namespace, name)
		check(t, err)
		if need.Answer != "refused" || need.Error == "" || !strings.HasSuffix(refusal, need.Error) {
			t.Errorf("%s: doctor says %+v, the node %q", need.Mode, need, refusal)
		}
		remove(t, namespace, name)
	}
}

// TestMountExplosionIsFoundAndNamed restarts a pod whose Bidirectional mount covers another of its
// mounts: with each start there are twice as many on the host and one more.
func TestMountExplosionIsFoundAndNamed(t *testing.T) {
	namespace := newNamespace(t, "explosion-")
	mountHost(t, "/srv/multiplied")
	const inner = "/srv/multiplied/state"
	check(t, cluster.Machine.Inside(func() error { return os.Mkdir(inner, 0o755) }))
	t.Cleanup(func() { unmountHost(t, inner) })
	for start := 1; start <= 3; start++ {
		pod, subject := newPod("driver", place{path: "/srv/multiplied"}, "container",
			[]string{"Bidirectional"})
		container := &pod.Spec.Containers[0]
		container.VolumeMounts = append(container.VolumeMounts,
			corev1.VolumeMount{Name: "state", MountPath: mountPath("Bidirectional") + "/state"})
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: "state",
			VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: inner}}})
		run(t, namespace, pod, subject, "container")
		remove(t, namespace, "driver")
	}
	mounted := strings.Count(hostMounts(t), " "+inner+" ")
	if mounted < 7 {
		t.Fatalf("the host has %d mounts at %s after three starts", mounted, inner)
	}
	var report inspectReport
	onNodeJSON(t, 0, &report, "inspect")
	if len(report.Namespaces) != 1 || !report.Namespaces[0].Host {
		t.Fatalf("inspect looks at %+v", report.Namespaces)
	}
	want := inspectDuplicates{Path: inner, Mounts: mounted, Alike: mounted}
	if duplicates := report.Namespaces[0].Duplicates; !slices.Contains(duplicates, want) {
		t.Errorf("inspect counts %+v, and not %+v", duplicates, want)
	}
	text := onNode(t, 0, "inspect")
	sentence := fmt.Sprintf("%s has %d mounts on it, all of the same directory", inner, mounted)
	if !strings.Contains(text, sentence) {
		t.Errorf("inspect does not say %q:\n%s", sentence, text)
	}
}

func hostMounts(t *testing.T) string {
	t.Helper()
	var table []byte
	check(t, cluster.Machine.Inside(func() (err error) {
		table, err = os.ReadFile("/proc/1/mountinfo")
		return err
	}))
	return string(table)
}

// TestPinnedVolumeIsFoundAndNamed unmounts a volume on the host of which a pod has a private copy.
func TestPinnedVolumeIsFoundAndNamed(t *testing.T) {
	namespace := newNamespace(t, "pinned-")
	mountHost(t, "/srv/volumes")
	const volume = "/srv/volumes/data"
	mountHost(t, volume)
	pod, subject := newPod("keeper", place{path: "/srv/volumes"}, "container", []string{"not set"})
	run(t, namespace, pod, subject, "container")
	pinnedBy := func(arguments ...string) (holders []string) {
		var report inspectReport
		onNodeJSON(t, 0, &report, append([]string{"inspect"}, arguments...)...)
		for _, one := range report.Pinned {
			for _, holder := range one.Holders {
				holders = append(holders, fmt.Sprintf("%s/%s/%s at %s", holder.Container.Namespace,
					holder.Container.Pod, holder.Container.Name, holder.MountPoint))
			}
		}
		return holders
	}
	want := fmt.Sprintf("%s/keeper/subject at %s/data", namespace, mountPath("not set"))
	if holders := pinnedBy("--all"); slices.Contains(holders, want) {
		t.Errorf("the host still has the volume, and inspect calls it pinned: %v", holders)
	}
	unmountHost(t, volume)
	for _, arguments := range [][]string{{"--all"}, {"--pod", namespace + "/keeper"}} {
		if holders := pinnedBy(arguments...); !slices.Contains(holders, want) {
			t.Errorf("inspect %v has the volumes of %v pinned, and not %s", arguments, holders, want)
		}
	}
	text := onNode(t, 0, "inspect", "--all")
	sentence := fmt.Sprintf("kept by container subject of pod %s/keeper", namespace)
	if !strings.Contains(text, sentence) {
		t.Errorf("inspect does not say %q:\n%s", sentence, text)
	}
}
