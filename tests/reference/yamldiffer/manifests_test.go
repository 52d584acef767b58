package yamldiffer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"reflect"
	"testing"

	yamlutil "k8s.io/apimachinery/pkg/util/yaml"
)

// raw keeps the JSON of a document as it comes, as kubectl does.
type raw []byte

func (r *raw) UnmarshalJSON(text []byte) error {
	*r = bytes.Clone(text)
	return nil
}

// objects is what a manifest holds, without the documents that are null; refused if reading stopped before its end.
type objects struct {
	values  []any
	refused string
}

// wantedObjects reads a manifest as kubectl does.
func wantedObjects(manifest []byte) (found objects) {
	defer func() {
		if fault := recover(); fault != nil {
			found.refused = fmt.Sprint(fault)
		}
	}()
	decoder := yamlutil.NewYAMLOrJSONDecoder(bytes.NewReader(manifest), 4096)
	for {
		var document raw
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			found.refused = err.Error()
			return found
		}
		found.add(document)
	}
}

func (o *objects) add(text []byte) {
	if value, err := decode(text); err == nil && value != nil {
		o.values = append(o.values, value)
	}
}

// ourObjects reads a manifest with ours, up to the first document that is refused.
func ourObjects(t *testing.T, r *reader, manifest []byte) (found objects) {
	t.Helper()
	if _, err := fmt.Fprintf(r.in, "%d\n%s", len(manifest), manifest); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := r.out.ReadBytes('\n')
		if err != nil {
			t.Fatalf("yaml_json died over %q: %v", manifest, err)
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		switch {
		case string(line) == ".":
			return found
		case found.refused != "":
		case bytes.HasPrefix(line, []byte("E ")):
			found.refused = string(line[2:])
		default:
			found.add(bytes.TrimPrefix(line, []byte("J ")))
		}
	}
}

// differ says how two readings differ, "" if they do not. Where kubectl refuses a separator it has not given the
// document before it; we have.
func differ(ours, theirs objects) string {
	agree := (ours.refused == "") == (theirs.refused == "")
	if theirs.refused == "" {
		agree = agree && reflect.DeepEqual(ours.values, theirs.values)
	} else {
		count := len(theirs.values)
		agree = agree && (len(ours.values) == count || len(ours.values) == count+1) &&
			reflect.DeepEqual(append([]any{}, ours.values[:count]...), append([]any{}, theirs.values...))
	}
	if agree {
		return ""
	}
	return fmt.Sprintf("ours: %s\ntheirs: %s", cut(fmt.Sprint(ours)), cut(fmt.Sprint(theirs)))
}

// separators are what manifests are made of between their documents.
var separators = []string{
	"---\n", "---\n---\n", "---\r\n", "--- # comment\n", "--- {a: 1}\n", "---\t\n", "\n", "", "...\n", "# comment\n---\n",
	"# Source: chart/x.yaml\n", "----\n", " ---\n", "---", "\ufeff---\n", "\ufeff", "\u00a0", "%YAML 1.1\n---\n", "---\n%YAML 1.1\n---\n",
	"{\"a\": 1}", "{\"a\": [true]}\n", "{}", "[]", "{", "}", "1 ", "\"x\"", "null\n", "  ", "\v\f", "# \x01\n---\n",
}

// TestManifestsAreCutAlike compares manifests that are put together from whole documents and what may stand between.
func TestManifestsAreCutAlike(t *testing.T) {
	r := startReader(t, "--manifests")
	random := rand.New(rand.NewSource(*seed))
	differences := 0
	accepted := map[string]int{}
	for range *mutations {
		var manifest []byte
		for range 1 + random.Intn(6) {
			if random.Intn(2) == 0 {
				manifest = append(manifest, separators[random.Intn(len(separators))]...)
			} else {
				manifest = append(manifest, seeds[random.Intn(len(seeds))]...)
			}
		}
		ours := ourObjects(t, r, manifest)
		found := ""
		for range 20 {
			if found = differ(ours, wantedObjects(manifest)); found == "" {
				break
			}
		}
		if found == "" {
			continue
		}
		if why := known[ours.refused]; why != "" {
			accepted[why]++
		} else if differences++; differences <= 20 {
			t.Errorf("%q\n%s", manifest, found)
		}
	}
	t.Logf("%d manifests (seed %d), %d differences; accepted: %v", *mutations, *seed, differences, accepted)
}
