package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"mountguard.io/e2e/harness"
)

// bundleWait is what mountguard gives API servers to see a new caBundle, in all of these tests.
const bundleWait = 500 * time.Millisecond

// count is few by default and all that was promised with MOUNTGUARD_LONG=1.
func count(few, all int) int {
	if os.Getenv("MOUNTGUARD_LONG") != "" {
		return all
	}
	return few
}

// managed is a namespace whose webhook's certificates mountguard manages, behind a balancer.
type managed struct {
	t         *testing.T
	namespace string
	balancer  *harness.Balancer
	token     string
}

// manage registers a webhook with an empty caBundle; the replicas are to be started.
func manage(t *testing.T) *managed {
	t.Helper()
	m := &managed{t: t, namespace: newNamespace(t)}
	m.token = must(cluster.CreateManager(t.Context(), m.namespace)).or(t)
	m.balancer = must(harness.StartBalancer("127.0.0.1:1")).or(t)
	t.Cleanup(m.balancer.Close)
	register(t, m.namespace, "https://"+m.balancer.Address+"/validate", nil)
	return m
}

// kubeconfig leads to the API server itself, over TLS.
func (m *managed) kubeconfig() string {
	path := filepath.Join(m.t.TempDir(), "kubeconfig")
	check(m.t, cluster.WriteKubeconfig(path, m.token))
	return path
}

// proxy leads to the API server in a way that a test can disturb.
func (m *managed) proxy() *harness.APIProxy {
	proxy := must(cluster.StartAPIProxy(m.t.TempDir(), m.token)).or(m.t)
	m.t.Cleanup(proxy.Close)
	return proxy
}

func (m *managed) start(options harness.ManagedOptions) *harness.Mountguard {
	m.t.Helper()
	options.Namespace = m.namespace
	options.Wait = bundleWait
	if options.Kubeconfig == "" {
		options.Kubeconfig = m.kubeconfig()
	}
	return harness.StartManaged(m.t, options)
}

// direct makes these replicas the endpoints, once all of them are ready.
func (m *managed) direct(replicas ...*harness.Mountguard) {
	m.t.Helper()
	var endpoints []string
	for _, replica := range replicas {
		m.waitReady(replica)
		endpoints = append(endpoints, replica.Address())
	}
	m.balancer.Direct(endpoints...)
}

func (m *managed) waitReady(replica *harness.Mountguard) {
	m.t.Helper()
	eventually(m.t, "it is ready", func() error {
		status, text, err := replica.Readiness()
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("/readyz says %d: %s", status, text)
		}
		return err
	})
}

// pair starts two replicas and returns when both are ready and the API server gets answers.
func (m *managed) pair(options harness.ManagedOptions) []*harness.Mountguard {
	m.t.Helper()
	replicas := []*harness.Mountguard{m.start(options), m.start(options)}
	m.direct(replicas...)
	m.waitAnswered()
	return replicas
}

// waitAnswered returns once the API server trusts what answers: it sees a new caBundle a moment
// after it is stored.
func (m *managed) waitAnswered() {
	m.t.Helper()
	options := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	eventually(m.t, "the API server gets answers", func() error {
		_, err := cluster.Client.CoreV1().Pods(m.namespace).Create(m.t.Context(),
			pod(m.namespace, "answered", everyMode...), options)
		return err
	})
}

func (m *managed) secret() (*corev1.Secret, error) {
	return cluster.Client.CoreV1().Secrets(m.namespace).
		Get(m.t.Context(), harness.ManagedSecret, metav1.GetOptions{})
}

// spoil takes keys out of the Secret, or puts other values in; what mountguard needs it makes anew.
func (m *managed) spoil(data map[string][]byte) {
	m.t.Helper()
	patch := must(json.Marshal(map[string]any{"data": data})).or(m.t)
	must(cluster.Client.CoreV1().Secrets(m.namespace).Patch(m.t.Context(), harness.ManagedSecret,
		types.MergePatchType, patch, metav1.PatchOptions{})).or(m.t)
}

// waitServed returns when the Secret holds a leaf other than before and every replica serves it.
func (m *managed) waitServed(before []byte, replicas ...*harness.Mountguard) (leaf []byte) {
	m.t.Helper()
	eventually(m.t, "every replica serves the stored certificate", func() error {
		secret, err := m.secret()
		if err != nil {
			return err
		}
		leaf = secret.Data["tls.crt"]
		if len(leaf) == 0 || bytes.Equal(leaf, before) {
			return fmt.Errorf("no new certificate is stored; the Secret holds %s",
				slices.Sorted(maps.Keys(secret.Data)))
		}
		if len(secret.Data["next-ca.crt"]) != 0 {
			return fmt.Errorf("a CA is still to be promoted")
		}
		for _, replica := range replicas {
			served, err := servedBy(replica.Address())
			if err != nil {
				return err
			}
			if !bytes.Equal(served, leaf) {
				return fmt.Errorf("%s serves another one", replica.Address())
			}
		}
		return nil
	})
	return leaf
}

// servedBy returns the certificate that address shows, as PEM.
func servedBy(address string) ([]byte, error) {
	connection, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	shown := connection.ConnectionState().PeerCertificates[0].Raw
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: shown}), nil
}

// eventually fails the test if what does not come true in time; the last error says why.
func eventually(t *testing.T, what string, holds func() error) {
	t.Helper()
	const patience = 30 * time.Second
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err := holds()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s: %v", patience, what, err)
		}
	}
}

// ---- Witnesses ---------------------------------------------------------------------------------

// history remembers every CA and every leaf that the Secret ever held.
type history struct {
	mutex       sync.Mutex
	authorities map[string]int // by PEM, in the order of their appearance
	leaves      map[string]int
}

func (m *managed) watchSecret() *history {
	m.t.Helper()
	h := &history{authorities: map[string]int{}, leaves: map[string]int{}}
	watcher := must(cluster.Client.CoreV1().Secrets(m.namespace).Watch(m.t.Context(),
		metav1.ListOptions{FieldSelector: "metadata.name=" + harness.ManagedSecret})).or(m.t)
	m.t.Cleanup(watcher.Stop)
	go func() {
		for event := range watcher.ResultChan() {
			if secret, ok := event.Object.(*corev1.Secret); ok && event.Type != watch.Deleted {
				h.note(secret)
			}
		}
	}()
	return h
}

func (h *history) note(secret *corev1.Secret) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	add := func(seen map[string]int, certificate []byte) {
		if _, known := seen[string(certificate)]; !known && len(certificate) != 0 {
			seen[string(certificate)] = len(seen)
		}
	}
	add(h.authorities, secret.Data["ca.crt"])
	add(h.authorities, secret.Data["next-ca.crt"])
	add(h.leaves, secret.Data["tls.crt"])
}

func (h *history) counts() (authorities, leaves int) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return len(h.authorities), len(h.leaves)
}

// laggard is the slowest API server that mountguard promises to serve: at any time it goes by some
// state of the webhook configuration that was replaced at most bundleWait ago, with a new
// connection for each call.
type laggard struct {
	m      *managed
	cancel context.CancelFunc
	done   chan struct{}

	mutex     sync.Mutex
	addresses []string
	failures  []string
	calls     int
}

type bundle struct {
	pem      []byte
	lastSeen time.Time // in force, at the latest
}

func (m *managed) watchAsLaggard(replicas ...*harness.Mountguard) *laggard {
	ctx, cancel := context.WithCancel(m.t.Context())
	l := &laggard{m: m, cancel: cancel, done: make(chan struct{})}
	l.visit(replicas...)
	go l.run(ctx)
	return l
}

// visit makes these the replicas that it calls.
func (l *laggard) visit(replicas ...*harness.Mountguard) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.addresses = nil
	for _, replica := range replicas {
		l.addresses = append(l.addresses, replica.Address())
	}
}

func (l *laggard) run(ctx context.Context) {
	defer close(l.done)
	var known []bundle
	configurations := cluster.Client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	for ctx.Err() == nil {
		configuration, err := configurations.Get(ctx, l.m.namespace, metav1.GetOptions{})
		if err != nil {
			continue
		}
		current := configuration.Webhooks[0].ClientConfig.CABundle
		if len(known) == 0 || !bytes.Equal(known[len(known)-1].pem, current) {
			known = append(known, bundle{pem: current})
		}
		known[len(known)-1].lastSeen = time.Now()
		known = slices.DeleteFunc(known, func(b bundle) bool {
			return time.Since(b.lastSeen) > bundleWait
		})
		l.mutex.Lock()
		addresses := slices.Clone(l.addresses)
		l.mutex.Unlock()
		for _, address := range addresses {
			for _, b := range known {
				l.call(address, b)
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (l *laggard) call(address string, trusted bundle) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(trusted.pem)
	connection, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"})
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.calls++
	if err == nil {
		connection.Close()
	}
	// A replica that is not there is no matter of certificates.
	var distrust *tls.CertificateVerificationError
	if errors.As(err, &distrust) && time.Since(trusted.lastSeen) < bundleWait {
		l.failures = append(l.failures, fmt.Sprintf("%s, %v after its bundle was last in force: %v",
			address, time.Since(trusted.lastSeen), err))
	}
}

// stop returns how many calls it made, and what failed.
func (l *laggard) stop() (calls int, failures []string) {
	l.cancel()
	<-l.done
	return l.calls, l.failures
}

func (m *managed) expectNoFailure(requests *load, witness *laggard) {
	m.t.Helper()
	if err := requests.stop(); err != nil {
		m.t.Error(err)
	}
	calls, failures := witness.stop()
	if len(failures) > 0 {
		m.t.Errorf("%d of %d handshakes of a slow API server failed, first:\n%s",
			len(failures), calls, strings.Join(failures[:min(5, len(failures))], "\n"))
	}
	m.t.Logf("%d admissions, %d handshakes of a slow API server", requests.done.Load(), calls)
}

// reconnect closes the API server's connections now and again, between requests, so that it meets
// new certificates: it would keep them for as long as they are used.
func (m *managed) reconnect(ctx context.Context, requests *load) {
	go func() {
		for ctx.Err() == nil {
			time.Sleep(200 * time.Millisecond)
			requests.between(m.balancer.Cut)
		}
	}()
}

// ---- Tests -------------------------------------------------------------------------------------

func TestCertificatesAreMadeForAnEmptyWebhookConfiguration(t *testing.T) {
	m := manage(t)
	replicas := m.pair(harness.ManagedOptions{})
	secret := must(m.secret()).or(t)
	m.waitServed(nil, replicas...)
	if secret.Labels["app.kubernetes.io/managed-by"] != "mountguard" {
		t.Errorf("labels of the Secret: %v", secret.Labels)
	}
	configuration := must(cluster.Client.AdmissionregistrationV1().ValidatingWebhookConfigurations().
		Get(t.Context(), m.namespace, metav1.GetOptions{})).or(t)
	for _, webhook := range configuration.Webhooks {
		if !bytes.Equal(webhook.ClientConfig.CABundle, secret.Data["ca.crt"]) {
			t.Errorf("the caBundle of %s is\n%s", webhook.Name, webhook.ClientConfig.CABundle)
		}
	}
	for _, replica := range replicas {
		expectNoKeys(t, replica, secret.Data)
		if log := replica.Process.Output(); strings.Contains(log, m.token) {
			t.Errorf("the log tells the token:\n%s", log)
		}
		eventually(t, "the metrics say that all is well", func() error {
			up, err := replica.Gauge("mountguard_certificate_manager_up", map[string]string{})
			if err == nil && up != 1 {
				err = fmt.Errorf("up is %v", up)
			}
			return err
		})
		for certificate, life := range map[string]time.Duration{
			"serving": time.Hour, "ca": 10 * time.Hour,
		} {
			expiry := must(replica.Gauge("mountguard_certificate_expiry_timestamp_seconds",
				map[string]string{"certificate": certificate})).or(t)
			left := time.Until(time.Unix(int64(expiry), 0))
			if left > life || left < life-5*time.Minute {
				t.Errorf("the metric says that %s is valid for another %v", certificate, left)
			}
		}
	}
}

// The lives are short as well, so that renewals that are due fall among those that are forced.
func TestRotationsLoseNoAdmission(t *testing.T) {
	leaves, authorities := count(4, 50), count(2, 10)
	m := manage(t)
	replicas := m.pair(harness.ManagedOptions{Lifetime: 8 * time.Second, CALifetime: time.Minute})
	past := m.watchSecret()
	requests := startLoad(t.Context(), m.namespace)
	m.reconnect(t.Context(), requests)
	witness := m.watchAsLaggard(replicas...)

	leaf := m.waitServed(nil, replicas...)
	for range authorities {
		m.spoil(map[string][]byte{"ca.key": nil})
		leaf = m.waitServed(leaf, replicas...)
		for range leaves / authorities {
			m.spoil(map[string][]byte{"tls.crt": nil})
			leaf = m.waitServed(leaf, replicas...)
		}
	}
	m.expectNoFailure(requests, witness)
	seenAuthorities, seenLeaves := past.counts()
	if seenAuthorities < authorities+1 || seenLeaves < leaves+1 {
		t.Errorf("the Secret held %d CAs and %d certificates", seenAuthorities, seenLeaves)
	}
	t.Logf("%d CAs, %d certificates", seenAuthorities, seenLeaves)
}

func TestReplicasThatStartTogetherAgreeOnOneCA(t *testing.T) {
	for round := range count(2, 100) {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			m := manage(t)
			past := m.watchSecret()
			kubeconfig := m.kubeconfig()
			replicas := make([]*harness.Mountguard, 2)
			var starts sync.WaitGroup
			for i := range replicas {
				starts.Go(func() {
					replicas[i] = m.start(harness.ManagedOptions{Kubeconfig: kubeconfig})
				})
			}
			starts.Wait()
			if t.Failed() {
				return
			}
			m.direct(replicas...)
			m.waitServed(nil, replicas...)
			m.waitAnswered()
			if authorities, leaves := past.counts(); authorities != 1 || leaves != 1 {
				t.Errorf("%d CAs and %d certificates were stored", authorities, leaves)
			}
		})
	}
}

// kill -9 before and after each write of a CA's rotation, and of a first start.
func TestARotationOutlivesKills(t *testing.T) {
	type step struct {
		name    string
		life    time.Duration // of the certificates
		matches func(method, path string, body []byte) bool
	}
	writes := func(method, word string) func(string, string, []byte) bool {
		return func(gotMethod, path string, _ []byte) bool {
			return gotMethod == method && strings.Contains(path, word)
		}
	}
	rotation := []step{
		{"stage", time.Hour, writes(http.MethodPut, "/secrets/")},
		{"trust", time.Hour, writes(http.MethodPatch, "/validatingwebhookconfigurations/")},
		{"promote", time.Hour, func(method, path string, body []byte) bool {
			return method == http.MethodPut && strings.Contains(path, "/secrets/") &&
				!bytes.Contains(body, []byte(`"next-ca.crt"`))
		}},
		// The last, when no certificate of the old CA is valid any more.
		{"distrust", 3 * time.Second, func(method, path string, body []byte) bool {
			return method == http.MethodPatch && bundleSize(body) == 1
		}},
	}
	for _, step := range rotation {
		for _, moment := range []string{"before", "after"} {
			t.Run(step.name+"-"+moment, func(t *testing.T) {
				t.Parallel()
				m := manage(t)
				way, blocked := m.proxy(), m.proxy()
				start := func(way *harness.APIProxy) *harness.Mountguard {
					return m.start(harness.ManagedOptions{Kubeconfig: way.Kubeconfig, Lifetime: step.life})
				}
				victim, other := start(way), start(blocked)
				m.direct(victim, other)
				m.waitAnswered()
				leaf := m.waitServed(nil, victim, other)
				past := m.watchSecret()
				requests := startLoad(t.Context(), m.namespace)
				check(t, requests.waitForMore(20))

				// Only the victim rotates, so that it meets its end at this step.
				blocked.Inflict(onWrites(answer(http.StatusServiceUnavailable, "blocked")))
				killed := make(chan struct{})
				var once sync.Once
				way.Inflict(func(response http.ResponseWriter, request *http.Request,
					passOn http.Handler) {
					body := takeBody(request)
					if !step.matches(request.Method, request.URL.Path, body) {
						passOn.ServeHTTP(response, request)
						return
					}
					once.Do(func() {
						if moment == "after" {
							passOn.ServeHTTP(&nowhere{header: http.Header{}}, request)
						}
						victim.Process.Kill()
						close(killed)
					})
				})
				m.spoil(map[string][]byte{"ca.key": nil})
				<-killed
				way.Inflict(nil)
				check(t, requests.waitForMore(20))
				inFlight := requests.takeFailures()
				blocked.Inflict(nil)

				reborn := start(way)
				m.direct(reborn, other)
				m.waitServed(leaf, reborn, other)
				check(t, requests.waitForMore(20))
				if err := requests.stop(); err != nil {
					t.Error("after the kill:", err)
				}
				if most := 8; len(inFlight) > most {
					t.Errorf("%d requests failed at the kill, more than were under way: %v",
						len(inFlight), inFlight[0])
				}
				for _, failure := range inFlight {
					if !strings.Contains(failure.Error(), "failed calling webhook") ||
						strings.Contains(failure.Error(), "x509") {
						t.Error("at the kill:", failure)
					}
				}
				// One before, one of the rotation; of each a leaf, and those that were due.
				authorities, leaves := past.counts()
				if authorities != 2 || leaves < 2 || (leaves > 2 && step.life == time.Hour) {
					t.Errorf("%d CAs and %d certificates were stored", authorities, leaves)
				}
			})
		}
	}
}

// bundleSize is the number of CAs that a JSON patch of a webhook configuration sets.
func bundleSize(patch []byte) int {
	var operations []struct{ Path, Value string }
	if json.Unmarshal(patch, &operations) != nil || len(operations) < 2 {
		return 0
	}
	bundle, _ := base64.StdEncoding.DecodeString(operations[1].Value)
	return bytes.Count(bundle, []byte("BEGIN CERTIFICATE"))
}

func TestAFirstStartOutlivesKills(t *testing.T) {
	for _, moment := range []string{"before", "after"} {
		for write := range 3 { // the Secret, caBundle, the Secret with a certificate
			t.Run(fmt.Sprintf("%s-%d", moment, write), func(t *testing.T) {
				m := manage(t)
				past := m.watchSecret()
				way := m.proxy()
				var victim *harness.Mountguard
				started, killed := make(chan struct{}), make(chan struct{})
				writes := 0
				way.Inflict(func(response http.ResponseWriter, request *http.Request,
					passOn http.Handler) {
					<-started
					if request.Method == http.MethodGet || writes < write {
						if request.Method != http.MethodGet {
							writes++
						}
						passOn.ServeHTTP(response, request)
						return
					}
					if moment == "after" {
						passOn.ServeHTTP(&nowhere{header: http.Header{}}, request)
					}
					victim.Process.Kill()
					close(killed)
				})
				victim = m.start(harness.ManagedOptions{Kubeconfig: way.Kubeconfig})
				close(started)
				<-killed
				way.Inflict(nil)
				reborn := m.start(harness.ManagedOptions{Kubeconfig: way.Kubeconfig})
				m.direct(reborn)
				m.waitServed(nil, reborn)
				m.waitAnswered()
				if authorities, leaves := past.counts(); authorities != 1 || leaves != 1 {
					t.Errorf("%d CAs and %d certificates were stored", authorities, leaves)
				}
			})
		}
	}
}

// takeBody reads the request's body and leaves it as it was.
func takeBody(request *http.Request) []byte {
	body, _ := io.ReadAll(request.Body)
	request.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// nowhere swallows an answer that nobody is left to read.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header               { return n.header }
func (n *nowhere) Write(content []byte) (int, error) { return len(content), nil }
func (n *nowhere) WriteHeader(int)                   {}

// answer is a fault: every call gets this status of the API's.
func answer(code int, message string) harness.Fault {
	return func(response http.ResponseWriter, _ *http.Request, _ http.Handler) {
		writeStatus(response, code, message)
	}
}

func writeStatus(response http.ResponseWriter, code int, message string) {
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(code)
	_ = json.NewEncoder(response).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure,
		Message:  message,
		Code:     int32(code),
	})
}
