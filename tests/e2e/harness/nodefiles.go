package harness

import (
	"fmt"
	"os"
	"path/filepath"
)

// Where things are in a node's machine. Its network is all its own, so addresses are fixed.
const (
	nodeIP           = "192.168.77.1"
	apiServerIP      = "10.0.0.1" // the first of --service-cluster-ip-range
	clusterDomain    = "cluster.local"
	containerdSocket = "/run/containerd/containerd.sock"
	cniPrograms      = "/usr/lib/cni"
	cniConfig        = "/etc/cni/net.d"
	kubeletDir       = "/var/lib/kubelet"
	// StaticPodDir is where the kubelet looks for manifests of static pods.
	StaticPodDir = "/var/lib/manifests"
)

// restrict_oom_score_adj: runc fails where it may not lower what it has inherited.
const containerdTOML = `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "` + containerdSocket + `"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "` + pauseName + `"
  disable_apparmor = true
  restrict_oom_score_adj = true
  tolerate_missing_hugetlb_controller = true
  disable_hugetlb_controller = true
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "native"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  BinaryName = "/usr/sbin/runc"
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "` + cniPrograms + `"
  conf_dir = "` + cniConfig + `"
`

const cniJSON = `{
  "cniVersion": "1.0.0", "name": "pods",
  "plugins": [{
    "type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
    "ipam": {
      "type": "host-local", "ranges": [[{"subnet": "10.88.0.0/16"}]],
      "routes": [{"dst": "0.0.0.0/0"}]
    }
  }]
}
`

// Disks that are full are no reason to evict here; cgroupsPerQOS keeps containers below cgroupRoot.
const kubeletYAML = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: cgroupfs
cgroupRoot: /%s
cgroupsPerQOS: true
enforceNodeAllocatable: []
failCgroupV1: false
failSwapOn: false
localStorageCapacityIsolation: false
containerRuntimeEndpoint: unix://` + containerdSocket + `
staticPodPath: ` + StaticPodDir + `
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
clusterDNS: [` + nodeIP + `]
clusterDomain: ` + clusterDomain + `
resolvConf: ""
evictionHard: {nodefs.available: "0%%", imagefs.available: "0%%", memory.available: 50Mi}
imageMinimumGCAge: 24h
syncFrequency: 1s
`

func (n *NodeCluster) writeNodeFiles() error {
	kubelet := fmt.Sprintf(kubeletYAML, n.Machine.Cgroup)
	return n.Machine.Inside(func() error {
		if err := os.MkdirAll(StaticPodDir, 0o755); err != nil {
			return err
		}
		for path, content := range map[string]string{
			n.path("containerd.toml"):                 containerdTOML,
			n.path("kubelet.yaml"):                    kubelet,
			filepath.Join(cniConfig, "pods.conflist"): cniJSON,
		} {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				return err
			}
		}
		return nil
	})
}
