package randompod_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"mountguard.io/tests/reference/randompod"
	"mountguard.io/tests/reference/validate"
)

func marshal(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTheTableOfVolumeSourcesSaysWhatTheAPIServerSays(t *testing.T) {
	fields := map[string]bool{}
	for _, volume := range randompod.Volumes() {
		fields[volume.Field] = true
		pod := fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"volumes":[{"name":"v0",%q:%s}],
"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v0","mountPath":"/m"}]}]}}`, volume.Field, volume.Text)
		verdict, err := validate.JSON([]byte(pod))
		if err != nil || verdict.DecodeError != "" {
			t.Errorf("%s %s: %v%s", volume.Field, volume.Text, err, verdict.DecodeError)
			continue
		}
		if good := len(verdict.Errors) == 0; good != volume.Good {
			t.Errorf("%s %s: the table says good=%v, the API server %v", volume.Field, volume.Text, volume.Good, verdict.Errors)
		}
	}
	for _, field := range validate.VolumeSourceFields() {
		if !fields[field] {
			t.Errorf("the table lacks the volume source %s", field)
		}
	}
}

func TestTheSameSeedGivesTheSameObject(t *testing.T) {
	for i := range uint64(200) {
		if !reflect.DeepEqual(randompod.Object(1, i), randompod.Object(1, i)) {
			t.Fatalf("object %d differs from itself", i)
		}
		if !reflect.DeepEqual(randompod.Undecodable(1, i), randompod.Undecodable(1, i)) {
			t.Fatalf("undecodable object %d differs from itself", i)
		}
	}
}

func TestEveryObjectDecodesAndEveryRuleSpeaks(t *testing.T) {
	spoke := map[string]int{}
	clean := 0
	const objects = 4000
	for i := range uint64(objects) {
		text := marshal(t, randompod.Object(1, i))
		verdict, err := validate.JSON(text)
		if err != nil || verdict.DecodeError != "" {
			t.Fatalf("object %d: %v%s\n%s", i, err, verdict.DecodeError, text)
		}
		if len(verdict.Errors) == 0 {
			clean++
		}
		for _, text := range verdict.Errors {
			spoke[rule(text)]++
		}
	}
	for name := range rules {
		if spoke[name] == 0 {
			t.Errorf("no object breaks %s", name)
		}
	}
	if spoke[""] > 0 {
		t.Errorf("%d errors are of no known rule", spoke[""])
	}
	if clean < objects/10 || clean > objects*9/10 {
		t.Errorf("%d of %d objects are clean: the mix is lopsided", clean, objects)
	}
}

func TestMostUndecodableObjectsDoNotDecode(t *testing.T) {
	refused := 0
	const objects = 1000
	for i := range uint64(objects) {
		verdict, err := validate.JSON(marshal(t, randompod.Undecodable(1, i)))
		if err != nil {
			t.Fatal(err)
		}
		if verdict.DecodeError != "" {
			refused++
		}
	}
	if refused < objects/3 {
		t.Errorf("only %d of %d objects are refused", refused, objects)
	}
}
