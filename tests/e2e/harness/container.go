package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	runtimev1 "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Container is what the container runtime keeps of a container, and what the kernel has.
type Container struct {
	// PID of its first process, as the machine numbers it.
	PID int
	// Config is the kubelet's CRI request as containerd stored it.
	Config struct {
		Mounts []CRIMount `json:"mounts"`
	} `json:"config"`
	// Spec is what runc was given.
	Spec struct {
		Mounts []OCIMount `json:"mounts"`
	} `json:"runtimeSpec"`
	// MountInfo is its /proc/PID/mountinfo.
	MountInfo string `json:"-"`
}

// CRIMount is a mount of a CRI request.
type CRIMount struct {
	ContainerPath string                     `json:"container_path"`
	HostPath      string                     `json:"host_path"`
	Propagation   runtimev1.MountPropagation `json:"propagation"`
}

// OCIMount is a mount of an OCI runtime specification.
type OCIMount struct {
	Destination string   `json:"destination"`
	Source      string   `json:"source"`
	Options     []string `json:"options"`
}

// Runtime returns a client of the node's containerd, for CRI; to be closed.
func (n *NodeCluster) Runtime() (runtimev1.RuntimeServiceClient, func() error, error) {
	connection, err := grpc.NewClient("passthrough:///containerd",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return n.Machine.Dial(ctx, "unix", containerdSocket)
		}))
	if err != nil {
		return nil, nil, err
	}
	return runtimev1.NewRuntimeServiceClient(connection), connection.Close, nil
}

// Inspect returns the running container of that name in the pod.
func (n *NodeCluster) Inspect(ctx context.Context, podUID, name string) (*Container, error) {
	client, done, err := n.Runtime()
	if err != nil {
		return nil, err
	}
	defer done()
	list, err := client.ListContainers(ctx, &runtimev1.ListContainersRequest{
		Filter: &runtimev1.ContainerFilter{
			State: &runtimev1.ContainerStateValue{State: runtimev1.ContainerState_CONTAINER_RUNNING},
			LabelSelector: map[string]string{
				"io.kubernetes.pod.uid": podUID, "io.kubernetes.container.name": name,
			},
		},
	})
	if err != nil {
		return nil, err
	}
	if len(list.Containers) != 1 {
		return nil, fmt.Errorf("%d containers %s of pod %s run", len(list.Containers), name, podUID)
	}
	status, err := client.ContainerStatus(ctx, &runtimev1.ContainerStatusRequest{
		ContainerId: list.Containers[0].Id, Verbose: true})
	if err != nil {
		return nil, err
	}
	container := &Container{}
	if err := json.Unmarshal([]byte(status.Info["info"]), container); err != nil {
		return nil, fmt.Errorf("containerd's account of %s: %w", name, err)
	}
	return container, n.Machine.Inside(func() error {
		table, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", container.PID))
		container.MountInfo = string(table)
		return err
	})
}

// Requested returns the CRI request's mount at path.
func (c *Container) Requested(path string) (CRIMount, error) {
	for _, mount := range c.Config.Mounts {
		if mount.ContainerPath == path {
			return mount, nil
		}
	}
	return CRIMount{}, fmt.Errorf("the CRI request has no mount at %s", path)
}

// Propagation returns the last of the OCI options at path that speaks of propagation.
func (c *Container) Propagation(path string) (string, error) {
	for _, mount := range c.Spec.Mounts {
		if mount.Destination != path {
			continue
		}
		for _, option := range mount.Options {
			switch option {
			case "rshared", "rslave", "rprivate":
				return option, nil
			}
		}
	}
	return "", fmt.Errorf("the OCI specification says no propagation at %s", path)
}

// Kernel returns what mountinfo says of the mount at path: "shared", "slave" or "private".
func (c *Container) Kernel(path string) (string, error) {
	for line := range strings.Lines(c.MountInfo) {
		fields := strings.Fields(line)
		if fields[4] != path {
			continue
		}
		kind := "private"
		for _, field := range fields[6:] {
			switch {
			case field == "-":
				return kind, nil
			case strings.HasPrefix(field, "shared:"):
				kind = "shared"
			case strings.HasPrefix(field, "master:") && kind == "private":
				kind = "slave"
			}
		}
	}
	return "", fmt.Errorf("nothing is mounted at %s", path)
}
