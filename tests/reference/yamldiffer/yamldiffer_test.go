// Package yamldiffer holds core::YamlReader against sigs.k8s.io/yaml, which kubectl reads with, and
// core::DocumentSplitter against the API's YAMLOrJSONDecoder: for every document both must give the
// same JSON, or both must refuse.
//
//	MOUNTGUARD_YAML_JSON=build/release/tests/yaml_json MOUNTGUARD_CORPUS=../shared/corpus \
//	  MOUNTGUARD_YAML_SUITE=DIR go test ./yamldiffer -mutations 50000 -seed 1
package yamldiffer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	yamlutil "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

var (
	mutations = flag.Int("mutations", 1000, "how many mutated documents are compared")
	seed      = flag.Int64("seed", 1, "seed of the mutations")
)

// reader is a running yaml_json.
type reader struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func startReader(t *testing.T, arguments ...string) *reader {
	t.Helper()
	path := os.Getenv("MOUNTGUARD_YAML_JSON")
	if path == "" {
		t.Skip("MOUNTGUARD_YAML_JSON does not name the program yaml_json")
	}
	command := exec.Command(path, arguments...)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := command.Wait(); err != nil {
			t.Errorf("yaml_json: %v", err)
		}
	})
	return &reader{in: in, out: bufio.NewReaderSize(out, 1<<20)}
}

// read returns our JSON, or our refusal.
func (r *reader) read(text []byte) (converted []byte, refusal string, err error) {
	if _, err := fmt.Fprintf(r.in, "%d\n%s", len(text), text); err != nil {
		return nil, "", err
	}
	line, err := r.out.ReadBytes('\n')
	if err != nil {
		return nil, "", err
	}
	line = bytes.TrimSuffix(line, []byte("\n"))
	if bytes.HasPrefix(line, []byte("E ")) {
		return nil, string(line[2:]), nil
	}
	return bytes.TrimPrefix(line, []byte("J ")), "", nil
}

// known are our refusals of what kubectl reads, and why. They are counted.
var known = map[string]string{
	`"the text begins with two byte order marks (U+FEFF): remove them"`: "of a document that begins with two byte order marks go-yaml drops the first letter of each line",
}

// cut shortens what a failure shows.
func cut(text string) string {
	const most = 2000
	if len(text) <= most {
		return text
	}
	return text[:most] + "..."
}

// wanted returns kubectl's JSON, or its refusal. A panic is one.
func wanted(text []byte) (converted []byte, refusal string) {
	defer func() {
		if fault := recover(); fault != nil {
			converted, refusal = nil, fmt.Sprint(fault)
		}
	}()
	converted, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err.Error()
	}
	return converted, ""
}

// decode reads JSON as the API server does: of a repeated key the last value, integers of 64 bits
// exactly, all other numbers as floating point.
func decode(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return numbers(value), nil
}

func numbers(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		for key, member := range typed {
			typed[key] = numbers(member)
		}
	case []any:
		for i, element := range typed {
			typed[i] = numbers(element)
		}
	case json.Number:
		if integer, err := strconv.ParseInt(typed.String(), 10, 64); err == nil {
			return integer
		}
		float, _ := typed.Float64()
		return float
	}
	return value
}

// difference says how the two readers differ over a text, "" if they agree, and what our refusal was.
func difference(t *testing.T, r *reader, text []byte) (found, refusal string) {
	t.Helper()
	ours, ourRefusal, err := r.read(text)
	if err != nil {
		t.Fatalf("yaml_json died over %q: %v", text, err)
	}
	// Of keys that become the same string (1 and "1") theirs takes any: ours must be among the outcomes.
	for range 20 {
		if found = compare(text, ours, ourRefusal); found == "" {
			break
		}
	}
	return found, ourRefusal
}

func compare(text, ours []byte, ourRefusal string) string {
	theirs, theirRefusal := wanted(text)
	if ourRefusal != "" || theirRefusal != "" {
		if (ourRefusal == "") == (theirRefusal == "") {
			return ""
		}
		return fmt.Sprintf("ours: %s %s\ntheirs: %s %s", ours, ourRefusal, theirs, theirRefusal)
	}
	ourValue, err := decode(ours)
	if err != nil {
		return fmt.Sprintf("ours is no JSON: %v: %s", err, ours)
	}
	theirValue, err := decode(theirs)
	if err != nil {
		return ""
	}
	if reflect.DeepEqual(ourValue, theirValue) {
		return ""
	}
	return fmt.Sprintf("ours: %s\ntheirs: %s", ours, theirs)
}

// corpus returns the documents of the real manifests, cut as kubectl cuts them.
func corpus(t *testing.T) [][]byte {
	t.Helper()
	root := os.Getenv("MOUNTGUARD_CORPUS")
	if root == "" {
		t.Log("MOUNTGUARD_CORPUS does not name a folder of manifests: going on without")
		return nil
	}
	var documents [][]byte
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.Contains(filepath.Ext(path), ".y") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		split := yamlutil.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
		for {
			document, err := split.Read()
			if err != nil {
				return nil
			}
			documents = append(documents, bytes.Clone(document))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return documents
}

// seeds are documents that between them have every construct.
var seeds = []string{
	"a: &x {p: 1, q: [yes, 0644, 1_000, 1e3, .5, 0b101, 2001-01-01, ~, \"yes\", 1.5e-9]}\nb: *x\n",
	"base: &b\n  k: 1\n  l: [1, 2]\nc:\n  <<: *b\n  k: 2\nd:\n  k: 3\n  <<: [*b, {m: 1, k: 7}]\ne: {<<: {k: 1}, l: 2}\n",
	"<<: &m {a: 1}\nx: *m\ny:\n  <<: *m\n  b: 2\n",
	"? a\n: b\n? [x]\n: y\n",
	"t: |\n  a\n   b\n\nu: >-\n  folded\n  text\n\n  more\nv: |2+\n    x\n\n",
	"- !!str 1\n- !!int \"12\"\n- !!float 3\n- !!binary aGVsbG8=\n- !!null ~\n- !!bool yes\n- !!timestamp 2001-12-14t21:59:43.10-05:00\n- !custom x\n- ! 12\n- !!set {a, b}\n",
	"1: int\n1.5: float\ntrue: bool\non: bool\n.inf: inf\n0x10: hex\n1e6: six\n123456789.5: g\n",
	"plain with: colon\nurl: http://x/y\nhash: a#b # c\nmulti: one\n  two\n  three\n",
	"\"double \\n \\t \\u00e9 \\x41 \\\n   continued\": 'single ''quoted'' \n\n  line'\n",
	"{\"json\": [1, 2.5, -3e10, true, null, \"x\\u0041\"], \"n\": {\"a\": {}}}\n",
	"a: \"x\\/y\"\n",
	"a: 1\na: 2\nb: {c: 1, c: [2], c: {d: 3}}\n",
	"n: [+1, -1, +.5, -.inf, .NaN, 0o17, 0x_1F, -0b11, 0b-1, 012, 08, 1__0, 1e400, 18446744073709551615, 9223372036854775808, -9223372036854775808, 1:30, 190:20:30, 1.0, 1., .1e1_0, 1_0.5]\n",
	"a: [y, Y, n, N, Yes, NO, On, oFF, True, FALSE, TRuE, Null, NULL, nULL, ~, \"\", '']\n",
	"a:\n- b\n- c:\n    d\n-\n  - e\n- - f\n  - g\n",
	"a: &a\n  b: &b 1\n  c: *b\n*b : 2\nd: *a\nb2: &b x\ne: *b\n",
	"a: b\n...\nc: d\n",
	"# only a comment\n",
	"%YAML 1.1\n---\na: 1\n",
	"\ufeffa: 1\n",
	"a: 1\r\nb:\r\n  - c\r\n",
	"k\u00e9y: v\u00e4lue \U0001F600\n",
	"apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containers:\n  - name: c\n    image: i\n    volumeMounts:\n    - {name: v, mountPath: /m, mountPropagation: Bidirectional}\n",
}

// tokens are what mutations put in.
var tokens = []string{
	"&a ", "*a", "*a ", "<<: ", "<<: *a\n", "<<: [*a, *a]\n", "{", "}", "[", "]", ": ", ":", "- ", "-", "#", " #", "|", ">",
	"|-\n", ">+\n", "|2\n", "\"", "'", "\t", "%", "@", "`", "!!int ", "!!str ", "!!float ", "!!binary ", "!!null ", "!!bool ",
	"!!map ", "!x ", "! ", "? ", ", ", ",", "\n", "\n\n", "\r", "\r\n", "  ", " ", "...\n", "\n...\n", "---\n", "\n--- ",
	"0x1F", "0o7", "0b1", "017", "1_0", "1e3", ".5", ".inf", "-.inf", ".nan", "~", "null", "yes", "no", "y", "2001-01-01",
	"12345678901234567890", "123456789012345678901", "1.5", "-0", "+1", "\ufeff", "\u0085", "\u2028", "\u00e9", "\xff", "\x00",
	"\x07", "\\", "\\x41", "\\u00e9", "\\U0001F600", "\\ud83d", "\\/", "\\ ", "\\_", "\\N", "aGVsbG8=", "a: ", "a: b\n", "- a\n", "  a: b\n", "=", "<<",
}

func mutate(random *rand.Rand, text []byte) []byte {
	out := bytes.Clone(text)
	for range 1 + random.Intn(4) {
		at := random.Intn(len(out) + 1)
		switch random.Intn(6) {
		case 0, 1, 2:
			out = append(out[:at:at], append([]byte(tokens[random.Intn(len(tokens))]), out[at:]...)...)
		case 3:
			end := min(len(out), at+1+random.Intn(8))
			out = append(out[:at:at], out[end:]...)
		case 4:
			end := min(len(out), at+random.Intn(30))
			to := random.Intn(len(out) + 1)
			out = append(out[:to:to], append(bytes.Clone(out[at:end]), out[to:]...)...)
		case 5:
			if at < len(out) {
				out[at] = byte(random.Intn(128))
			}
		}
	}
	return out
}

// window cuts a large document to some of its lines: mutations then hit something.
func window(random *rand.Rand, text []byte) []byte {
	const most = 1500
	if len(text) <= most {
		return text
	}
	at := random.Intn(len(text) - most)
	return text[at : at+most]
}

func TestRealManifestsReadAlike(t *testing.T) {
	r := startReader(t)
	for i, text := range corpus(t) {
		if found, _ := difference(t, r, text); found != "" {
			t.Errorf("document %d: %s", i, cut(found))
		}
	}
}

func TestEveryConstructReadsAlike(t *testing.T) {
	r := startReader(t)
	for _, text := range seeds {
		if found, _ := difference(t, r, []byte(text)); found != "" {
			t.Errorf("%q\n%s", text, found)
		}
	}
}

func TestMutatedDocumentsReadAlike(t *testing.T) {
	r := startReader(t)
	documents := corpus(t)
	random := rand.New(rand.NewSource(*seed))
	differences := 0
	accepted := map[string]int{}
	for range *mutations {
		var text []byte
		if len(documents) > 0 && random.Intn(3) == 0 {
			text = window(random, documents[random.Intn(len(documents))])
		} else {
			text = []byte(seeds[random.Intn(len(seeds))])
		}
		text = mutate(random, text)
		found, refusal := difference(t, r, text)
		if found == "" {
			continue
		}
		if why := known[refusal]; why != "" {
			accepted[why]++
		} else if differences++; differences <= 20 {
			t.Errorf("%q\n%s", text, cut(found))
		}
	}
	t.Logf("%d mutated documents (seed %d), %d differences; accepted: %v", *mutations, *seed, differences, accepted)
}
