package harness

import (
	"context"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// WebhookName is the name of every webhook that Register registers; the API server prefixes audit
// annotations with it.
const WebhookName = "mounts.mountguard.io"

// PolicyLabels are those of a ConfigMap that holds policies.
var PolicyLabels = map[string]string{"mountguard.io/policy": "true"}

// sentinelName is the name of the webhook that shows that a configuration is in force.
const sentinelName = "sentinel.mountguard.io"

const namespaceLabel = corev1.LabelMetadataName

// judged lists what a cluster's administrator sends to mountguard.
var judged = []struct {
	group, version string
	resources      []string
}{
	{"", "v1", []string{
		"pods", "pods/ephemeralcontainers", "podtemplates", "replicationcontrollers",
	}},
	{"apps", "v1", []string{"deployments", "statefulsets", "daemonsets", "replicasets"}},
	{"batch", "v1", []string{"jobs", "cronjobs"}},
	{"argoproj.io", "v1alpha1", []string{"rollouts"}},
}

// Register makes url judge what fulfils all conditions in the namespace, with failurePolicy Fail, and
// returns when that is in force. Other namespaces are left alone, so that tests do not meet each
// other's webhooks.
func (c *Cluster) Register(ctx context.Context, namespace, url string, caBundle []byte,
	conditions ...admissionv1.MatchCondition) error {
	var rules []admissionv1.RuleWithOperations
	for _, row := range judged {
		rules = append(rules, admissionv1.RuleWithOperations{
			Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
			Rule: admissionv1.Rule{
				APIGroups:   []string{row.group},
				APIVersions: []string{row.version},
				Resources:   row.resources,
			},
		})
	}
	webhook := newWebhook(WebhookName, namespace, url, rules)
	webhook.ClientConfig.CABundle = caBundle
	webhook.MatchConditions = conditions
	return c.configure(ctx, namespace, webhook)
}

// RegisterPolicies makes url judge the namespace's ConfigMaps with policies, as Register does for
// pods.
func (c *Cluster) RegisterPolicies(ctx context.Context, namespace, url string,
	caBundle []byte) error {
	webhook := newWebhook(WebhookName, namespace, url,
		[]admissionv1.RuleWithOperations{{
			Operations: []admissionv1.OperationType{
				admissionv1.Create, admissionv1.Update, admissionv1.Delete,
			},
			Rule: admissionv1.Rule{
				APIGroups:   []string{""},
				APIVersions: []string{"v1"},
				Resources:   []string{"configmaps"},
			},
		}})
	webhook.ClientConfig.CABundle = caBundle
	webhook.ObjectSelector = &metav1.LabelSelector{MatchLabels: PolicyLabels}
	return c.configure(ctx, namespace, webhook)
}

// configure stores a configuration of the namespace's webhook and returns when it is in force.
func (c *Cluster) configure(ctx context.Context, namespace string,
	webhook admissionv1.ValidatingWebhook) error {
	configuration := &admissionv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: namespace},
		Webhooks:   []admissionv1.ValidatingWebhook{webhook, newSentinel(namespace)},
	}
	_, err := c.Client.AdmissionregistrationV1().ValidatingWebhookConfigurations().
		Create(ctx, configuration, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	return c.waitInForce(ctx, namespace)
}

// Unregister removes what Register registered for the namespace.
func (c *Cluster) Unregister(ctx context.Context, namespace string) error {
	return c.Client.AdmissionregistrationV1().ValidatingWebhookConfigurations().
		Delete(ctx, namespace, metav1.DeleteOptions{})
}

func newWebhook(name, namespace, url string,
	rules []admissionv1.RuleWithOperations) admissionv1.ValidatingWebhook {
	failurePolicy := admissionv1.Fail
	sideEffects := admissionv1.SideEffectClassNone
	return admissionv1.ValidatingWebhook{
		Name:                    name,
		ClientConfig:            admissionv1.WebhookClientConfig{URL: &url},
		Rules:                   rules,
		FailurePolicy:           &failurePolicy,
		SideEffects:             &sideEffects,
		AdmissionReviewVersions: []string{"v1"},
		NamespaceSelector: &metav1.LabelSelector{
			MatchLabels: map[string]string{namespaceLabel: namespace},
		},
	}
}

// newSentinel returns a webhook that cannot be called and guards labelled ConfigMaps only. An API
// server takes up all webhooks of a configuration at once, so that a refused ConfigMap shows that
// the webhook beside the sentinel is in force, whatever that one answers.
func newSentinel(namespace string) admissionv1.ValidatingWebhook {
	sentinel := newWebhook(sentinelName, namespace, "https://127.0.0.1:1/",
		[]admissionv1.RuleWithOperations{{
			Operations: []admissionv1.OperationType{admissionv1.Create},
			Rule: admissionv1.Rule{
				APIGroups:   []string{""},
				APIVersions: []string{"v1"},
				Resources:   []string{"configmaps"},
			},
		}})
	sentinel.ObjectSelector = &metav1.LabelSelector{MatchLabels: sentinelLabels}
	return sentinel
}

var sentinelLabels = map[string]string{"mountguard.io/e2e": "sentinel"}

func (c *Cluster) waitInForce(ctx context.Context, namespace string) error {
	return c.waitProbe(ctx, namespace, func(err error) (bool, error) {
		if apierrors.IsInternalError(err) && strings.Contains(err.Error(), sentinelName) {
			return true, nil
		}
		return false, err
	})
}
