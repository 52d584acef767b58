package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"mountguard.io/e2e/harness"
)

// A CA's rotation by hand: the new one is added, and later takes the old one's place.
func TestCertsInjectWritesIntoTheCluster(t *testing.T) {
	server := harness.StartMountguard(t, harness.ServeOptions{})
	namespace := newNamespace(t)
	register(t, namespace, server.URL+"/validate", server.CABundle)
	next := issue(t, time.Now(), time.Hour, nil)
	caFile := filepath.Join(t.TempDir(), "ca.crt")
	check(t, os.WriteFile(caFile, next.certificate, 0o600))

	inject := func(flags ...string) string {
		t.Helper()
		flags = append([]string{"certs", "inject", "--ca-file", caFile,
			"--webhook-configuration", namespace, "--kubeconfig", cluster.Kubeconfig()}, flags...)
		return must(harness.RunMountguard(t, flags...)).or(t)
	}
	bundle := func() []byte {
		t.Helper()
		return must(cluster.Client.AdmissionregistrationV1().ValidatingWebhookConfigurations().
			Get(t.Context(), namespace, metav1.GetOptions{})).or(t).Webhooks[0].ClientConfig.CABundle
	}
	inject("--add", "--dry-run")
	if !bytes.Equal(bundle(), server.CABundle) {
		t.Error("a dry run has written the bundle")
	}
	report := inject("--add")
	if !bytes.Equal(bundle(), append(server.CABundle, next.certificate...)) {
		t.Errorf("the bundle is\n%s", bundle())
	}
	if !strings.Contains(report, "ValidatingWebhookConfiguration/"+namespace) ||
		!strings.Contains(report, harness.WebhookName) {
		t.Errorf("the report is\n%s", report)
	}
	inject()
	if !bytes.Equal(bundle(), next.certificate) {
		t.Errorf("the bundle is\n%s", bundle())
	}
	if report := inject(); !strings.Contains(report, "was right already") {
		t.Errorf("the report is\n%s", report)
	}
}

func TestCertsInjectWritesIntoAMutatingConfiguration(t *testing.T) {
	namespace := newNamespace(t)
	url, none := "https://127.0.0.1:1/", admissionv1.SideEffectClassNone
	configurations := cluster.Client.AdmissionregistrationV1().MutatingWebhookConfigurations()
	must(configurations.Create(t.Context(), &admissionv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: namespace, Labels: map[string]string{"kept": "yes"}},
		Webhooks: []admissionv1.MutatingWebhook{{
			Name:                    harness.WebhookName,
			ClientConfig:            admissionv1.WebhookClientConfig{URL: &url},
			SideEffects:             &none,
			AdmissionReviewVersions: []string{"v1"},
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"no": "one"}},
		}},
	}, metav1.CreateOptions{})).or(t)
	ca := issue(t, time.Now(), time.Hour, nil)
	caFile := filepath.Join(t.TempDir(), "ca.crt")
	check(t, os.WriteFile(caFile, ca.certificate, 0o600))
	must(harness.RunMountguard(t, "certs", "inject", "--ca-file", caFile,
		"--mutating-webhook-configuration", namespace, "--kubeconfig", cluster.Kubeconfig())).or(t)
	got := must(configurations.Get(t.Context(), namespace, metav1.GetOptions{})).or(t)
	if !bytes.Equal(got.Webhooks[0].ClientConfig.CABundle, ca.certificate) || got.Labels["kept"] != "yes" {
		t.Errorf("the configuration is %+v", got)
	}
}
