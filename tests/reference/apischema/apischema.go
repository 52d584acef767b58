// Package apischema turns the Go types of the Kubernetes API into the C++ table that
// core/api_schema.cc walks: what kind of JSON each field of each type takes, and how Go's decoder
// names it when it gets another.
package apischema

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	appsv1beta1 "k8s.io/api/apps/v1beta1"
	appsv1beta2 "k8s.io/api/apps/v1beta2"
	batchv1 "k8s.io/api/batch/v1"
	batchv1beta1 "k8s.io/api/batch/v1beta1"
	corev1 "k8s.io/api/core/v1"
	extensionsv1beta1 "k8s.io/api/extensions/v1beta1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// root is a type that objects are decoded as. The kind of a root without apiVersion is no object's.
type root struct {
	apiVersion string
	object     any
}

var roots = []root{
	{"", corev1.PodTemplateSpec{}},
	{"v1", corev1.Pod{}},
	{"v1", corev1.PodTemplate{}},
	{"v1", corev1.ReplicationController{}},
	{"apps/v1", appsv1.DaemonSet{}},
	{"apps/v1", appsv1.Deployment{}},
	{"apps/v1", appsv1.ReplicaSet{}},
	{"apps/v1", appsv1.StatefulSet{}},
	{"apps/v1beta1", appsv1beta1.Deployment{}},
	{"apps/v1beta1", appsv1beta1.StatefulSet{}},
	{"apps/v1beta2", appsv1beta2.DaemonSet{}},
	{"apps/v1beta2", appsv1beta2.Deployment{}},
	{"apps/v1beta2", appsv1beta2.ReplicaSet{}},
	{"apps/v1beta2", appsv1beta2.StatefulSet{}},
	{"batch/v1", batchv1.CronJob{}},
	{"batch/v1", batchv1.Job{}},
	{"batch/v1beta1", batchv1beta1.CronJob{}},
	{"extensions/v1beta1", extensionsv1beta1.DaemonSet{}},
	{"extensions/v1beta1", extensionsv1beta1.Deployment{}},
	{"extensions/v1beta1", extensionsv1beta1.ReplicaSet{}},
}

// custom are the types with an UnmarshalJSON of their own, by the kind that core/api_schema.cc has
// code for.
var custom = map[reflect.Type]string{
	reflect.TypeFor[resource.Quantity]():  "kQuantity",
	reflect.TypeFor[intstr.IntOrString](): "kIntOrString",
	reflect.TypeFor[metav1.Time]():        "kTime",
	reflect.TypeFor[metav1.FieldsV1]():    "kAny",
}

// Generate gives the text of core/api_schema_table.inc.
func Generate() ([]byte, error) {
	s := schema{index: map[reflect.Type]int{}}
	for _, r := range roots {
		if err := s.add(reflect.TypeOf(r.object)); err != nil {
			return nil, err
		}
	}
	// Numbered in the order of their names, so that a new field moves as few lines as can be.
	slices.SortFunc(s.types, func(a, b reflect.Type) int { return strings.Compare(fullName(a), fullName(b)) })
	for i, t := range s.types {
		s.index[t] = i
	}
	return s.print()
}

// schema is the set of all types that can be met while decoding a root. Pointers are looked through.
type schema struct {
	types []reflect.Type
	index map[reflect.Type]int // also marks the types that were met
}

func deref(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// fullName tells apart types that share their short name, such as v1.DeploymentSpec.
func fullName(t reflect.Type) string { return t.String() + " " + t.PkgPath() }

func (s *schema) add(t reflect.Type) error {
	t = deref(t)
	if _, met := s.index[t]; met {
		return nil
	}
	kind, err := kindOf(t)
	if err != nil {
		return err
	}
	s.index[t] = len(s.types)
	s.types = append(s.types, t)
	switch kind {
	case "kSlice", "kMap":
		return s.add(t.Elem())
	case "kStruct":
		fields, err := fieldsOf(t)
		if err != nil {
			return err
		}
		for _, f := range fields {
			if err := s.add(f.fieldType); err != nil {
				return fmt.Errorf("%v.%s: %w", t, f.name, err)
			}
		}
	}
	return nil
}

func kindOf(t reflect.Type) (string, error) {
	if kind, known := custom[t]; known {
		return kind, nil
	}
	pointer := reflect.PointerTo(t)
	if pointer.Implements(reflect.TypeFor[json.Unmarshaler]()) || pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return "", fmt.Errorf("%v decodes itself, and core/api_schema.cc does not know how", t)
	}
	switch t.Kind() {
	case reflect.Bool:
		return "kBool", nil
	case reflect.String:
		return "kString", nil
	case reflect.Int32:
		return "kInt32", nil
	case reflect.Int64:
		return "kInt64", nil
	case reflect.Struct:
		return "kStruct", nil
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			return "kSlice", nil
		}
	case reflect.Map:
		if t.Key().Kind() == reflect.String && !reflect.PointerTo(t.Key()).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
			return "kMap", nil
		}
	}
	return "", fmt.Errorf("core/api_schema.cc has no code for %v", t)
}

// field is a field as encoding/json sees it: those of embedded structs are the outer struct's own.
type field struct {
	name      string // in JSON
	embedded  string // the embedded structs on the way to it as errors name them: "VolumeSource."
	fieldType reflect.Type
}

func fieldsOf(t reflect.Type) ([]field, error) {
	fields, err := appendFields(nil, t, "")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(fields); i++ {
		if fields[i].name == fields[i-1].name {
			return nil, fmt.Errorf("%v has two fields for %q", t, fields[i].name)
		}
	}
	return fields, nil
}

func appendFields(fields []field, t reflect.Type, embedded string) ([]field, error) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case strings.Contains(","+options+",", ",string,"):
			return nil, fmt.Errorf("%v.%s is a quoted value", t, f.Name)
		case name == "-" || !f.IsExported():
		case name == "" && f.Anonymous:
			var err error
			if fields, err = appendFields(fields, deref(f.Type), embedded+f.Name+"."); err != nil {
				return nil, err
			}
		case name == "":
			fields = append(fields, field{f.Name, embedded, deref(f.Type)})
		default:
			fields = append(fields, field{name, embedded, deref(f.Type)})
		}
	}
	return fields, nil
}

// hash finds fields by name: `slots[(key(name) * multiplier) >> shift]` is one more than the place
// of the only field that `name` can be, 0 for none.
type hash struct {
	multiplier uint32
	shift      int
	slots      []int
}

// key is a name's length and three of its bytes: these tell apart the fields of every struct.
// core/api_schema.cc computes the same.
func key(name string) uint32 {
	n := len(name)
	return uint32(n)&0xff | uint32(name[0])<<8 | uint32(name[n*2/3])<<16 | uint32(name[n-1])<<24
}

// perfectHash tries multipliers, and tables of growing size, until no two fields share a slot.
func perfectHash(fields []field) (hash, error) {
	for width := max(1, bits.Len(uint(len(fields)))); width <= 10; width++ {
		multiplier := uint32(0x9E3779B1)
		for range 20000 {
			h := hash{multiplier, 32 - width, make([]int, 1<<width)}
			if h.place(fields) {
				return h, nil
			}
			multiplier = multiplier*1664525 + 1013904223 | 1
		}
	}
	return hash{}, fmt.Errorf("no perfect hash of %d fields", len(fields))
}

func (h hash) place(fields []field) bool {
	for i, f := range fields {
		slot := &h.slots[key(f.name)*h.multiplier>>h.shift]
		if *slot != 0 {
			return false
		}
		*slot = i + 1
	}
	return true
}

const header = `// The types of the Kubernetes API below the kinds that hold pods, for core/api_schema.cc.
// Generated from the Go types of Kubernetes v1.36.3 (k8s.io/api v0.36.3); do not edit. To make it anew:
//   cd tests/reference && go run ./cmd/apischema -o ../../core/api_schema_table.inc

`

func (s *schema) print() ([]byte, error) {
	out := bytes.NewBufferString(header)
	structs, fields, slots := &bytes.Buffer{}, &bytes.Buffer{}, &bytes.Buffer{}
	fieldCount, slotCount, structCount := 0, 0, 0

	fmt.Fprintf(out, "// Kind, what it is made of (of a struct: its row in kStructs), and its name in errors.\nconstexpr ApiType kTypes[] = {\n")
	for _, t := range s.types {
		kind, err := kindOf(t)
		if err != nil {
			return nil, err
		}
		element := 0
		switch kind {
		case "kSlice", "kMap":
			element = s.index[deref(t.Elem())]
		case "kStruct":
			element = structCount
			structCount++
			own, err := fieldsOf(t)
			if err != nil {
				return nil, err
			}
			h, err := perfectHash(own)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(structs, "    {%q, %d, %d, 0x%08X, %d},\n", t.Name(), fieldCount, slotCount, h.multiplier, h.shift)
			for _, f := range own {
				fmt.Fprintf(fields, "    {%q, %q, %d},\n", f.name, f.embedded, s.index[f.fieldType])
			}
			for chunk := range slices.Chunk(h.slots, 24) {
				fmt.Fprintf(slots, "    %s,\n", strings.Join(strings.Fields(strings.Trim(fmt.Sprint(chunk), "[]")), ", "))
			}
			fieldCount += len(own)
			slotCount += len(h.slots)
		}
		fmt.Fprintf(out, "    {ApiKind::%s, %d, %q},\n", kind, element, t.String())
	}
	fmt.Fprintf(out, "};\n\n// Name in errors, first field, first slot, and the hash that finds a field's slot.\nconstexpr ApiStruct kStructs[] = {\n%s};\n", structs)
	fmt.Fprintf(out, "\n// Name, the embedded structs on the way to it as errors name them, type.\nconstexpr ApiField kFields[] = {\n%s};\n", fields)
	fmt.Fprintf(out, "\n// One more than the field's place among its struct's fields; 0 where there is none.\nconstexpr std::uint8_t kSlots[] = {\n%s};\n", slots)
	fmt.Fprintf(out, "\nconstexpr ApiRoot kRoots[] = {\n")
	for _, r := range roots {
		t := reflect.TypeOf(r.object)
		if r.apiVersion != "" {
			fmt.Fprintf(out, "    {%q, %q, %d},\n", r.apiVersion, t.Name(), s.index[t])
		}
	}
	fmt.Fprintf(out, "};\n\nconstexpr std::uint16_t kPodTemplateSpec = %d;\n", s.index[reflect.TypeFor[corev1.PodTemplateSpec]()])
	return out.Bytes(), nil
}
