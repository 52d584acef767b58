package harness

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"mountguard.io/e2e/machine"
)

// Binaries are named by these variables; without them they are where the project's build puts them,
// seen from this module's root. A variable that names no file is a failure, not a reason to skip.
const (
	clusterVariable    = "CLUSTER_BIN"
	clusterDefault     = "../../build/e2e/cluster"
	mountguardVariable = "MOUNTGUARD_BIN"
	mountguardDefault  = "../../build/release/mountguard"
)

// ClusterBinary returns the path of cmd/cluster's program and whether to use it.
func ClusterBinary() (path string, found bool) {
	return findBinary(clusterVariable, clusterDefault)
}

func findBinary(variable, fallback string) (path string, found bool) {
	path, found = os.LookupEnv(variable)
	if !found {
		path = fallback
		_, err := os.Stat(path)
		found = err == nil
	}
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return path, found
}

// startPollInterval is short beside the time that a start takes, as that is measured.
const startPollInterval = 2 * time.Millisecond

// ServeOptions say how mountguard is started.
type ServeOptions struct {
	// Policy is the text of a policy file; empty means the built-in baseline.
	Policy string
	// ShutdownDelay is how long the server goes on answering after SIGTERM.
	ShutdownDelay time.Duration
	// Flags are added to the command line.
	Flags []string
	// CABundle is that of a certificate which Flags name; without it one is issued.
	CABundle []byte
	// Machine to run in, as a NodeCluster's API server calls no other; nil is this one.
	Machine *machine.Machine
}

// Mountguard is a running `mountguard serve`.
type Mountguard struct {
	// URL is the secure port's: https://127.0.0.1:PORT.
	URL string
	// MetricsURL is the metrics port's: http://127.0.0.1:PORT.
	MetricsURL string
	// CABundle is for the webhook configuration.
	CABundle []byte
	// ReadyAfter is the time from the start of the process to its first 200 from /readyz.
	ReadyAfter time.Duration
	Process    *Process

	started time.Time
	machine *machine.Machine
}

// MountguardBinary returns the path of the program; without it the test is skipped.
func MountguardBinary(t *testing.T) string {
	t.Helper()
	binary, found := findBinary(mountguardVariable, mountguardDefault)
	if !found {
		t.Skipf("no mountguard binary at %s; set %s", binary, mountguardVariable)
	}
	return binary
}

// StartMountguard issues a certificate, starts the server and returns when it is ready. It is
// stopped when the test ends; if that failed, its log is shown. Without a binary the test is
// skipped.
func StartMountguard(t *testing.T, options ServeOptions) *Mountguard {
	t.Helper()
	server, err := startMountguard(t, MountguardBinary(t), options)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func startMountguard(t *testing.T, binary string, options ServeOptions) (*Mountguard, error) {
	dir := t.TempDir()
	caBundle := options.CABundle
	command := serveCommand(binary, options.ShutdownDelay)
	if caBundle == nil {
		issue := exec.Command(binary, "certs", "issue", "--out", dir, "--ip", "127.0.0.1")
		if output, err := issue.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", issue, err, output)
		}
		var err error
		if caBundle, err = os.ReadFile(filepath.Join(dir, "ca.crt")); err != nil {
			return nil, err
		}
		command = append(command,
			"--tls-cert-file", filepath.Join(dir, "tls.crt"),
			"--tls-private-key-file", filepath.Join(dir, "tls.key"))
	}
	if options.Policy != "" {
		path := filepath.Join(dir, "policy.yaml")
		if err := os.WriteFile(path, []byte(options.Policy), 0o600); err != nil {
			return nil, err
		}
		command = append(command, "--policy", path)
	}
	server, err := startServer(t, options.Machine, dir, append(command, options.Flags...))
	if err != nil {
		return nil, err
	}
	server.CABundle = caBundle
	return server, server.waitReady(t.Context())
}

// RunMountguard runs another command of the program and returns what it prints on stdout; an exit
// code other than 0 is an error with what it says.
func RunMountguard(t *testing.T, arguments ...string) (stdout string, err error) {
	t.Helper()
	binary, found := findBinary(mountguardVariable, mountguardDefault)
	if !found {
		t.Skipf("no mountguard binary at %s; set %s", binary, mountguardVariable)
	}
	var said bytes.Buffer
	command := exec.Command(binary, arguments...)
	command.Stderr = &said
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", command, err, said.String())
	}
	return string(output), nil
}

// serveCommand serves on free ports of 127.0.0.1; where the certificate comes from is to be added.
func serveCommand(binary string, shutdownDelay time.Duration) []string {
	return []string{binary, "serve",
		"--bind-address", "127.0.0.1", "--secure-port", "0",
		"--metrics-bind-address", "127.0.0.1:0",
		"--shutdown-delay", shutdownDelay.String(),
	}
}

// startServer starts a server that is stopped when the test ends; if that failed, its log is shown.
func startServer(t *testing.T, in *machine.Machine, dir string, command []string) (*Mountguard,
	error) {
	started := time.Now()
	process, err := startProcess(in, dir, "mountguard", command...)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		process.Stop()
		if t.Failed() {
			t.Log(process.Tail())
		}
	})
	return &Mountguard{Process: process, started: started, machine: in}, nil
}

// Address is the host and port of the secure port.
func (m *Mountguard) Address() string { return strings.TrimPrefix(m.URL, "https://") }

// Certificate returns the certificate that the server shows, as it came over the wire.
func (m *Mountguard) Certificate() ([]byte, error) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(m.CABundle)
	connection, err := tls.Dial("tcp", m.Address(), &tls.Config{RootCAs: roots})
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	return connection.ConnectionState().PeerCertificates[0].Raw, nil
}

// Client returns an HTTP client that trusts the server's certificate.
func (m *Mountguard) Client() *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(m.CABundle)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	if m.machine != nil {
		transport.DialContext = m.machine.Dial
	}
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

func (m *Mountguard) waitReady(ctx context.Context) error {
	client := m.Client()
	defer client.CloseIdleConnections()
	err := wait.PollUntilContextTimeout(ctx, startPollInterval, readyTimeout, true,
		func(ctx context.Context) (bool, error) {
			if listens, err := m.listens(ctx); !listens {
				return false, err
			}
			status, _, err := get(client, m.URL+"/readyz")
			return status == http.StatusOK, err
		})
	if err != nil {
		return fmt.Errorf("mountguard is not ready: %w", err)
	}
	m.ReadyAfter = time.Since(m.started)
	return nil
}

// listens reports whether the server has opened its ports; it fails once it cannot any more.
func (m *Mountguard) listens(context.Context) (bool, error) {
	select {
	case <-m.Process.Exited():
		return false, fmt.Errorf("mountguard ended with %d", m.Process.Stop())
	default:
		return m.readAddresses(), nil
	}
}

func get(client *http.Client, url string) (status int, text string, err error) {
	response, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// readAddresses takes the ports from the log's "listening" lines and reports whether it knows both.
func (m *Mountguard) readAddresses() bool {
	for line := range strings.Lines(m.Process.Output()) {
		var entry struct{ Msg, Address, Endpoint string }
		if json.Unmarshal([]byte(line), &entry) != nil || entry.Msg != "listening" {
			continue
		}
		switch entry.Endpoint {
		case "secure":
			m.URL = "https://" + entry.Address
		case "metrics":
			m.MetricsURL = "http://" + entry.Address
		}
	}
	return m.URL != "" && m.MetricsURL != ""
}
