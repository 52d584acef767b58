package harness

import (
	"crypto/tls"
	"net/http"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// ManagedOptions say how a mountguard that manages its own certificates is started. What is not
// given is short, so that a test sees whole rotations.
type ManagedOptions struct {
	// Command stands before the program's own, as `env` would.
	Command []string
	// Namespace is where the Secret is; the webhook configuration has its name.
	Namespace  string
	Kubeconfig string
	// Wait is what an API server is given to see a new caBundle.
	Wait time.Duration
	// Lifetime is that of a serving certificate; a CA lives CALifetime.
	Lifetime, CALifetime time.Duration
	Flags                []string
}

// ManagedSecret is the Secret's name.
const ManagedSecret = "mountguard-certificates"

// StartManaged starts mountguard and returns once it listens; it may not be ready yet.
func StartManaged(t *testing.T, options ManagedOptions) *Mountguard {
	t.Helper()
	binary, found := findBinary(mountguardVariable, mountguardDefault)
	if !found {
		t.Skipf("no mountguard binary at %s; set %s", binary, mountguardVariable)
	}
	or := func(duration, otherwise time.Duration) string {
		if duration == 0 {
			duration = otherwise
		}
		return duration.String()
	}
	command := append(options.Command, serveCommand(binary, 0)...)
	command = append(command,
		"--manage-certificates",
		"--namespace", options.Namespace,
		"--webhook-configuration", options.Namespace,
		"--certificate-name", "127.0.0.1",
		"--kubeconfig", options.Kubeconfig,
		"--ca-bundle-wait", or(options.Wait, 500*time.Millisecond),
		"--certificate-lifetime", or(options.Lifetime, time.Hour),
		"--ca-lifetime", or(options.CALifetime, 10*time.Hour),
		"--clock-skew", "1s",
		"--certificate-check-interval", "100ms",
	)
	server, err := startServer(t, nil, t.TempDir(), append(command, options.Flags...))
	if err != nil {
		t.Fatal(err)
	}
	err = wait.PollUntilContextTimeout(t.Context(), 10*time.Millisecond, readyTimeout, true,
		server.listens)
	if err != nil {
		t.Fatalf("mountguard does not listen: %v\n%s", err, server.Process.Tail())
	}
	return server
}

// Readiness asks /readyz, verifying nothing, as a kubelet does.
func (m *Mountguard) Readiness() (status int, text string, err error) {
	client := &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			DisableKeepAlives: true,
		},
		Timeout: 10 * time.Second,
	}
	return get(client, m.URL+"/readyz?verbose")
}
