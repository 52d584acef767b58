// podschema writes the JSON schema of a Pod that kubeconform wants, pod-v1.json, into a folder: made from the OpenAPI
// definitions that k8s.io/kubernetes ships, every reference put in place, as in the schemas that kubeconform fetches by
// default. So the benchmark that holds check against it needs no network:
//
//	go run ./cmd/podschema SWAGGER_JSON FOLDER
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
)

const pod = "io.k8s.api.core.v1.Pod"

type object = map[string]any

// definitions are the types of the API by their names.
type definitions map[string]object

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: podschema SWAGGER_JSON FOLDER")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var swagger struct{ Definitions definitions }
	if err := json.Unmarshal(text, &swagger); err != nil {
		log.Fatalf("%s: %v", os.Args[1], err)
	}
	schema, err := swagger.Definitions.schemaOf(pod)
	if err != nil {
		log.Fatalf("%s: %v", os.Args[1], err)
	}
	written, err := json.Marshal(schema)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(os.Args[2], "pod-v1.json"), written, 0o644); err != nil {
		log.Fatal(err)
	}
}

func (d definitions) schemaOf(name string) (object, error) {
	definition, ok := d[name]
	if !ok {
		return nil, fmt.Errorf("no definition of %s", name)
	}
	switch {
	case definition["format"] == "int-or-string":
		return object{"oneOf": []object{{"type": []string{"string", "null"}}, {"type": "integer"}}}, nil
	case strings.HasSuffix(name, ".api.resource.Quantity"): // JSON may have it as a number, too
		return object{"oneOf": []object{{"type": []string{"string", "null"}}, {"type": "number"}}}, nil
	}
	return d.inPlace(definition, false)
}

// inPlace is a schema without references. The value of a field may be null, too, as the API server takes it.
func (d definitions) inPlace(schema object, field bool) (object, error) {
	if reference, ok := schema["$ref"].(string); ok {
		return d.schemaOf(strings.TrimPrefix(reference, "#/definitions/"))
	}
	out := object{}
	for key, value := range schema {
		switch {
		case strings.HasPrefix(key, "x-kubernetes-"):
		case key == "properties":
			properties := object{}
			for name, property := range value.(object) {
				one, err := d.inPlace(property.(object), true)
				if err != nil {
					return nil, err
				}
				properties[name] = one
			}
			out[key] = properties
		case key == "items" || key == "additionalProperties":
			one, err := d.inPlace(value.(object), false)
			if err != nil {
				return nil, err
			}
			out[key] = one
		case key == "type" && field:
			out[key] = []any{value, "null"}
		default:
			out[key] = value
		}
	}
	return out, nil
}
