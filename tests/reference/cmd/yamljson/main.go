// Command yamljson prints the JSON that sigs.k8s.io/yaml makes of YAML documents: what kubectl sends.
//
// It reads frames from standard input, each a decimal length, a line feed, and that many bytes of
// YAML (one document, already cut off at its separators), and answers each with one line: "J " and
// the JSON, or "E " and the error, quoted. An empty document is "J null".
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"

	"sigs.k8s.io/yaml"
)

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for {
		var size int
		if _, err := fmt.Fscanf(in, "%d\n", &size); err == io.EOF {
			break
		} else if err != nil {
			log.Fatalf("reading a frame's length: %v", err)
		}
		text := make([]byte, size)
		if _, err := io.ReadFull(in, text); err != nil {
			log.Fatalf("reading a frame: %v", err)
		}
		if converted, err := convert(text); err != nil {
			fmt.Fprintf(out, "E %q\n", err.Error())
		} else {
			fmt.Fprintf(out, "J %s\n", converted)
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				log.Fatalf("writing: %v", err)
			}
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatalf("writing: %v", err)
	}
}

// convert turns a panic of the YAML package into an error: both are refusals.
func convert(text []byte) (converted []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v", fault)
		}
	}()
	return yaml.YAMLToJSON(text)
}
