package harness

import (
	"context"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
)

// SentinelPolicy gives a policy that refuses ConfigMaps with the sentinel's label, and its binding.
// Created behind others it shows, once it refuses, that they are in force.
func SentinelPolicy(name string) (admissionv1.ValidatingAdmissionPolicy,
	admissionv1.ValidatingAdmissionPolicyBinding) {
	policy := admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: ptr.To(admissionv1.Fail),
			MatchConstraints: &admissionv1.MatchResources{
				ObjectSelector: &metav1.LabelSelector{MatchLabels: sentinelLabels},
				ResourceRules: []admissionv1.NamedRuleWithOperations{{
					RuleWithOperations: admissionv1.RuleWithOperations{
						Operations: []admissionv1.OperationType{admissionv1.Create},
						Rule: admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"},
							Resources: []string{"configmaps"}},
					}}},
			},
			Validations: []admissionv1.Validation{{Expression: "false", Message: name}},
		},
	}
	binding := admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName:        name,
			ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		},
	}
	return policy, binding
}

// WaitPolicyInForce returns when the sentinel refuses in the namespace.
func (c *Cluster) WaitPolicyInForce(ctx context.Context, namespace, sentinel string) error {
	return c.waitProbe(ctx, namespace, func(err error) (bool, error) {
		if err != nil && strings.Contains(err.Error(), sentinel) {
			return true, nil
		}
		return false, err
	})
}

// WaitUnregistered returns when what Register registered for the namespace is out of force.
func (c *Cluster) WaitUnregistered(ctx context.Context, namespace string) error {
	return c.waitProbe(ctx, namespace, func(err error) (bool, error) {
		if err != nil && strings.Contains(err.Error(), sentinelName) {
			return false, nil
		}
		return err == nil, err
	})
}

// waitProbe creates the ConfigMap that sentinels refuse, as a dry run, until `done` is content.
func (c *Cluster) waitProbe(ctx context.Context, namespace string, done func(error) (bool, error)) error {
	probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "sentinel-",
		Labels:       sentinelLabels,
	}}
	options := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	err := wait.PollUntilContextTimeout(ctx, pollInterval, readyTimeout, true,
		func(ctx context.Context) (bool, error) {
			_, err := c.Client.CoreV1().ConfigMaps(namespace).Create(ctx, probe, options)
			return done(err)
		})
	if err != nil {
		return fmt.Errorf("the admission of %s does not change: %w", namespace, err)
	}
	return nil
}
