package chart

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// schemaLocation is how kubeconform finds the schemas that writeSchemas writes.
const schemaLocation = "{{ .Group }}-{{ .ResourceAPIVersion }}-{{ .ResourceKind }}.json"

type schema = map[string]any

// writeSchemas writes the schemas of all kinds that Kubernetes' OpenAPI document has, and of the
// CustomResourceDefinitions at hand, so that nothing unknown is let through.
func writeSchemas(t *testing.T, dir string) {
	t.Helper()
	var document struct {
		Definitions map[string]schema `json:"definitions"`
	}
	data, err := os.ReadFile(needed(t, "MOUNTGUARD_KUBERNETES") + "/api/openapi-spec/swagger.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	for name, definition := range document.Definitions {
		close(definition)
		// What OpenAPI 2 cannot say of these two.
		switch {
		case strings.HasSuffix(name, ".intstr.IntOrString"):
			document.Definitions[name] = schema{"type": []any{"string", "integer"}}
		case strings.HasSuffix(name, ".api.resource.Quantity"):
			document.Definitions[name] = schema{"type": []any{"string", "number"}}
		}
	}
	for name, definition := range document.Definitions {
		kinds, _ := definition["x-kubernetes-group-version-kind"].([]any)
		if len(kinds) != 1 {
			continue // not a kind of its own, or of many groups: DeleteOptions
		}
		kind := kinds[0].(schema)
		needed := map[string]any{}
		collect(document.Definitions, name, needed)
		writeSchema(t, dir, kind["group"].(string), kind["version"].(string), kind["kind"].(string),
			schema{"$ref": "#/definitions/" + name, "definitions": needed})
	}
	for _, definition := range readDefinitions(t) {
		for _, version := range definition.get("spec", "versions").([]any) {
			version := object(version.(map[string]any))
			open := version.get("schema", "openAPIV3Schema").(schema)
			close(open)
			open["properties"].(schema)["metadata"] = schema{"type": "object"}
			writeSchema(t, dir, definition.get("spec", "group").(string), version["name"].(string),
				definition.get("spec", "names", "kind").(string), open)
		}
	}
}

func writeSchema(t *testing.T, dir, group, version, kind string, content schema) {
	t.Helper()
	if group == "" {
		group = version // kubeconform's way to say "core"
	}
	data, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("%s-%s-%s.json", group, version, strings.ToLower(kind))
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// close forbids what a schema does not name, at every depth.
func close(value any) {
	switch value := value.(type) {
	case schema:
		for _, inner := range value {
			close(inner)
		}
		if value["x-kubernetes-int-or-string"] == true {
			delete(value, "type")
			return
		}
		_, named := value["properties"].(schema)
		_, open := value["additionalProperties"]
		if named && value["type"] == "object" && !open && value["x-kubernetes-preserve-unknown-fields"] != true {
			value["additionalProperties"] = false
		}
	case []any:
		for _, inner := range value {
			close(inner)
		}
	}
}

// collect adds a definition and all that it refers to.
func collect(definitions map[string]schema, name string, needed map[string]any) {
	if _, done := needed[name]; done {
		return
	}
	needed[name] = definitions[name]
	var walk func(any)
	walk = func(value any) {
		switch value := value.(type) {
		case schema:
			if reference, ok := value["$ref"].(string); ok {
				collect(definitions, strings.TrimPrefix(reference, "#/definitions/"), needed)
			}
			for _, key := range slices.Sorted(maps.Keys(value)) {
				walk(value[key])
			}
		case []any:
			for _, inner := range value {
				walk(inner)
			}
		}
	}
	walk(definitions[name])
}

// readDefinitions returns the CustomResourceDefinitions that run.sh has found.
func readDefinitions(t *testing.T) []object {
	t.Helper()
	var definitions []object
	files, err := filepath.Glob(filepath.Join(os.Getenv("MOUNTGUARD_CRDS"), "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var definition object
		if err := yaml.Unmarshal(data, &definition); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		definitions = append(definitions, definition)
	}
	return definitions
}
