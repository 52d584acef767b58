package apischema

import (
	"bytes"
	"os"
	"testing"
)

func TestTheCommittedTableIsTheGeneratedOne(t *testing.T) {
	const path = "../../../core/api_schema_table.inc"
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	generated, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, generated) {
		t.Errorf("%s is stale: run `go run ./cmd/apischema -o ../../core/api_schema_table.inc` in tests/reference", path)
	}
}
