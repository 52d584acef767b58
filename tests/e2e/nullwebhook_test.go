package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"mountguard.io/e2e/harness"
)

// nullWebhookVariable makes the test program a webhook of its own, in the folder that it names.
const nullWebhookVariable = "MOUNTGUARD_NULL_WEBHOOK"

// serveNullWebhook is what one writes first in Go: net/http, encoding/json, and everything allowed. It
// is a process of its own, as a webhook is, and says where it listens.
func serveNullWebhook(dir string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("https://" + listener.Addr().String())
	allow := func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Request == nil {
			http.Error(w, "no admission review", http.StatusBadRequest)
			return
		}
		answer := admissionv1.AdmissionReview{
			TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
			Response: &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true},
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}
	return http.ServeTLS(listener, http.HandlerFunc(allow),
		filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"))
}

// startNullWebhook starts it with a certificate of mountguard's making, until the test ends.
func startNullWebhook(t *testing.T) (url string, caBundle []byte) {
	t.Helper()
	dir := t.TempDir()
	must(harness.RunMountguard(t, "certs", "issue", "--out", dir, "--ip", "127.0.0.1")).or(t)
	process := must(harness.StartProcess(dir, "null-webhook",
		"/usr/bin/env", nullWebhookVariable+"="+dir, must(os.Executable()).or(t))).or(t)
	t.Cleanup(func() { process.Stop() })
	check(t, wait.PollUntilContextTimeout(t.Context(), 10*time.Millisecond, 10*time.Second, true,
		func(context.Context) (bool, error) {
			var complete bool
			url, _, complete = strings.Cut(process.Output(), "\n")
			return complete, nil
		}))
	return url, must(os.ReadFile(filepath.Join(dir, "ca.crt"))).or(t)
}
