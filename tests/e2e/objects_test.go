package e2e

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// noBidirectional is a policy that refuses what core validation lets through; a core rule's own
// violation never reaches a webhook, because the API server refuses it first.
const noBidirectional = `apiVersion: mountguard.io/v1
kind: MountPolicy
metadata: {name: e2e}
spec:
  rules:
    - name: no-bidirectional
      match:
        - mountPropagation: [Bidirectional]
      message: "{container} may not publish mounts"
`

// warnBidirectional is the same rule on its way into a cluster.
const warnBidirectional = `apiVersion: mountguard.io/v1
kind: MountPolicy
metadata: {name: e2e}
spec:
  rules:
    - name: no-bidirectional
      match:
        - mountPropagation: [Bidirectional]
      validationActions: [Warn]
      message: "{container} may not publish mounts"
`

// mount returns a mount of the volume "host"; an empty mode is left unset.
func mount(path string, mode corev1.MountPropagationMode) corev1.VolumeMount {
	result := corev1.VolumeMount{Name: "host", MountPath: path}
	if mode != "" {
		result.MountPropagation = ptr.To(mode)
	}
	return result
}

// podSpec returns the spec of a privileged container "agent" with a host path as its volume "host".
func podSpec(mounts ...corev1.VolumeMount) corev1.PodSpec {
	return corev1.PodSpec{
		Containers: []corev1.Container{{
			Name:            "agent",
			Image:           "registry.example/agent:1",
			SecurityContext: &corev1.SecurityContext{Privileged: ptr.To(true)},
			VolumeMounts:    mounts,
		}},
		Volumes: []corev1.Volume{{
			Name: "host",
			VolumeSource: corev1.VolumeSource{
				HostPath: &corev1.HostPathVolumeSource{Path: "/srv/data"},
			},
		}},
	}
}

// pod returns a pod of podSpec.
func pod(namespace, name string, mounts ...corev1.VolumeMount) *corev1.Pod {
	return &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       podSpec(mounts...),
	}
}

// everyMode are four mounts, one for each thing that mountPropagation can say.
var everyMode = []corev1.VolumeMount{
	mount("/published", corev1.MountPropagationBidirectional),
	mount("/received", corev1.MountPropagationHostToContainer),
	mount("/none", corev1.MountPropagationNone),
	mount("/unset", ""),
}

// everyModeTranslated is the audit log's account of everyMode.
const everyModeTranslated = `[` +
	`{"c":"agent","t":"container","m":0,"v":"host","p":"/published",` +
	`"mode":"Bidirectional","cri":"PROPAGATION_BIDIRECTIONAL"},` +
	`{"c":"agent","t":"container","m":1,"v":"host","p":"/received",` +
	`"mode":"HostToContainer","cri":"PROPAGATION_HOST_TO_CONTAINER"},` +
	`{"c":"agent","t":"container","m":2,"v":"host","p":"/none",` +
	`"mode":"None","cri":"PROPAGATION_PRIVATE"},` +
	`{"private":1}]`
