package node

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	runtimev1 "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/utils/ptr"

	"mountguard.io/e2e/harness"
)

// place is where a volume, or the part of it that is mounted, comes from.
type place struct {
	name string
	// path on the host; empty is an emptyDir.
	path    string
	subPath string
	// mountPoint of the host's mount that holds path, and what it is: shared, slave or private.
	mountPoint, propagation string
	file                    bool
	// hostMountsAt is the directory in which the host mounts something; empty is that of the volume.
	hostMountsAt string
}

var places = []place{
	{name: "shared host mount", path: "/srv/shared", mountPoint: "/srv/shared", propagation: "shared"},
	{name: "slave host mount", path: "/srv/slave", mountPoint: "/srv/slave", propagation: "slave",
		hostMountsAt: "/srv/master"},
	{name: "private host mount", path: "/srv/private", mountPoint: "/srv/private",
		propagation: "private"},
	{name: "file on a shared host mount", path: "/srv/shared/file", mountPoint: "/srv/shared",
		propagation: "shared", file: true},
	{name: "emptyDir", propagation: "shared"},
	{name: "subPath of a shared host mount", path: "/srv/shared", subPath: "sub",
		mountPoint: "/srv/shared", propagation: "shared"},
	{name: "subPath of a private host mount", path: "/srv/private", subPath: "sub",
		mountPoint: "/srv/private", propagation: "private"},
}

// prepareHost makes the host mounts of places.
func prepareHost() error {
	for _, mount := range []struct {
		source, target string
		flags          uintptr
	}{
		{"tmpfs", "/srv/shared", 0},
		{"tmpfs", "/srv/master", 0},
		{"/srv/master", "/srv/slave", unix.MS_BIND},
		{"", "/srv/slave", unix.MS_SLAVE},
		{"tmpfs", "/srv/private", 0},
		{"", "/srv/private", unix.MS_PRIVATE},
	} {
		if err := os.MkdirAll(mount.target, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(mount.source, mount.target, mount.source, mount.flags, ""); err != nil {
			return fmt.Errorf("mounting %+v: %w", mount, err)
		}
	}
	for _, directory := range []string{"/srv/shared/sub", "/srv/private/sub"} {
		if err := os.Mkdir(directory, 0o755); err != nil {
			return err
		}
	}
	return os.WriteFile("/srv/shared/file", nil, 0o600)
}

var (
	containerTypes = []string{"container", "init container", "sidecar", "ephemeral container"}
	modes          = []string{"not set", "None", "HostToContainer", "Bidirectional"}
)

// starts reports whether a container with this mount is known to start: what is not started is put
// into a pod of its own, and explain must have foretold that.
func (p place) starts(mode string) bool {
	if p.subPath != "" {
		return true
	}
	switch mode {
	case "Bidirectional":
		return p.propagation == "shared"
	case "HostToContainer":
		return p.propagation != "private"
	}
	return true
}

// row is a line of the table.
type row struct {
	place, containerType, mode        string
	annotation, cri, oci, kernel      string
	hostSeenInside, containerSeenHost string
	refusal                           string
}

func (r row) String() string {
	if r.refusal != "" {
		return fmt.Sprintf("| %s | %s | %s | %s | does not start: `%s` | | | | |",
			r.place, r.containerType, r.mode, r.annotation, r.refusal)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %s | %s |", r.place, r.containerType,
		r.mode, r.annotation, r.cri, r.oci, r.kernel, r.hostSeenInside, r.containerSeenHost)
}

const proofHeader = `| volume | container | mode | audit annotation | CRI request | OCI option | kernel | host's mount seen in the container | container's mount seen on the host |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
`

const proofPage = "../../../docs/proof.md"

// TestProof holds what mountguard says of every mode, container type and kind of place against the
// CRI request, the OCI options, mountinfo and what mounts do. The table is that of docs/proof.md.
func TestProof(t *testing.T) {
	if err := cluster.Machine.Inside(prepareHost); err != nil {
		t.Fatal(err)
	}
	server := harness.StartMountguard(t, harness.ServeOptions{Machine: cluster.Machine})
	namespace, err := cluster.CreateNamespace(t.Context(), "proof-")
	if err != nil {
		t.Fatal(err)
	}
	if err := cluster.Register(t.Context(), namespace, server.URL+"/validate", server.CABundle); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Unregister(context.Background(), namespace); err != nil {
			t.Error(err)
		}
	})
	tables := make([][]row, len(places)*len(containerTypes))
	var all sync.WaitGroup
	slots := make(chan struct{}, 6)
	for i, place := range places {
		for j, containerType := range containerTypes {
			if place.subPath != "" && containerType == "ephemeral container" {
				continue // Kubernetes allows none
			}
			all.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				rows, err := prove(t, namespace, fmt.Sprintf("p%d-%d", i, j), place, containerType)
				if err != nil {
					t.Errorf("%s, %s: %v", place.name, containerType, err)
				}
				tables[i*len(containerTypes)+j] = rows
			})
		}
	}
	all.Wait()
	table := proofHeader
	for _, rows := range tables {
		for _, row := range rows {
			table += row.String() + "\n"
		}
	}
	t.Log("\n" + table)
	if !t.Failed() {
		comparePage(t, table)
	}
}

// comparePage holds the table against that of the page, or writes it there if that is asked for.
func comparePage(t *testing.T, table string) {
	page, err := os.ReadFile(proofPage)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- table -->\n", "<!-- end of table -->\n"
	before, rest, found := strings.Cut(string(page), begin)
	old, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no table between %q and %q", proofPage, begin, end)
	}
	if old == table {
		return
	}
	if os.Getenv("MOUNTGUARD_UPDATE_GOLDEN") == "" {
		t.Errorf("%s has another table; MOUNTGUARD_UPDATE_GOLDEN=1 writes this one", proofPage)
		return
	}
	if err := os.WriteFile(proofPage, []byte(before+begin+table+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// prove runs one pod with all modes that start, and one with each that does not.
func prove(t *testing.T, namespace, name string, from place, containerType string) ([]row, error) {
	var starting, refused []string
	for _, mode := range modes {
		if from.starts(mode) {
			starting = append(starting, mode)
		} else {
			refused = append(refused, mode)
		}
	}
	rows, err := provePod(t, namespace, name, from, containerType, starting)
	for i, mode := range refused {
		if err != nil {
			break
		}
		var more []row
		more, err = provePod(t, namespace, fmt.Sprintf("%s-%d", name, i), from, containerType,
			[]string{mode})
		rows = append(rows, more...)
	}
	return rows, err
}

func mountPath(mode string) string { return "/" + strings.ReplaceAll(strings.ToLower(mode), " ", "-") }

func newPod(name string, from place, containerType string, modes []string) (*corev1.Pod,
	*corev1.Container) {
	subject := corev1.Container{
		Name: "subject", Image: harness.TestImage.Name, ImagePullPolicy: corev1.PullNever,
		SecurityContext: &corev1.SecurityContext{Privileged: ptr.To(true)},
	}
	for _, mode := range modes {
		mount := corev1.VolumeMount{Name: "v", MountPath: mountPath(mode), SubPath: from.subPath}
		if mode != "not set" {
			mount.MountPropagation = ptr.To(corev1.MountPropagationMode(mode))
		}
		subject.VolumeMounts = append(subject.VolumeMounts, mount)
	}
	volume := corev1.Volume{Name: "v"}
	if from.path == "" {
		volume.EmptyDir = &corev1.EmptyDirVolumeSource{}
	} else {
		volume.HostPath = &corev1.HostPathVolumeSource{Path: from.path}
	}
	other := corev1.Container{Name: "other", Image: harness.TestImage.Name,
		ImagePullPolicy: corev1.PullNever}
	spec := corev1.PodSpec{
		HostNetwork: true, TerminationGracePeriodSeconds: ptr.To[int64](0),
		AutomountServiceAccountToken: ptr.To(false),
		Containers:                   []corev1.Container{other},
		Volumes:                      []corev1.Volume{volume},
	}
	switch containerType {
	case "container":
		spec.Containers = []corev1.Container{subject}
	case "sidecar":
		subject.RestartPolicy = ptr.To(corev1.ContainerRestartPolicyAlways)
		spec.InitContainers = []corev1.Container{subject}
	case "init container":
		spec.InitContainers = []corev1.Container{subject}
	}
	return &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec,
	}, &subject
}

// createPod creates the pod, adds the ephemeral container, and returns the request that was judged.
func createPod(ctx context.Context, namespace string, pod *corev1.Pod, subject *corev1.Container,
	containerType string) (*corev1.Pod, harness.Request, error) {
	pods := cluster.Client.CoreV1().Pods(namespace)
	created, err := pods.Create(ctx, pod, metav1.CreateOptions{})
	request := harness.Request{Verb: "create", Namespace: namespace, Resource: "pods", Name: pod.Name}
	if err != nil || containerType != "ephemeral container" {
		return created, request, err
	}
	ephemeral := corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
		Name: subject.Name, Image: subject.Image, ImagePullPolicy: subject.ImagePullPolicy,
		SecurityContext: subject.SecurityContext, VolumeMounts: subject.VolumeMounts,
	}}
	request.Verb, request.Resource = "patch", "pods/ephemeralcontainers"
	patch, err := json.Marshal(map[string]any{
		"spec": map[string]any{"ephemeralContainers": []corev1.EphemeralContainer{ephemeral}},
	})
	if err != nil {
		return nil, request, err
	}
	created, err = pods.Patch(ctx, pod.Name, "application/strategic-merge-patch+json", patch,
		metav1.PatchOptions{}, "ephemeralcontainers")
	return created, request, err
}

// waitForSubject returns when the subject runs, or with what the node says of why it does not.
func waitForSubject(ctx context.Context, namespace, name string) (refusal string, err error) {
	var last corev1.PodStatus
	err = wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, 90*time.Second, true,
		func(ctx context.Context) (bool, error) {
			pod, err := cluster.Client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return false, err
			}
			last = pod.Status
			statuses := append(append(append([]corev1.ContainerStatus(nil),
				last.ContainerStatuses...), last.InitContainerStatuses...),
				last.EphemeralContainerStatuses...)
			for _, status := range statuses {
				if status.Name != "subject" {
					continue
				}
				if waiting := status.State.Waiting; waiting != nil &&
					strings.HasPrefix(waiting.Reason, "Create") && waiting.Message != "" {
					refusal = waiting.Message
					return true, nil
				}
				return status.State.Running != nil, nil
			}
			return false, nil
		})
	if err != nil {
		return "", fmt.Errorf("%s neither runs nor fails: %w; %+v", name, err, last)
	}
	return refusal, nil
}

// explained is what `mountguard explain -o json` says of a mount.
type explained struct {
	Container, MountPath string
	CRI, OCI, Kernel     string
	Failures             []struct {
		By   []string
		Text string
	}
}

// foretold returns containerd's error text for a mount of the host that is at mountPoint.
func (e explained) foretold(mountPoint string) string {
	for _, failure := range e.Failures {
		for _, by := range failure.By {
			if by == "containerd" {
				return strings.Replace(failure.Text, `"..."`, fmt.Sprintf("%q", mountPoint), 1)
			}
		}
	}
	return ""
}

func explain(t *testing.T, pod *corev1.Pod) (map[string]explained, error) {
	pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	manifest, err := json.Marshal(pod)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(t.TempDir(), "pod.json")
	if err := os.WriteFile(path, manifest, 0o600); err != nil {
		return nil, err
	}
	output, err := harness.RunMountguard(t, "explain", "-o", "json", path)
	if err != nil {
		return nil, err
	}
	var report struct{ Mounts []explained }
	if err := json.Unmarshal([]byte(output), &report); err != nil {
		return nil, err
	}
	mounts := map[string]explained{}
	for _, mount := range report.Mounts {
		if mount.Container == "subject" {
			mounts[mount.MountPath] = mount
		}
	}
	return mounts, nil
}

// annotated returns what the audit log has for each path of the subject; those that it counts only
// are private.
func annotated(ctx context.Context, request harness.Request, modes []string) (map[string]string, error) {
	annotations, err := cluster.Annotations(ctx, request)
	if err != nil {
		return nil, err
	}
	var entries []struct {
		C, P, CRI string
		Private   int
	}
	if err := json.Unmarshal([]byte(annotations["cri-translation"]), &entries); err != nil {
		return nil, fmt.Errorf("cri-translation %q: %w", annotations["cri-translation"], err)
	}
	said := map[string]string{}
	private := 0
	for _, entry := range entries {
		if entry.C == "subject" {
			said[entry.P] = entry.CRI
		}
		private += entry.Private
	}
	for _, mode := range modes {
		if _, found := said[mountPath(mode)]; !found && private > 0 {
			said[mountPath(mode)] = runtimev1.MountPropagation_PROPAGATION_PRIVATE.String()
			private--
		}
	}
	if private != 0 {
		return nil, fmt.Errorf("cri-translation counts %d private mounts too many", private)
	}
	return said, nil
}

func provePod(t *testing.T, namespace, name string, from place, containerType string,
	modes []string) ([]row, error) {
	ctx := t.Context()
	manifest, subject := newPod(name, from, containerType, modes)
	pod, request, err := createPod(ctx, namespace, manifest, subject, containerType)
	if err != nil {
		return nil, err
	}
	said, err := annotated(ctx, request, modes)
	if err != nil {
		return nil, err
	}
	foretold, err := explain(t, pod)
	if err != nil {
		return nil, err
	}
	refusal, err := waitForSubject(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	if refusal != "" {
		path := mountPath(modes[0])
		text := foretold[path].foretold(from.mountPoint)
		if len(modes) != 1 || text == "" || !strings.HasSuffix(refusal, text) {
			return nil, fmt.Errorf("the node says %q, and explain foretold %q", refusal, text)
		}
		return []row{{place: from.name, containerType: containerType, mode: modes[0],
			annotation: said[path], refusal: text}}, nil
	}
	container, err := cluster.Inspect(ctx, string(pod.UID), "subject")
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, mode := range modes {
		if text := foretold[mountPath(mode)].foretold(from.mountPoint); text != "" &&
			(from.propagation == "private" || !from.starts(mode)) {
			return nil, fmt.Errorf("%s: it starts, and explain foretold %q", mode, text)
		}
		row, err := see(ctx, pod, container, from, mode)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", mode, err)
		}
		row.containerType, row.annotation = containerType, said[mountPath(mode)]
		rows = append(rows, row)
		want := foretold[mountPath(mode)]
		if row.annotation != row.cri || want.CRI != row.cri || want.OCI != row.oci ||
			want.Kernel != row.kernel {
			return nil, fmt.Errorf("explain says %+v, seen was %+v", want, row)
		}
		if err := row.checkSight(from); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// checkSight holds what was seen against what the mode promises where the host's mount is shared, or
// a slave that is fed by its master; a private one promises nothing.
func (r row) checkSight(from place) error {
	if from.file {
		return nil
	}
	yes := map[bool]string{true: "yes", false: "no"}
	fed := from.propagation != "private"
	host, container := yes[fed && r.kernel != "private"], yes[fed && r.kernel == "shared"]
	if r.hostSeenInside != host || r.containerSeenHost != container {
		return fmt.Errorf("promised were %s and %s, seen was %+v", host, container, r)
	}
	return nil
}

// see reads what each layer has of a mount, and mounts on both sides of it.
func see(ctx context.Context, pod *corev1.Pod, container *harness.Container, from place,
	mode string) (row, error) {
	path := mountPath(mode)
	row := row{place: from.name, mode: mode, hostSeenInside: "-", containerSeenHost: "-"}
	request, err := container.Requested(path)
	if err != nil {
		return row, err
	}
	row.cri = request.Propagation.String()
	if row.oci, err = container.Propagation(path); err != nil {
		return row, err
	}
	if row.kernel, err = container.Kernel(path); err != nil || from.file {
		return row, err
	}
	hostDir := filepath.Join(from.path, from.subPath)
	if from.path == "" {
		hostDir = request.HostPath
	}
	// The name tells this mount's directory from those of other pods and modes in the same place.
	leaf := pod.Name + strings.ReplaceAll(path, "/", "-")
	hostMountsAt := from.hostMountsAt
	if hostMountsAt == "" {
		hostMountsAt = hostDir
	}
	inside := fmt.Sprintf("/proc/%d/root%s", container.PID, path)
	row.hostSeenInside, err = seen(ctx, "", filepath.Join(hostMountsAt, "h-"+leaf),
		filepath.Join(inside, "h-"+leaf))
	if err != nil {
		return row, err
	}
	row.containerSeenHost, err = seen(ctx, fmt.Sprint(container.PID), filepath.Join(path, "c-"+leaf),
		filepath.Join(hostDir, "c-"+leaf))
	return row, err
}

// seen mounts a tmpfs at target, on the host or in the mount namespace of pid, and says whether
// what is in it is seen at other, a path of the host.
func seen(ctx context.Context, pid, target, other string) (string, error) {
	script := fmt.Sprintf("mkdir -p %[1]s && mount -t tmpfs proof %[1]s && touch %[1]s/marker", target)
	command := []string{"/bin/busybox", "sh", "-c", script}
	if pid != "" {
		command = append([]string{"/usr/bin/nsenter", "-t", pid, "-m"}, command...)
	}
	if _, err := cluster.Machine.Run(ctx, command[0], command[1:]...); err != nil {
		return "", err
	}
	answer := "no"
	err := cluster.Machine.Inside(func() error {
		_, err := os.Stat(filepath.Join(other, "marker"))
		if err == nil {
			answer = "yes"
		} else if os.IsNotExist(err) {
			err = nil
		}
		return err
	})
	return answer, err
}
