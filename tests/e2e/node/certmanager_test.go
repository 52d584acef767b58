package node

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// The Certificates of the chart and the Secrets that cert-manager keeps for them.
const (
	servingCertificate, servingSecret = "mountguard", "mountguard-certificates"
	caCertificate, caSecret           = "mountguard-ca", "mountguard-ca"
)

// TestInstalledWithCertManager has certificates made and renewed by cert-manager's own controllers and cainjector.
func TestInstalledWithCertManager(t *testing.T) {
	folder := os.Getenv("CERT_MANAGER")
	if folder == "" || os.Getenv("HELM") == "" {
		t.Skip("no cert-manager or no Helm; node.sh has said why")
	}
	importMountguard(t)
	importTester(t)
	definitions := folder + "/definitions.yaml"
	kubectl(t, "", "apply", "--server-side", "-f", definitions)
	kubectl(t, "", "wait", "--for=condition=Established", "--timeout=1m", "-f", definitions)
	process, err := cluster.StartProgram("certmanager", folder+"/certmanager", cluster.Kubeconfig())
	check(t, err)
	t.Cleanup(func() {
		process.Stop()
		if t.Failed() {
			t.Log(process.Tail())
		}
		_, err := cluster.Kubectl(context.Background(), "", "delete", "-f", definitions) // t.Context is over by then
		check(t, err)
	})

	namespace, err := cluster.CreateNamespace(t.Context(), "issued-")
	check(t, err)
	mountguard := release{makeValues(t)}
	begin := time.Now()
	mountguard.upgrade(t, "certificates.mode=cert-manager")
	bad := podOf(namespace, "Bidirectional")
	waitRefused(t, bad, "[no-bidirectional]")
	t.Logf("issued, injected, ready and judging after %v", time.Since(begin).Round(10*time.Millisecond))
	waitTrusted(t)
	waitServed(t)
	if passed, said := mountguard.passes(t); !passed {
		t.Errorf("helm test says: %s", said)
	}

	t.Run("renewed", func(t *testing.T) {
		changeUnderLoad(t, namespace, servingSecret, func() { renew(t, servingCertificate) })
	})
	t.Run("issued again, as its Secret was deleted", func(t *testing.T) {
		changeUnderLoad(t, namespace, servingSecret, func() { kubectl(t, "", "-n", installation, "delete", "secret", servingSecret) })
	})
	t.Run("the CA renewed, and then what it has signed", func(t *testing.T) {
		changeUnderLoad(t, namespace, caSecret, func() { renew(t, caCertificate) })
		changeUnderLoad(t, namespace, servingSecret, func() { renew(t, servingCertificate) })
		if !bytes.Equal(secret(t, servingSecret).Data["ca.crt"], secret(t, caSecret).Data["tls.crt"]) {
			t.Error("the renewed CA has not signed what was renewed after it")
		}
	})
	waitRefused(t, bad, "[no-bidirectional]")

	output, err := mountguard.helm(t, "uninstall", "mountguard", "--wait", "--timeout=1m")
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	waitTaken(t, bad)
	secret(t, caSecret) // these two stay, as docs/install.md says
	secret(t, servingSecret)
	kubectl(t, "", "delete", "namespace", installation)
}

// renew asks cert-manager for a new certificate, as `cmctl renew` does.
func renew(t *testing.T, certificate string) {
	t.Helper()
	kubectl(t, "", "-n", installation, "patch", "certificate", certificate, "--subresource=status", "--type=json",
		`--patch=[{"op": "add", "path": "/status/conditions/-", "value": {"type": "Issuing", "status": "True", "reason": "ManuallyTriggered"}}]`)
}

// changeUnderLoad returns when the Secret has another certificate and the replicas, not restarted, serve what theirs has; pods are
// created all the while.
func changeUnderLoad(t *testing.T, namespace, name string, change func()) {
	t.Helper()
	before, pods := secret(t, name).Data["tls.crt"], replicas(t)
	creations := startCreating(t.Context(), namespace)
	begin := time.Now()
	change()
	waitFor(t, "certificate in the Secret "+name, func(ctx context.Context) bool {
		now, err := cluster.Client.CoreV1().Secrets(installation).Get(ctx, name, metav1.GetOptions{})
		return err == nil && len(now.Data["tls.crt"]) > 0 && !bytes.Equal(now.Data["tls.crt"], before)
	})
	waitTrusted(t)
	waitServed(t)
	took := time.Since(begin)
	done, failures := creations.stop()
	t.Logf("issued and served after %v; of %d creations meanwhile %d failed", took.Round(10*time.Millisecond), done, len(failures))
	for _, failure := range failures[:min(len(failures), 3)] {
		t.Error(failure)
	}
	if done == 0 {
		t.Error("nothing was created meanwhile")
	}
	for i, pod := range replicas(t) {
		if pod.UID != pods[i].UID || pod.Status.ContainerStatuses[0].RestartCount > 0 {
			t.Errorf("%s was replaced or restarted", pods[i].Name)
		}
	}
}

// waitTrusted returns when every webhook's caBundle has the CA of the serving certificate; cainjector leaves those of before in it.
func waitTrusted(t *testing.T) {
	t.Helper()
	waitFor(t, "caBundle", func(ctx context.Context) bool {
		configuration, err := cluster.Client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(ctx, "mountguard", metav1.GetOptions{})
		if err != nil {
			return false
		}
		ca := secret(t, servingSecret).Data["ca.crt"]
		for _, webhook := range configuration.Webhooks {
			if len(ca) == 0 || !bytes.Contains(webhook.ClientConfig.CABundle, bytes.TrimSpace(ca)) {
				return false
			}
		}
		return true
	})
}

// waitServed returns when every replica serves the certificate that is in the Secret.
func waitServed(t *testing.T) {
	t.Helper()
	block, _ := pem.Decode(secret(t, servingSecret).Data["tls.crt"])
	for _, pod := range replicas(t) {
		waitFor(t, "certificate served by "+pod.Name, func(ctx context.Context) bool {
			served := servedBy(ctx, net.JoinHostPort(pod.Status.PodIP, "8443"))
			return served != nil && bytes.Equal(served.Raw, block.Bytes)
		})
	}
}

func servedBy(ctx context.Context, address string) *x509.Certificate {
	connection, err := cluster.Machine.Dial(ctx, "tcp", address)
	if err != nil {
		return nil
	}
	defer connection.Close()
	client := tls.Client(connection, &tls.Config{InsecureSkipVerify: true}) // whose it is shall be seen
	if client.HandshakeContext(ctx) != nil {
		return nil
	}
	return client.ConnectionState().PeerCertificates[0]
}

func secret(t *testing.T, name string) *corev1.Secret {
	t.Helper()
	secret, err := cluster.Client.CoreV1().Secrets(installation).Get(t.Context(), name, metav1.GetOptions{})
	check(t, err)
	return secret
}

func replicas(t *testing.T) []corev1.Pod {
	t.Helper()
	pods, err := cluster.Client.CoreV1().Pods(installation).List(t.Context(), metav1.ListOptions{LabelSelector: selector})
	check(t, err)
	if len(pods.Items) != 2 {
		t.Fatalf("there are %d replicas, not 2", len(pods.Items))
	}
	return pods.Items
}

func waitFor(t *testing.T, what string, done func(ctx context.Context) bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true,
		func(ctx context.Context) (bool, error) { return done(ctx), nil })
	if err != nil {
		t.Fatalf("no new %s: %v\n%s", what, err, kubectl(t, "", "-n", installation, "describe", "certificates,certificaterequests").Stdout)
	}
}
