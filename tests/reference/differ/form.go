package differ

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"mountguard.io/tests/reference/validate"
	"sigs.k8s.io/yaml"
)

// Form is how objects are written into the manifests that mountguard reads.
type Form int

const (
	JSONStream Form = iota // one JSON value after the other
	List                   // items of one List; errors do not say the item, so all must decode
	YAMLStream             // documents between lines of ---
	EveryForm              // batch by batch another one
)

// Forms are the names of the forms on the command line.
var Forms = map[string]Form{"json": JSONStream, "list": List, "yaml": YAMLStream, "every": EveryForm}

func (f Form) of(batch uint64) Form {
	if f == EveryForm {
		return []Form{JSONStream, YAMLStream}[batch%2]
	}
	return f
}

// errNotYAML is told of an object with characters that YAML cannot hold, however they are written.
var errNotYAML = errors.New("not to be written in YAML")

func (f Form) marshal(object any) ([]byte, error) {
	if f != YAMLStream {
		return json.Marshal(object)
	}
	text, err := yaml.Marshal(object)
	if err == nil {
		_, err = yaml.YAMLToJSON(text)
	}
	if err != nil {
		return nil, errNotYAML
	}
	return text, nil
}

func (f Form) judge(text []byte) (validate.Verdict, error) {
	if f == YAMLStream {
		return validate.YAML(text)
	}
	return validate.JSON(text)
}

func (f Form) join(samples []sample) []byte {
	texts := make([][]byte, len(samples))
	for i, s := range samples {
		texts[i] = s.text
	}
	switch f {
	case List:
		return fmt.Appendf(nil, `{"apiVersion":"v1","kind":"List","items":[%s]}`, bytes.Join(texts, []byte(",\n")))
	case YAMLStream:
		return bytes.Join(texts, []byte("---\n"))
	default:
		return bytes.Join(texts, []byte("\n"))
	}
}
