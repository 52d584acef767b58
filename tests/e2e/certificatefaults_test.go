package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"mountguard.io/e2e/harness"
)

// hangUp is a fault: the API server is not there.
func hangUp(response http.ResponseWriter, _ *http.Request, _ http.Handler) {
	if connection, _, err := response.(http.Hijacker).Hijack(); err == nil {
		connection.Close()
	}
}

func delay(pause time.Duration) harness.Fault {
	return func(response http.ResponseWriter, request *http.Request, passOn http.Handler) {
		select {
		case <-time.After(pause):
			passOn.ServeHTTP(response, request)
		case <-request.Context().Done():
		}
	}
}

func babble(response http.ResponseWriter, _ *http.Request, _ http.Handler) {
	response.Header().Set("Content-Type", "text/html")
	fmt.Fprint(response, "<html>Welcome to the proxy</html>")
}

// onWrites inflicts fault on all calls but those that read.
func onWrites(fault harness.Fault) harness.Fault {
	return func(response http.ResponseWriter, request *http.Request, passOn http.Handler) {
		if request.Method == http.MethodGet {
			passOn.ServeHTTP(response, request)
			return
		}
		fault(response, request, passOn)
	}
}

// expectTold waits until metrics and log tell of the fault.
func expectTold(t *testing.T, replica *harness.Mountguard, step, result, text string) {
	t.Helper()
	eventually(t, "metrics and log tell what is wrong", func() error {
		steps, err := replica.Counter("mountguard_certificate_manager_steps_total",
			map[string]string{"step": step, "result": result})
		if err != nil {
			return err
		}
		up, err := replica.Gauge("mountguard_certificate_manager_up", map[string]string{})
		if err != nil {
			return err
		}
		if steps == 0 || up != 0 {
			return fmt.Errorf("%v steps %s with result %s, up %v\n%s", steps, step, result, up,
				replica.Process.Tail())
		}
		if !strings.Contains(replica.Process.Output(), text) {
			return fmt.Errorf("the log does not say %q:\n%s", text, replica.Process.Tail())
		}
		return nil
	})
}

func TestTheAPIServerIsDownAtTheStart(t *testing.T) {
	m := manage(t)
	way := m.proxy()
	way.Inflict(hangUp)
	replica := m.start(harness.ManagedOptions{Kubeconfig: way.Kubeconfig})
	expectTold(t, replica, "read-secret", "unreachable", "the connection broke")
	status, text, err := replica.Readiness()
	if err != nil || status != http.StatusServiceUnavailable ||
		!strings.Contains(text, "[-]certificate failed: there is none yet: GET /api/v1/namespaces/") {
		t.Errorf("/readyz says %d, %v:\n%s", status, err, text)
	}
	way.Inflict(nil)
	m.direct(replica)
	m.waitAnswered()
}

func TestFaultsOfTheAPIServerAreToldAndOutlived(t *testing.T) {
	for _, row := range []struct {
		name               string
		fault              harness.Fault
		step, result, text string
	}{
		{"down", hangUp, "read-secret", "unreachable", "the connection broke"},
		{"forbidden", answer(http.StatusForbidden, "User cannot get resource"), "read-secret",
			"forbidden", "answered 403: User cannot get resource"},
		{"forbidden-to-write", onWrites(answer(http.StatusForbidden, "User cannot update")),
			"stage-ca", "forbidden", "answered 403: User cannot update"},
		{"slow", delay(2 * time.Second), "read-secret", "unreachable", "no answer within 300 ms"},
		{"failing", answer(http.StatusInternalServerError, "etcdserver: no leader"), "read-secret",
			"server", "answered 500: etcdserver: no leader"},
		{"conflict", onWrites(answer(http.StatusConflict, "the object has been modified")),
			"stage-ca", "conflict", "another replica was quicker"},
		{"garbage", babble, "read-secret", "garbage", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := manage(t)
			way := m.proxy()
			replica := m.start(harness.ManagedOptions{
				Kubeconfig: way.Kubeconfig,
				Flags:      []string{"--kubernetes-api-timeout", "300ms"},
			})
			m.direct(replica)
			m.waitAnswered()
			leaf := m.waitServed(nil, replica)
			requests := startLoad(t.Context(), m.namespace)

			way.Inflict(row.fault)
			m.spoil(map[string][]byte{"ca.key": nil})
			expectTold(t, replica, row.step, row.result, row.text)
			if served := must(servedBy(replica.Address())).or(t); string(served) != string(leaf) {
				t.Error("the last good certificate is not served any more")
			}
			if status, text, err := replica.Readiness(); err != nil || status != http.StatusOK {
				t.Errorf("/readyz says %d, %v:\n%s", status, err, text)
			}
			way.Inflict(nil)
			m.waitServed(leaf, replica)
			eventually(t, "the metric says that all is well", func() error {
				up, err := replica.Gauge("mountguard_certificate_manager_up", map[string]string{})
				if err == nil && up != 1 {
					err = fmt.Errorf("it says %v", up)
				}
				return err
			})
			if err := requests.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestASpoiledSecretIsMendedUnderLoad(t *testing.T) {
	m := manage(t)
	replicas := m.pair(harness.ManagedOptions{})
	leaf := m.waitServed(nil, replicas...)
	requests := startLoad(t.Context(), m.namespace)
	m.reconnect(t.Context(), requests)
	witness := m.watchAsLaggard(replicas...)
	others := issue(t, time.Now(), time.Hour, nil)
	good := must(m.secret()).or(t).Data
	rows := []struct {
		name string
		data map[string][]byte
	}{
		{"nonsense", map[string][]byte{"ca.crt": []byte("?"), "ca.key": []byte("?"),
			"tls.crt": []byte("?"), "tls.key": []byte("?"), "rotation.json": []byte("?")}},
		{"a CA of others", map[string][]byte{"ca.crt": others.certificate, "ca.key": others.key}},
		{"half a certificate", map[string][]byte{"tls.crt": good["tls.crt"][:200]}},
		{"the key of another", map[string][]byte{"tls.key": others.key}},
		{"the wrong way round", map[string][]byte{"ca.crt": good["ca.key"], "ca.key": good["ca.crt"]}},
		{"nothing", map[string][]byte{"ca.crt": nil, "ca.key": nil, "tls.crt": nil, "tls.key": nil,
			"rotation.json": nil, "retired-ca.crt": nil}},
	}
	for _, row := range rows[:count(2, len(rows))] {
		m.spoil(row.data)
		leaf = m.waitServed(leaf, replicas...)
	}
	check(t, cluster.Client.CoreV1().Secrets(m.namespace).
		Delete(t.Context(), harness.ManagedSecret, metav1.DeleteOptions{}))
	m.waitServed(leaf, replicas...)
	m.expectNoFailure(requests, witness)
	for _, replica := range replicas {
		expectNoKeys(t, replica, good)
	}
}

// expectNoKeys looks for the secret parts of data, whole or in part.
func expectNoKeys(t *testing.T, replica *harness.Mountguard, data map[string][]byte) {
	t.Helper()
	log := replica.Process.Output()
	for name, value := range data {
		lines := strings.Split(string(value), "\n")
		if strings.HasSuffix(name, ".key") && len(lines) > 1 && strings.Contains(log, lines[1]) {
			t.Errorf("the log tells %s:\n%s", name, log)
		}
	}
}

func TestAnEmptiedBundleIsRestored(t *testing.T) {
	m := manage(t)
	m.pair(harness.ManagedOptions{})
	configurations := cluster.Client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	eventually(t, "the bundle can be emptied", func() error {
		configuration, err := configurations.Get(t.Context(), m.namespace, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for i := range configuration.Webhooks {
			configuration.Webhooks[i].ClientConfig.CABundle = nil
		}
		_, err = configurations.Update(t.Context(), configuration, metav1.UpdateOptions{})
		return err
	})
	eventually(t, "it is restored", func() error {
		configuration, err := configurations.Get(t.Context(), m.namespace, metav1.GetOptions{})
		if err == nil && len(configuration.Webhooks[0].ClientConfig.CABundle) == 0 {
			err = fmt.Errorf("it is empty")
		}
		return err
	})
	m.waitAnswered()
}

// A cluster that slept for longer than its CA lived.
func TestAnExpiredCAIsReplaced(t *testing.T) {
	m := manage(t)
	long := time.Now().Add(-100 * time.Hour)
	ca := issue(t, long, time.Hour, nil)
	leaf := issue(t, long, time.Hour, &ca)
	_, err := cluster.Client.CoreV1().Secrets(m.namespace).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: harness.ManagedSecret},
		Data: map[string][]byte{"ca.crt": ca.certificate, "ca.key": ca.key,
			"tls.crt": leaf.certificate, "tls.key": leaf.key},
	}, metav1.CreateOptions{})
	check(t, err)
	replicas := m.pair(harness.ManagedOptions{})
	m.waitServed(leaf.certificate, replicas...)
	if log := replicas[0].Process.Output() + replicas[1].Process.Output(); !strings.Contains(log,
		`"step":"stage-ca","because":"the CA has expired"`) {
		t.Errorf("the log does not say that the CA has expired:\n%s", log)
	}
}

// One of two machines has a wrong clock: both take part, by the API server's time.
func TestAClockIsWrong(t *testing.T) {
	compiler, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no cc, which makes the wrong clock")
	}
	clock := filepath.Join(t.TempDir(), "clock.so")
	if output, err := exec.Command(compiler, "-shared", "-fPIC", "-o", clock,
		"testdata/clock.c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	rows := []struct {
		name  string
		shift time.Duration
		text  string
	}{
		{"ahead", 61 * time.Minute, "the clock here is 1 hour ahead of that of the API server"},
		{"behind", -61 * time.Minute, "the clock here is 1 hour behind that of the API server"},
	}
	for _, row := range rows[:count(1, len(rows))] {
		t.Run(row.name, func(t *testing.T) {
			m := manage(t)
			shift := int(row.shift.Seconds())
			// The one with the wrong clock is the first and makes all of them.
			wrong := m.start(harness.ManagedOptions{Command: []string{"env", "LD_PRELOAD=" + clock,
				fmt.Sprintf("CLOCK_SHIFT=%d", shift)}})
			m.direct(wrong)
			right := m.start(harness.ManagedOptions{})
			m.direct(wrong, right)
			m.waitAnswered()
			leaf := m.waitServed(nil, wrong, right)
			requests := startLoad(t.Context(), m.namespace)
			m.reconnect(t.Context(), requests)
			witness := m.watchAsLaggard(wrong, right)
			m.spoil(map[string][]byte{"ca.key": nil})
			leaf = m.waitServed(leaf, wrong, right)
			m.spoil(map[string][]byte{"tls.crt": nil})
			m.waitServed(leaf, wrong, right)
			m.expectNoFailure(requests, witness)
			offset := must(wrong.Gauge("mountguard_api_server_clock_offset_seconds",
				map[string]string{})).or(t)
			if difference := offset + float64(shift); difference < -3 || difference > 3 {
				t.Errorf("the metric says that the API server's clock is %v s ahead", offset)
			}
			if log := wrong.Process.Output(); !strings.Contains(log, row.text) {
				t.Errorf("the log does not say %q:\n%s", row.text, log)
			}
		})
	}
}

// ---- From files --------------------------------------------------------------------------------

// As cert-manager and a mounted Secret do it: whole new pairs by a swap of the ..data link, and for
// a new CA both in the caBundle before.
func TestSwappedFilesLoseNoAdmission(t *testing.T) {
	rotations, authorities := count(6, 50), count(2, 10)
	ca := issue(t, time.Now(), time.Hour, nil)
	leaf := issue(t, time.Now(), time.Hour, &ca)
	volume := &secretVolume{t: t, dir: t.TempDir()}
	volume.write(leaf)
	flags := []string{"--tls-cert-file", filepath.Join(volume.dir, "tls.crt"),
		"--tls-private-key-file", filepath.Join(volume.dir, "tls.key")}
	m := &managed{t: t, namespace: newNamespace(t)}
	replicas := []*harness.Mountguard{
		harness.StartMountguard(t, harness.ServeOptions{Flags: flags, CABundle: ca.certificate}),
		harness.StartMountguard(t, harness.ServeOptions{Flags: flags, CABundle: ca.certificate}),
	}
	m.balancer = must(harness.StartBalancer(replicas[0].Address(), replicas[1].Address())).or(t)
	t.Cleanup(m.balancer.Close)
	register(t, m.namespace, "https://"+m.balancer.Address+"/validate", ca.certificate)
	requests := startLoad(t.Context(), m.namespace)
	m.reconnect(t.Context(), requests)
	witness := m.watchAsLaggard(replicas...)

	for i := range rotations {
		if i%(rotations/authorities) == 0 {
			next := issue(t, time.Now(), time.Hour, nil)
			m.setBundle(append(next.certificate, ca.certificate...))
			time.Sleep(bundleWait + 100*time.Millisecond)
			ca = next
		}
		leaf = issue(t, time.Now(), time.Hour, &ca)
		volume.write(leaf)
		eventually(t, "both serve the new pair", func() error {
			for _, replica := range replicas {
				served, err := servedBy(replica.Address())
				if err != nil {
					return err
				}
				if string(served) != string(leaf.certificate) {
					return fmt.Errorf("%s serves another one", replica.Address())
				}
			}
			return nil
		})
	}
	m.expectNoFailure(requests, witness)
}

func (m *managed) setBundle(bundle []byte) {
	m.t.Helper()
	configurations := cluster.Client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	configuration := must(configurations.Get(m.t.Context(), m.namespace, metav1.GetOptions{})).or(m.t)
	configuration.Webhooks[0].ClientConfig.CABundle = bundle
	must(configurations.Update(m.t.Context(), configuration, metav1.UpdateOptions{})).or(m.t)
}

// secretVolume is a directory as the kubelet keeps it for a Secret.
type secretVolume struct {
	t       *testing.T
	dir     string
	version int
}

func (v *secretVolume) write(p pair) {
	v.t.Helper()
	v.version++
	version := fmt.Sprintf("..version_%d", v.version)
	check(v.t, os.Mkdir(filepath.Join(v.dir, version), 0o755))
	for name, content := range map[string][]byte{"tls.crt": p.certificate, "tls.key": p.key} {
		check(v.t, os.WriteFile(filepath.Join(v.dir, version, name), content, 0o600))
		if v.version == 1 {
			check(v.t, os.Symlink(filepath.Join("..data", name), filepath.Join(v.dir, name)))
		}
	}
	next := filepath.Join(v.dir, "..data_tmp")
	check(v.t, os.Symlink(version, next))
	check(v.t, os.Rename(next, filepath.Join(v.dir, "..data")))
	if v.version > 1 {
		check(v.t, os.RemoveAll(filepath.Join(v.dir, fmt.Sprintf("..version_%d", v.version-1))))
	}
}

// pair is a certificate and its key, PEM.
type pair struct{ certificate, key []byte }

// issue makes a CA, or a leaf for 127.0.0.1 that ca signs, valid from start for life.
func issue(t *testing.T, start time.Time, life time.Duration, ca *pair) pair {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)).or(t)
	serial := must(rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))).or(t)
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "e2e " + serial.String()},
		NotBefore:    start.Add(-time.Minute),
		NotAfter:     start.Add(life),
	}
	parent, signer := template, key
	if ca == nil {
		template.IsCA = true
		template.BasicConstraintsValid = true
		template.KeyUsage = x509.KeyUsageCertSign
	} else {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		block, _ := pem.Decode(ca.certificate)
		parent = must(x509.ParseCertificate(block.Bytes)).or(t)
		block, _ = pem.Decode(ca.key)
		signer = must(x509.ParsePKCS8PrivateKey(block.Bytes)).or(t).(*ecdsa.PrivateKey)
	}
	der := must(x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)).or(t)
	encodedKey := must(x509.MarshalPKCS8PrivateKey(key)).or(t)
	return pair{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encodedKey}),
	}
}
