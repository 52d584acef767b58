package chart

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// metricNames returns all names of series that a program of these flags tells at /metrics.
func metricNames(t *testing.T, flags ...string) map[string]bool {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, needed(t, "MOUNTGUARD"), append([]string{"serve", "--bind-address=127.0.0.1",
		"--secure-port=0", "--metrics-bind-address=127.0.0.1:0", "--shutdown-delay=0s"}, flags...)...)
	log, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { // the log is read to its end before Wait closes it
		stop()
		_, _ = io.Copy(io.Discard, log)
		_ = command.Wait()
	}()

	var said strings.Builder
	for lines := bufio.NewScanner(log); lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		var line struct{ Msg, Address, Endpoint string }
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Msg != "listening" || line.Endpoint != "metrics" {
			continue
		}
		answer, err := http.Get("http://" + line.Address + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return familiesOf(string(body))
	}
	t.Fatalf("serve %v tells of no metrics:\n%s", flags, said.String())
	return nil
}

// familiesOf reads the text format's TYPE lines; a histogram has three series.
func familiesOf(text string) map[string]bool {
	names := map[string]bool{}
	for _, family := range regexp.MustCompile(`(?m)^# TYPE (\w+) (\w+)$`).FindAllStringSubmatch(text, -1) {
		names[family[1]] = true
		if family[2] == "histogram" {
			delete(names, family[1])
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				names[family[1]+suffix] = true
			}
		}
	}
	return names
}

// kubernetesMetrics returns the names of series of Kubernetes' own list of metrics.
func kubernetesMetrics(t *testing.T) map[string]bool {
	t.Helper()
	var listed []struct{ Name, Subsystem, Namespace, Type string }
	if err := yaml.Unmarshal([]byte(readFile(t, needed(t, "MOUNTGUARD_KUBERNETES")+
		"/test/instrumentation/documentation/documentation-list.yaml")), &listed); err != nil {
		t.Fatal(err)
	}
	var types strings.Builder
	for _, metric := range listed {
		name := strings.TrimLeft(metric.Namespace+"_"+metric.Subsystem+"_"+metric.Name, "_")
		fmt.Fprintf(&types, "# TYPE %s %s\n", name, strings.ToLower(metric.Type))
	}
	return familiesOf(types.String())
}

// expressions returns every query of a Grafana dashboard, and those of its variables.
func expressions(value any) (found []string) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if text, ok := inner.(string); ok && (key == "expr" || key == "query" || key == "definition") {
				found = append(found, text)
			}
			found = append(found, expressions(inner)...)
		}
	case []any:
		for _, inner := range value {
			found = append(found, expressions(inner)...)
		}
	}
	return found
}

// What dashboard and alerts ask for is there: at mountguard's own /metrics, or at the API server's.
func TestMetricsThatAreAskedForExist(t *testing.T) {
	certificates := t.TempDir()
	issue := exec.Command(needed(t, "MOUNTGUARD"), "certs", "issue", "--out", certificates, "--ip", "127.0.0.1")
	if output, err := issue.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	// Nobody listens there: its certificates are never made, but what it tells of them is there.
	writeFile(t, certificates+"/kubeconfig", `{apiVersion: v1, kind: Config, current-context: a,
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}], users: [{name: a, user: {token: a}}],
contexts: [{name: a, context: {cluster: a, user: a}}]}`)
	known := kubernetesMetrics(t)
	for _, flags := range [][]string{
		{"--tls-cert-file=" + certificates + "/tls.crt", "--tls-private-key-file=" + certificates + "/tls.key"},
		{"--manage-certificates", "--service-name=mountguard", "--namespace=mountguard-system",
			"--webhook-configuration=mountguard", "--kubeconfig=" + certificates + "/kubeconfig"},
	} {
		for name := range metricNames(t, flags...) {
			known[name] = true
		}
	}

	var dashboard any
	if err := json.Unmarshal([]byte(readFile(t, root+"/deploy/grafana/mountguard.json")), &dashboard); err != nil {
		t.Fatalf("the dashboard is no JSON: %v", err)
	}
	asked := expressions(dashboard)
	for _, group := range readAlerts(t).Groups {
		for _, rule := range group.Rules {
			asked = append(asked, rule.Expr)
		}
	}
	name := regexp.MustCompile(`\b(?:mountguard|apiserver|process)_\w+`)
	seen := 0
	for _, expression := range asked {
		for _, metric := range name.FindAllString(expression, -1) {
			seen++
			if !known[metric] {
				t.Errorf("nobody tells %s: %s", metric, expression)
			}
		}
	}
	if seen < 30 || known["mountguard_admission_duration_seconds"] || known["mountguard_unknown_total"] {
		t.Errorf("%d metrics are asked for: this test does not see them, or takes anything", seen)
	}
}

// The dashboard arrives in its ConfigMap as it is: no variable of Grafana's is taken for a template of Helm's.
func TestTheDashboardArrives(t *testing.T) {
	for _, one := range render(t, "grafanaDashboard: {enabled: true}") {
		if one.kind() != "ConfigMap" || one.get("metadata", "labels", "grafana_dashboard") != "1" {
			continue
		}
		for key, content := range one["data"].(map[string]any) {
			if !strings.HasSuffix(key, ".json") || content != readFile(t, root+"/deploy/grafana/mountguard.json") {
				t.Errorf("%s is not the dashboard of deploy/grafana", key)
			}
		}
		return
	}
	t.Error("there is no ConfigMap with the dashboard")
}
