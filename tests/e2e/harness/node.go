package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"golang.org/x/sys/unix"

	"mountguard.io/e2e/machine"
)

// NodeName is the name of the one node of a NodeCluster.
const NodeName = "node"

// nodePrograms are Debian's packages containerd, runc, containernetworking-plugins, busybox-static.
var nodePrograms = []string{
	"/usr/bin/containerd", "/usr/bin/ctr", "/usr/sbin/runc", cniPrograms + "/bridge", busybox,
	"/usr/sbin/iptables", // which the network plugins depend on
}

// MissingForNode says what this machine lacks for a NodeCluster, or is empty.
func MissingForNode() string {
	if os.Geteuid() != 0 {
		return "a node needs root"
	}
	for _, program := range nodePrograms {
		if _, err := exec.LookPath(program); err != nil {
			return "a node needs " + program
		}
	}
	return ""
}

// NodeCluster is a whole Kubernetes: a control plane with its controllers and scheduler, and a node
// that runs pods. All of it is in a machine of its own and ends with that.
type NodeCluster struct {
	*Cluster
	Machine *machine.Machine
}

// StartNodeCluster returns when the node is Ready and TestImage is there. Options.Machine is made
// here. On failure nothing is left and the error ends with the logs' tails.
func StartNodeCluster(ctx context.Context, options Options) (*NodeCluster, error) {
	if err := os.Chmod(options.Dir, 0o755); err != nil {
		return nil, err
	}
	own, err := machine.Start()
	if err != nil {
		return nil, err
	}
	options.Machine = own
	node := &NodeCluster{Machine: own}
	if err := node.start(ctx, options); err != nil {
		var logs string
		if node.Cluster != nil {
			logs = node.Logs()
		}
		return nil, errors.Join(fmt.Errorf("%w\n%s", err, logs), node.Stop())
	}
	return node, nil
}

func (n *NodeCluster) start(ctx context.Context, options Options) error {
	if err := errors.Join(n.Machine.MakeCgroup(), n.prepareMachine(ctx)); err != nil {
		return err
	}
	var err error
	if n.Cluster, err = StartCluster(ctx, options); err != nil {
		return err
	}
	if err := n.writeNodeFiles(); err != nil {
		return err
	}
	if err := n.startContainerd(ctx); err != nil {
		return err
	}
	for _, image := range []Image{PauseImage, TestImage} {
		if err := n.BuildImage(ctx, image); err != nil {
			return err
		}
	}
	if err := n.startComponents(); err != nil {
		return err
	}
	return n.waitNodeReady(ctx)
}

func (n *NodeCluster) startContainerd(ctx context.Context) error {
	// --config and not the defaults of /etc/containerd, which are somebody else's.
	process, err := startProcess(n.Machine, n.options.Dir, "containerd",
		"/usr/bin/containerd", "--config="+n.path("containerd.toml"))
	if err != nil {
		return err
	}
	n.processes = append(n.processes, process)
	return n.waitForFile(ctx, containerdSocket)
}

func (n *NodeCluster) startKubelet() error {
	return n.run("kubelet", "--kubeconfig="+n.Kubeconfig(), "--config="+n.path("kubelet.yaml"),
		"--hostname-override="+NodeName, "--node-ip="+nodeIP, "--root-dir="+kubeletDir,
		"--cert-dir="+kubeletDir+"/pki")
}

func (n *NodeCluster) startComponents() error {
	kubeconfig := "--kubeconfig=" + n.Kubeconfig()
	return errors.Join(
		n.run("kube-controller-manager", kubeconfig, "--leader-elect=false", "--secure-port=0",
			"--service-account-private-key-file="+n.path("service-account.key"),
			"--root-ca-file="+n.path("apiserver.crt")),
		n.run("kube-scheduler", kubeconfig, "--leader-elect=false", "--secure-port=0"),
		n.startKubelet(),
		// Conntrack stays as it is: its size is the computer's. The bridge does not show iptables what passes between pods,
		// so that what a Service answers must come by the node, as its caller.
		n.run("kube-proxy", kubeconfig, "--hostname-override="+NodeName, "--proxy-mode=iptables", "--masquerade-all",
			"--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0"),
		n.run("dns", kubeconfig, "--listen-address="+nodeIP+":53", "--cluster-domain="+clusterDomain),
	)
}

// Restart ends at once all that the node runs, pods included, as a loss of power does, calls meanwhile, and
// starts containerd and the kubelet again. The control plane, kube-proxy and DNS go on. It does not wait for any pod.
func (n *NodeCluster) Restart(ctx context.Context, meanwhile func()) error {
	n.kill("kubelet")
	n.kill("containerd")
	// A shim that was left would tell containerd of what it runs.
	if _, err := n.Machine.Run(ctx, busybox, "killall", "-KILL", "containerd-shim-runc-v2"); err != nil {
		return err
	}
	err := errors.Join(n.Machine.KillCgroup(),
		n.Machine.Inside(func() error { return os.Remove(containerdSocket) }))
	if err != nil {
		return err
	}
	meanwhile()
	if err := n.startContainerd(ctx); err != nil {
		return err
	}
	return n.startKubelet()
}

// StartProgram starts a program on the node, as root there, that the test stops or that ends with the machine.
func (n *NodeCluster) StartProgram(name string, command ...string) (*Process, error) {
	return startProcess(n.Machine, n.options.Dir, name, command...)
}

// kill ends a component that is not to count as one that ended by itself.
func (n *NodeCluster) kill(component string) {
	n.processes = slices.DeleteFunc(n.processes, func(process *Process) bool {
		if process.Name != component {
			return false
		}
		process.Kill()
		return true
	})
}

// Stop ends all of it at once: what is stored does not outlive the machine.
func (n *NodeCluster) Stop() error { return n.Machine.Stop() }

// prepareMachine gives the machine directories, kernel settings and addresses of its own.
func (n *NodeCluster) prepareMachine(ctx context.Context) error {
	if err := n.Machine.Inside(mountOwnDirectories); err != nil {
		return err
	}
	for _, arguments := range [][]string{
		{"link", "add", "name", "node0", "type", "bridge"},
		{"addr", "add", nodeIP + "/24", "dev", "node0"},
		// What the Service "kubernetes" has, so that the API server itself is there.
		{"addr", "add", apiServerIP + "/32", "dev", "node0"},
		{"link", "set", "node0", "up"},
		{"route", "add", "default", "dev", "node0"},
	} {
		if _, err := n.Machine.Run(ctx, busybox, append([]string{"ip"}, arguments...)...); err != nil {
			return err
		}
	}
	return nil
}

// ownDirectories are where the node's programs, which are not told all their paths, leave state.
var ownDirectories = []string{
	"/run", "/var/lib", "/var/log", "/etc/cni", "/opt", "/srv", "/usr/libexec/kubernetes",
}

// kernelSettings are what kubelet wants the kernel to have, and sets. They are those of all the
// computer, so it gets files in their place.
var kernelSettings = map[string]string{
	"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10",
	"kernel/panic_on_oops": "1", "kernel/keys/root_maxkeys": "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

func mountOwnDirectories() error {
	for _, directory := range ownDirectories {
		if err := os.MkdirAll(directory, 0o755); err != nil {
			return err
		}
		if err := unix.Mount("node", directory, "tmpfs", 0, "mode=755"); err != nil {
			return fmt.Errorf("mounting %s: %w", directory, err)
		}
	}
	for setting, value := range kernelSettings {
		file := filepath.Join("/run", filepath.Base(setting))
		if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
			return err
		}
		if err := unix.Mount(file, "/proc/sys/"+setting, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mounting over %s: %w", setting, err)
		}
	}
	return nil
}

func (n *NodeCluster) waitForFile(ctx context.Context, path string) error {
	return wait.PollUntilContextTimeout(ctx, pollInterval, readyTimeout, true,
		func(context.Context) (bool, error) {
			if process := n.exitedProcess(); process != nil {
				return false, fmt.Errorf("%s ended", process.Name)
			}
			return n.Machine.Inside(func() error { _, err := os.Stat(path); return err }) == nil, nil
		})
}

func (n *NodeCluster) waitNodeReady(ctx context.Context) error {
	state := "it has not registered"
	err := wait.PollUntilContextTimeout(ctx, pollInterval, readyTimeout, true,
		func(ctx context.Context) (bool, error) {
			if process := n.exitedProcess(); process != nil {
				return false, fmt.Errorf("%s ended", process.Name)
			}
			node, err := n.Client.CoreV1().Nodes().Get(ctx, NodeName, metav1.GetOptions{})
			if err != nil {
				return false, nil
			}
			for _, condition := range node.Status.Conditions {
				if condition.Type == corev1.NodeReady {
					state = condition.Message
					return condition.Status == corev1.ConditionTrue, nil
				}
			}
			return false, nil
		})
	if err != nil {
		return fmt.Errorf("the node is not ready, %s: %w", state, err)
	}
	return nil
}
