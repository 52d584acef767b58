package node

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// creations are pods that several clients create all the time, as dry runs.
type creations struct {
	stopping atomic.Bool
	clients  sync.WaitGroup

	mutex    sync.Mutex
	done     int
	failures []error
}

// startCreating begins to create pods with a mount that a rule could speak of.
func startCreating(ctx context.Context, namespace string) *creations {
	const clients = 4
	running := &creations{}
	for client := range clients {
		running.clients.Go(func() {
			for i := 0; !running.stopping.Load() && ctx.Err() == nil; i++ {
				running.create(ctx, namespace, fmt.Sprintf("load-%d-%d", client, i))
			}
		})
	}
	return running
}

func (c *creations) create(ctx context.Context, namespace, name string) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			Containers: []corev1.Container{{Name: "c", Image: "i", VolumeMounts: []corev1.VolumeMount{{
				Name: "host", MountPath: "/m", MountPropagation: ptr.To(corev1.MountPropagationHostToContainer)}}}},
			Volumes: []corev1.Volume{{Name: "host", VolumeSource: corev1.VolumeSource{
				HostPath: &corev1.HostPathVolumeSource{Path: "/srv"}}}},
		},
	}
	_, err := cluster.Client.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.done++
	if err != nil {
		c.failures = append(c.failures, fmt.Errorf("%s: %w", name, err))
	}
}

// stop ends it when what is under way is answered, and returns how many were answered, and what failed of them.
func (c *creations) stop() (done int, failures []error) {
	c.stopping.Store(true)
	c.clients.Wait()
	return c.done, c.failures
}
