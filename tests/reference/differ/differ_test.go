package differ

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"mountguard.io/tests/reference/validate"
)

// echo answers like mountguard, with what the API server says; `lie` may change that.
func echo(lie func(place int, verdict *validate.Verdict)) Mountguard {
	return func(_ context.Context, manifests []byte) ([]byte, error) {
		type entry = map[string]any
		results, refused := []entry{}, []entry{}
		for place, text := range bytes.Split(manifests, []byte("\n")) {
			verdict, err := validate.JSON(text)
			if err != nil {
				return nil, err
			}
			lie(place, &verdict)
			for _, text := range verdict.Errors {
				results = append(results, entry{"document": place, "item": nil, "origin": "kubernetes", "error": text})
			}
			results = append(results, entry{"document": place, "origin": "advice"})
			if verdict.DecodeError != "" {
				refused = append(refused, entry{"document": place, "line": 1, "message": "Pod does not decode: " + verdict.DecodeError})
			}
		}
		return json.Marshal(entry{"kind": "CheckReport", "results": results, "errors": refused, "skipped": []entry{}})
	}
}

func run(t *testing.T, lie func(place int, verdict *validate.Verdict)) (Summary, string) {
	t.Helper()
	var log strings.Builder
	summary, err := Run(t.Context(), Options{Objects: 250, Seed: 1, Undecodable: 20, Batch: 100, Mountguard: echo(lie)}, &log)
	if err != nil {
		t.Fatal(err)
	}
	return summary, log.String()
}

func TestWhoSaysTheSameDoesNotDiffer(t *testing.T) {
	summary, log := run(t, func(int, *validate.Verdict) {})
	if summary.Objects != 250 || summary.Errors == 0 || summary.Undecodable == 0 || summary.Differences != 0 || log != "" {
		t.Errorf("%v\n%s", summary, log)
	}
}

func TestEveryKindOfDifferenceIsSeen(t *testing.T) {
	lies := map[string]func(verdict *validate.Verdict){
		"one more":       func(v *validate.Verdict) { v.Errors = append(v.Errors, "spec.more: Odd") },
		"a decode error": func(v *validate.Verdict) { v.DecodeError += "json: odd" },
	}
	for name, lie := range lies {
		// Places 30, 130 and 230 decode.
		summary, log := run(t, func(place int, verdict *validate.Verdict) {
			if place == 30 {
				lie(verdict)
			}
		})
		if summary.Differences != 3 || !strings.Contains(log, "--- seed 1 object 130 (randompod.Object)") {
			t.Errorf("%s: %v\n%s", name, summary, log)
		}
	}

	losses := map[string]func(verdict *validate.Verdict){
		"one less": func(v *validate.Verdict) { v.Errors = v.Errors[:max(0, len(v.Errors)-1)] },
		"order": func(v *validate.Verdict) {
			if n := len(v.Errors); n > 1 {
				v.Errors[0], v.Errors[n-1] = v.Errors[n-1], v.Errors[0]
			}
		},
		"decode error": func(v *validate.Verdict) { v.DecodeError = "" },
	}
	for name, loss := range losses {
		if summary, log := run(t, func(_ int, verdict *validate.Verdict) { loss(verdict) }); summary.Differences == 0 || log == "" {
			t.Errorf("%s: %v", name, summary)
		}
	}
}

func TestWhatIsNoReportIsAnError(t *testing.T) {
	for _, output := range []string{"", "{}", `{"kind":"CheckReport","results":[{"document":7,"origin":"kubernetes"}]}`} {
		mountguard := func(context.Context, []byte) ([]byte, error) { return []byte(output), nil }
		if summary, err := Run(t.Context(), Options{Objects: 2, Batch: 2, Mountguard: mountguard}, &strings.Builder{}); err == nil {
			t.Errorf("%q: %v", output, summary)
		}
	}
}

// TestMountguardSaysWhatTheAPIServerSays runs the program named by MOUNTGUARD_BIN.
func TestMountguardSaysWhatTheAPIServerSays(t *testing.T) {
	binary := os.Getenv("MOUNTGUARD_BIN")
	if binary == "" {
		t.Skip("MOUNTGUARD_BIN names no mountguard to hold against the API server")
	}
	for name, options := range map[string]Options{
		"JSON": {Objects: 4000, Seed: 1, Undecodable: 20, Form: JSONStream},
		"YAML": {Objects: 4000, Seed: 2, Undecodable: 20, Form: YAMLStream},
		"List": {Objects: 2000, Seed: 3, Form: List},
	} {
		t.Run(name, func(t *testing.T) {
			options.Batch, options.Mountguard = 250, Command(binary)
			var log strings.Builder
			summary, err := Run(t.Context(), options, &log)
			t.Log(summary)
			if err != nil {
				t.Fatal(err)
			}
			if summary.Differences > 0 {
				t.Errorf("%.20000s", log.String())
			}
		})
	}
}
