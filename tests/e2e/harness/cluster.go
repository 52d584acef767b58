// Package harness runs a real Kubernetes control plane and mountguard beside each other on
// 127.0.0.1, and reads what an administrator, a user and an auditor would see.
package harness

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"

	"mountguard.io/e2e/machine"
)

const (
	readyTimeout = 2 * time.Minute
	pollInterval = 50 * time.Millisecond
	adminToken   = "e2e-admin"
)

// Options say how a Cluster is started.
type Options struct {
	// Binary is the program of cmd/cluster.
	Binary string
	// Dir takes all files of the cluster; it must exist.
	Dir string
	// AuditLevel of every request; empty is Metadata.
	AuditLevel auditv1.Level
	// Machine to run in, with the address apiServerIP; nil runs on 127.0.0.1 of this one.
	Machine *machine.Machine
}

// Cluster is a running etcd and kube-apiserver. Its methods may be called from several goroutines.
type Cluster struct {
	// Config is the administrator's: a token of the group system:masters, no client-side rate limit.
	Config  *rest.Config
	Client  kubernetes.Interface
	Dynamic dynamic.Interface
	// AuditLog is the path of the API server's audit log, one JSON event a line.
	AuditLog string

	options    Options
	kubeconfig string
	processes  []*Process
}

// StartCluster returns when /readyz answers. On failure nothing is left running and the error ends
// with the logs' tails.
func StartCluster(ctx context.Context, options Options) (*Cluster, error) {
	if options.AuditLevel == "" {
		options.AuditLevel = auditv1.LevelMetadata
	}
	cluster := &Cluster{
		options:    options,
		AuditLog:   filepath.Join(options.Dir, "audit.log"),
		kubeconfig: filepath.Join(options.Dir, "kubeconfig"),
	}
	if err := cluster.start(ctx); err != nil {
		logs := cluster.Logs()
		cluster.Stop()
		return nil, fmt.Errorf("%w\n%s", err, logs)
	}
	return cluster, nil
}

func (c *Cluster) start(ctx context.Context) error {
	place, err := c.options.place()
	if err != nil {
		return err
	}
	etcdURL := fmt.Sprintf("http://127.0.0.1:%d", place.etcdPort)
	err = c.run("etcd",
		"--data-dir="+filepath.Join(c.options.Dir, "etcd"),
		"--listen-client-url="+etcdURL)
	if err != nil {
		return err
	}

	caBundle, err := c.writeServerFiles(place.ip)
	if err != nil {
		return err
	}
	err = c.run("kube-apiserver", append(place.flags,
		"--etcd-servers="+etcdURL,
		"--bind-address="+place.ip,
		fmt.Sprintf("--secure-port=%d", place.securePort),
		"--tls-cert-file="+c.path("apiserver.crt"),
		"--tls-private-key-file="+c.path("apiserver.key"),
		"--cert-dir="+c.options.Dir,
		"--token-auth-file="+c.path("tokens.csv"),
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+c.path("service-account.key"),
		"--service-account-signing-key-file="+c.path("service-account.key"),
		"--service-cluster-ip-range=10.0.0.0/24",
		"--allow-privileged=true",
		"--audit-policy-file="+c.path("audit-policy.yaml"),
		"--audit-log-path="+c.AuditLog)...)
	if err != nil {
		return err
	}

	c.Config = &rest.Config{
		Host:            fmt.Sprintf("https://%s:%d", place.ip, place.securePort),
		BearerToken:     adminToken,
		TLSClientConfig: rest.TLSClientConfig{CAData: caBundle},
		QPS:             -1,
	}
	if c.options.Machine != nil {
		c.Config.Dial = c.options.Machine.Dial
	}
	if err := c.writeKubeconfig(); err != nil {
		return err
	}
	if c.Client, err = kubernetes.NewForConfig(c.Config); err != nil {
		return err
	}
	if c.Dynamic, err = dynamic.NewForConfig(c.Config); err != nil {
		return err
	}
	return c.waitReady(ctx)
}

// Stop ends the processes, the API server before etcd.
func (c *Cluster) Stop() {
	for i := len(c.processes) - 1; i >= 0; i-- {
		c.processes[i].Stop()
	}
}

// Kubeconfig is the path of the administrator's.
func (c *Cluster) Kubeconfig() string { return c.kubeconfig }

// Logs returns the tails of all logs.
func (c *Cluster) Logs() string {
	var logs string
	for _, process := range c.processes {
		logs += process.Tail()
	}
	return logs
}

// CreateNamespace creates a namespace whose name begins with prefix and returns the name.
func (c *Cluster) CreateNamespace(ctx context.Context, prefix string) (string, error) {
	namespace, err := c.Client.CoreV1().Namespaces().Create(ctx,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: prefix}},
		metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return namespace.Name, nil
}

func (c *Cluster) path(name string) string { return filepath.Join(c.options.Dir, name) }

func (c *Cluster) run(component string, flags ...string) error {
	command := append([]string{c.options.Binary, component}, flags...)
	process, err := startProcess(c.options.Machine, c.options.Dir, component, command...)
	if err != nil {
		return err
	}
	c.processes = append(c.processes, process)
	return nil
}

// writeServerFiles writes what the API server reads at its start and returns the CA bundle that
// its clients need.
func (c *Cluster) writeServerFiles(ip string) (caBundle []byte, err error) {
	certificate, key, err := cert.GenerateSelfSignedCertKey(ip, nil, nil)
	if err != nil {
		return nil, err
	}
	signingKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	signingKeyPEM, err := keyutil.MarshalPrivateKeyToPEM(signingKey)
	if err != nil {
		return nil, err
	}
	auditPolicy := fmt.Sprintf(`apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: %s}]
`, c.options.AuditLevel)
	files := map[string][]byte{
		"apiserver.crt":       certificate,
		"apiserver.key":       key,
		"service-account.key": signingKeyPEM,
		"tokens.csv":          []byte(adminToken + ",admin,admin,system:masters\n"),
		"audit-policy.yaml":   []byte(auditPolicy),
	}
	for name, content := range files {
		if err := os.WriteFile(c.path(name), content, 0o600); err != nil {
			return nil, err
		}
	}
	return certificate, nil
}

func (c *Cluster) writeKubeconfig() error {
	return writeKubeconfig(c.kubeconfig, adminToken, &clientcmdapi.Cluster{
		Server:                   c.Config.Host,
		CertificateAuthorityData: c.Config.CAData,
	})
}

func (c *Cluster) waitReady(ctx context.Context) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, pollInterval, readyTimeout, true,
		func(ctx context.Context) (bool, error) {
			if process := c.exitedProcess(); process != nil {
				return false, fmt.Errorf("%s ended before it was ready", process.Name)
			}
			last = c.Client.CoreV1().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
			return last == nil, nil
		})
	if err != nil {
		return fmt.Errorf("the cluster is not ready: %w", errors.Join(err, last))
	}
	return nil
}

func (c *Cluster) exitedProcess() *Process {
	for _, process := range c.processes {
		select {
		case <-process.Exited():
			return process
		default:
		}
	}
	return nil
}

// place is where a control plane listens.
type place struct {
	ip                   string
	etcdPort, securePort int
	flags                []string // of the API server there
}

func (o Options) place() (place, error) {
	if o.Machine != nil {
		return place{ip: apiServerIP, etcdPort: 2379, securePort: 443, flags: []string{
			"--kubelet-preferred-address-types=InternalIP",
			// A webhook's Service is its endpoints, whatever kube-proxy makes of it.
			"--enable-aggregator-routing=true",
		}}, nil
	}
	ports, err := freePorts(2)
	if err != nil {
		return place{}, err
	}
	return place{ip: "127.0.0.1", etcdPort: ports[0], securePort: ports[1], flags: []string{
		"--endpoint-reconciler-type=none", // no Service may lead to 127.0.0.1
		// Nobody runs the controller that makes each namespace's default service account.
		"--disable-admission-plugins=ServiceAccount",
	}}, nil
}

// freePorts returns ports of 127.0.0.1 that were free a moment ago: neither etcd nor the API server
// can be asked which port it picked.
func freePorts(count int) ([]int, error) {
	ports := make([]int, count)
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close() // held until all are picked, so that they differ
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}
