package chart

import (
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// rules are Prometheus' rules as far as they are looked at here.
type rules struct {
	Groups []struct {
		Rules []struct {
			Alert       string
			Expr        string
			Annotations map[string]string
		}
	}
}

func readAlerts(t *testing.T) rules {
	t.Helper()
	var alerts rules
	if err := yaml.Unmarshal([]byte(readFile(t, chartDir+"/files/alerts.yaml")), &alerts); err != nil {
		t.Fatal(err)
	}
	return alerts
}

// promtool runs Prometheus' own tool in a folder with the alerts; run.sh has said if it is missing.
func promtool(t *testing.T, dir string, arguments ...string) (output string, err error) {
	t.Helper()
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("no promtool (Debian's package prometheus)")
	}
	command := exec.Command("promtool", arguments...)
	command.Dir = dir
	data, err := command.CombinedOutput()
	return string(data), err
}

func TestAlertsAreWhatPrometheusTakes(t *testing.T) {
	dir := t.TempDir()
	alerts := readFile(t, chartDir+"/files/alerts.yaml")
	writeFile(t, dir+"/alerts.yaml", alerts)
	if output, err := promtool(t, dir, "check", "rules", "alerts.yaml"); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	writeFile(t, dir+"/broken.yaml", strings.Replace(alerts, "absent(", "absent((", 1))
	if output, err := promtool(t, dir, "check", "rules", "broken.yaml"); err == nil {
		t.Errorf("promtool takes anything: %s", output)
	}
}

// Each alert fires when it should, with the words that it should have, and not before; and each is
// seen to fire, and seen to be silent.
func TestAlertsFire(t *testing.T) {
	dir := t.TempDir()
	alerts, cases := readFile(t, chartDir+"/files/alerts.yaml"), readFile(t, "testdata/alerts.test.yaml")
	writeFile(t, dir+"/alerts.yaml", alerts)
	writeFile(t, dir+"/alerts.test.yaml", cases)
	if output, err := promtool(t, dir, "test", "rules", "alerts.test.yaml"); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	var suite struct {
		Tests []struct {
			Checks []struct {
				Alert    string `json:"alertname"`
				Expected []any  `json:"exp_alerts"`
			} `json:"alert_rule_test"`
		}
	}
	if err := yaml.Unmarshal([]byte(cases), &suite); err != nil {
		t.Fatal(err)
	}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range suite.Tests {
		for _, check := range test.Checks {
			if len(check.Expected) > 0 {
				fires[check.Alert] = true
			} else {
				silent[check.Alert] = true
			}
		}
	}
	for _, group := range readAlerts(t).Groups {
		for _, rule := range group.Rules {
			if !fires[rule.Alert] || !silent[rule.Alert] {
				t.Errorf("%s: fires in a test: %v, is silent in one: %v", rule.Alert, fires[rule.Alert], silent[rule.Alert])
			}
		}
	}
}

// Whoever is woken finds a page: each alert has its section in docs/alerts.md, and no section is of an alert that is gone.
func TestEveryAlertHasItsSection(t *testing.T) {
	page := readFile(t, root+"/docs/alerts.md")
	sections := strings.Count(page, "\n## Mountguard")
	alerts := 0
	for _, group := range readAlerts(t).Groups {
		for _, rule := range group.Rules {
			alerts++
			section := rule.Alert
			if url, found := strings.CutPrefix(rule.Annotations["runbook_url"], "https://mountguard.io/docs/alerts#"); !found {
				t.Errorf("%s: runbook_url is %q", rule.Alert, rule.Annotations["runbook_url"])
			} else if url != strings.ToLower(section) && url != "mountguardcertificateexpires" {
				t.Errorf("%s: its runbook_url leads to %s", rule.Alert, url)
			} else if !strings.Contains(strings.ToLower(page), "\n## "+url+"\n") {
				t.Errorf("docs/alerts.md has no section for %s", url)
			}
		}
	}
	if alerts != sections+1 { // a certificate's two alerts share one
		t.Errorf("%d alerts, %d sections in docs/alerts.md", alerts, sections)
	}
}

// The PrometheusRule holds the alerts as they were tested: no template of Prometheus' is taken for one of Helm's.
func TestThePrometheusRuleHoldsTheAlerts(t *testing.T) {
	var want any
	if err := yaml.Unmarshal([]byte(readFile(t, chartDir+"/files/alerts.yaml")), &want); err != nil {
		t.Fatal(err)
	}
	rule := find(t, render(t, "prometheusRule: {enabled: true}"), "PrometheusRule", "mountguard")
	if !reflect.DeepEqual(rule["spec"], want) {
		t.Errorf("spec is %v", rule["spec"])
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
