package node

import (
	"context"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"

	"mountguard.io/e2e/harness"
)

// TestDaemonSetRuns holds that controller, scheduler, kubelet, runtime and network work together:
// a pod that the controller has made has its token, its own address, and reaches the API server, by its names, too.
func TestDaemonSetRuns(t *testing.T) {
	namespace, err := cluster.CreateNamespace(t.Context(), "daemonset-")
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"app": "agent"}
	daemonSet := &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: "agent"},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					TerminationGracePeriodSeconds: ptr.To[int64](0),
					Containers: []corev1.Container{{
						Name: "agent", Image: harness.TestImage.Name,
						ImagePullPolicy: corev1.PullNever,
					}},
				},
			},
		},
	}
	_, err = cluster.Client.AppsV1().DaemonSets(namespace).
		Create(t.Context(), daemonSet, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod := waitForPod(t, namespace)
	if pod.Spec.NodeName != harness.NodeName || !strings.HasPrefix(pod.Status.PodIP, "10.88.") {
		t.Errorf("the pod is on node %q with address %q", pod.Spec.NodeName, pod.Status.PodIP)
	}
	output, err := cluster.Kubectl(t.Context(), "", "exec", "-n", namespace, pod.Name, "--", "sh", "-c",
		"cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; "+
			"for host in $KUBERNETES_SERVICE_HOST kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local; "+
			"do nc $host $KUBERNETES_SERVICE_PORT </dev/null && echo reached; done; "+
			"nc absent.default $KUBERNETES_SERVICE_PORT </dev/null || echo absent")
	if err != nil {
		t.Fatal(err)
	}
	if want := namespace + strings.Repeat("reached\n", 4) + "absent\n"; output.Stdout != want || output.ExitCode != 0 {
		t.Errorf("the pod prints %q, not %q; %s", output.Stdout, want, output.Error)
	}
}

// waitForPod returns the one pod of the namespace when it is ready.
func waitForPod(t *testing.T, namespace string) *corev1.Pod {
	t.Helper()
	var pod *corev1.Pod
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true,
		func(ctx context.Context) (bool, error) {
			pods, err := cluster.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
			if err != nil || len(pods.Items) != 1 {
				return false, err
			}
			pod = &pods.Items[0]
			for _, condition := range pod.Status.Conditions {
				if condition.Type == corev1.PodReady {
					return condition.Status == corev1.ConditionTrue, nil
				}
			}
			return false, nil
		})
	if err != nil {
		t.Fatalf("no pod of %s is ready: %v; %+v", namespace, err, pod)
	}
	return pod
}
