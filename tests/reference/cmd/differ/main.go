// Command differ compares mountguard with the API server on random objects. It exits with 1 if they
// differ on any, and prints each of these.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"mountguard.io/tests/reference/differ"
)

func main() {
	objects := flag.Uint64("n", 100000, "number of objects")
	seed := flag.Uint64("seed", 1, "seed of the objects")
	undecodable := flag.Uint64("undecodable", 10, "how many of a hundred objects have fields of wrong types")
	batch := flag.Uint64("batch", 500, "objects that one run of mountguard gets")
	form := flag.String("form", "every", "how the objects are written: json, yaml, list (with -undecodable=0) or every")
	mountguard := flag.String("mountguard", "../../build/release/mountguard", "the program to hold against the API server")
	flag.Parse()

	known, ok := differ.Forms[*form]
	if !ok || flag.NArg() > 0 || *batch == 0 || (known == differ.List && *undecodable > 0) {
		flag.Usage()
		os.Exit(2)
	}
	start := time.Now()
	summary, err := differ.Run(context.Background(), differ.Options{
		Objects: *objects, Seed: *seed, Undecodable: *undecodable, Batch: *batch, Form: known,
		Mountguard: differ.Command(*mountguard),
	}, os.Stdout)
	fmt.Printf("%v, seed %d, %.1f s\n", summary, *seed, time.Since(start).Seconds())
	if err != nil {
		fmt.Fprintln(os.Stderr, "differ:", err)
		os.Exit(3)
	}
	if summary.Differences > 0 {
		os.Exit(1)
	}
}
