package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// Where things are, seen from this folder.
const (
	root     = "../.."
	chartDir = root + "/deploy/chart"
)

// needed returns an environment variable that run.sh sets.
func needed(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run this by tests/chart/run.sh", name)
	}
	return value
}

// helm runs Helm, without anything of its user's, and returns what it prints.
func helm(t *testing.T, arguments ...string) (stdout, stderr string, err error) {
	t.Helper()
	home := t.TempDir()
	command := exec.Command(needed(t, "HELM"), arguments...)
	command.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "KUBECONFIG=" + home + "/none"}
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	err = command.Run()
	return out.String(), said.String(), err
}

// template renders the chart with values in YAML, as `helm template` does.
func template(t *testing.T, values string, arguments ...string) (manifests string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, []byte(values), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, err := helm(t, append([]string{"template", "mountguard", chartDir,
		"--namespace", "mountguard-system", "--values", file}, arguments...)...)
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, stderr)
	}
	return stdout, nil
}

// object is a manifest as JSON has it.
type object map[string]any

func (o object) kind() string { return o["kind"].(string) }
func (o object) name() string { return o["metadata"].(map[string]any)["name"].(string) }

// get follows keys and indices; what is not there is nil.
func (o object) get(path ...any) any {
	var value any = map[string]any(o)
	for _, step := range path {
		switch step := step.(type) {
		case string:
			inner, _ := value.(map[string]any)
			value = inner[step]
		case int:
			inner, _ := value.([]any)
			if step >= len(inner) {
				return nil
			}
			value = inner[step]
		}
	}
	return value
}

// render renders the chart and splits it into its objects.
func render(t *testing.T, values string, arguments ...string) []object {
	t.Helper()
	manifests, err := template(t, values, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return split(t, manifests)
}

func split(t *testing.T, manifests string) []object {
	t.Helper()
	var objects []object
	for _, text := range strings.Split(manifests, "\n---\n") {
		// Helm's own reading is laxer: a key that is there twice would be lost without a word.
		data, err := yaml.YAMLToJSONStrict([]byte(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		decoder := json.NewDecoder(bytes.NewReader(data))
		var one object
		if err := decoder.Decode(&one); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if one != nil {
			objects = append(objects, one)
		}
	}
	return objects
}

// find returns the only object of a kind and name.
func find(t *testing.T, objects []object, kind, name string) object {
	t.Helper()
	for _, one := range objects {
		if one.kind() == kind && one.name() == name {
			return one
		}
	}
	t.Fatalf("no %s %s", kind, name)
	return nil
}

// has reports whether there is an object of a kind.
func has(objects []object, kind string) bool {
	for _, one := range objects {
		if one.kind() == kind {
			return true
		}
	}
	return false
}
