// Package chart holds deploy/chart against Helm, against Kubernetes' schemas, and against the
// program that it installs.
package chart

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yannh/kubeconform/pkg/validator"
	"sigs.k8s.io/yaml"
)

// valueSets are installations that differ as much as they can; each file says what it is.
func valueSets(t *testing.T) map[string]string {
	t.Helper()
	sets := map[string]string{"default": ""}
	files, err := filepath.Glob("testdata/values/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/values: %d files, %v", len(files), err)
	}
	for _, file := range files {
		sets[strings.TrimSuffix(filepath.Base(file), ".yaml")] = readFile(t, file)
	}
	return sets
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestHelmLintsWithoutAWord(t *testing.T) {
	for name, values := range valueSets(t) {
		file := filepath.Join(t.TempDir(), "values.yaml")
		if err := os.WriteFile(file, []byte(values), 0o600); err != nil {
			t.Fatal(err)
		}
		stdout, stderr, err := helm(t, "lint", "--strict", "--values", file, chartDir)
		// The chart has no icon; that is all that may be said.
		said := strings.ReplaceAll(stdout, "[INFO] Chart.yaml: icon is recommended\n", "")
		if err != nil || strings.Contains(said, "[") {
			t.Errorf("%s: %v\n%s%s", name, err, stdout, stderr)
		}
	}
}

// The files that are made from the chart and the program are those that would be made now.
func TestRenderedFilesAreUpToDate(t *testing.T) {
	made := t.TempDir()
	command := exec.Command(root+"/deploy/render.sh", made)
	command.Env = append(os.Environ(), "HELM="+needed(t, "HELM"), "MOUNTGUARD="+needed(t, "MOUNTGUARD"))
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, file := range []string{"install.yaml", "static-pod/webhook.yaml", "chart/files/baseline.yaml",
		"chart/files/match-conditions.yaml"} {
		if readFile(t, filepath.Join(made, file)) != readFile(t, filepath.Join(root, "deploy", file)) {
			t.Errorf("deploy/%s is not what deploy/render.sh makes: run it (HELM=$(tests/chart/helm.sh) deploy/render.sh)", file)
		}
	}
}

// Every manifest is what Kubernetes' own schema allows, down to the last field.
func TestManifestsFitTheirSchemas(t *testing.T) {
	dir := t.TempDir()
	writeSchemas(t, dir)
	conform, err := validator.New([]string{filepath.Join(dir, schemaLocation)}, validator.Opts{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	validate := func(name, manifests string) (valid int) {
		for _, result := range conform.Validate(name, io.NopCloser(strings.NewReader(manifests))) {
			switch result.Status {
			case validator.Valid:
				valid++
			case validator.Empty:
			default:
				signature, _ := result.Resource.Signature()
				if os.Getenv("MOUNTGUARD_CRDS") == "" && strings.Contains(signature.Version, "cert-manager.io") ||
					strings.Contains(signature.Version, "monitoring.coreos.com") && os.Getenv("MOUNTGUARD_CRDS") == "" {
					continue // run.sh has said that it is skipped
				}
				t.Errorf("%s: %s %s: %v", name, signature.Kind, signature.Name, result.Err)
			}
		}
		return valid
	}
	for name, values := range valueSets(t) {
		manifests, err := template(t, values)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if validate(name, manifests) < 5 {
			t.Errorf("%s: hardly anything is rendered", name)
		}
	}
	if validate("static pod", readFile(t, root+"/deploy/static-pod/mountguard.yaml")) != 1 {
		t.Error("the static pod is not one pod")
	}
	// A checker that cannot fail checks nothing.
	broken := conform.Validate("broken", io.NopCloser(strings.NewReader(
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {port: [{port: 80}]}\n")))
	if len(broken) != 1 || broken[0].Status != validator.Invalid {
		t.Errorf("a Service with an unknown field is taken for %v", broken)
	}
}

func TestObjectsAreNamedOnceAndLabelled(t *testing.T) {
	for name, values := range valueSets(t) {
		seen := map[string]bool{}
		for _, one := range render(t, values, "--skip-tests") {
			key := one.kind() + "/" + one.name()
			if seen[key] {
				t.Errorf("%s: %s is there twice", name, key)
			}
			seen[key] = true
			for _, label := range []string{"app.kubernetes.io/name", "app.kubernetes.io/instance",
				"app.kubernetes.io/version", "app.kubernetes.io/managed-by", "helm.sh/chart"} {
				if one.get("metadata", "labels", label) == nil {
					t.Errorf("%s: %s has no label %s", name, key, label)
				}
			}
		}
	}
}

func TestVersionsAreTheProjects(t *testing.T) {
	project := regexp.MustCompile(`project\(mountguard VERSION (\S+) `).
		FindStringSubmatch(readFile(t, root+"/CMakeLists.txt"))[1]
	var about struct{ Version, AppVersion string }
	if err := yaml.Unmarshal([]byte(readFile(t, chartDir+"/Chart.yaml")), &about); err != nil {
		t.Fatal(err)
	}
	if about.Version != project || about.AppVersion != project {
		t.Errorf("Chart.yaml has %+v, the project is %s", about, project)
	}
	image := "image: ghcr.io/mountguard/mountguard:" + project + "\n"
	for _, file := range []string{"install.yaml", "static-pod/mountguard.yaml"} {
		if !strings.Contains(readFile(t, root+"/deploy/"+file), image) {
			t.Errorf("deploy/%s has not %s", file, image)
		}
	}
}

// Each value is in the schema, and each value of the schema is told of.
func TestSchemaAndValuesNameTheSame(t *testing.T) {
	var values map[string]any
	if err := yaml.Unmarshal([]byte(readFile(t, chartDir+"/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	var described map[string]any
	if err := json.Unmarshal([]byte(readFile(t, chartDir+"/values.schema.json")), &described); err != nil {
		t.Fatal(err)
	}
	optional := []string{"global", "resources.claims", "certificates.certManager.issuerRef.name",
		"certificates.certManager.issuerRef.kind", "certificates.certManager.issuerRef.group"}
	var compare func(path string, values, described map[string]any)
	compare = func(path string, values, described map[string]any) {
		known, closed := described["properties"].(map[string]any)
		if !closed {
			return
		}
		for key, value := range values {
			inner, found := known[key].(map[string]any)
			if !found {
				t.Errorf("values.schema.json does not know %s%s", path, key)
			}
			if nested, ok := value.(map[string]any); ok && found {
				compare(path+key+".", nested, inner)
			}
		}
		for key := range known {
			if _, told := values[key]; !told && !slices.Contains(optional, path+key) {
				t.Errorf("values.yaml does not tell of %s%s", path, key)
			}
		}
	}
	compare("", values, described)
}
