// Command apischema writes the table of Kubernetes API types that core/api_schema.cc walks.
package main

import (
	"flag"
	"fmt"
	"os"

	"mountguard.io/tests/reference/apischema"
)

func main() {
	path := flag.String("o", "", "file to write; standard output without it")
	flag.Parse()
	if err := write(*path); err != nil {
		fmt.Fprintln(os.Stderr, "apischema:", err)
		os.Exit(1)
	}
}

func write(path string) error {
	table, err := apischema.Generate()
	if err != nil {
		return err
	}
	if path == "" {
		_, err = os.Stdout.Write(table)
		return err
	}
	return os.WriteFile(path, table, 0o644)
}
