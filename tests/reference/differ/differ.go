// Package differ holds mountguard against the API server: random objects go through both, and every
// error text about a mount or a device must be the same, in the same order.
package differ

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"

	"mountguard.io/tests/reference/randompod"
	"mountguard.io/tests/reference/validate"
)

// Options say what is compared.
type Options struct {
	Objects uint64
	Seed    uint64
	// Undecodable is how many of a hundred objects have fields of wrong types.
	Undecodable uint64
	Batch       uint64 // objects that one run of mountguard gets
	Form        Form
	Mountguard  Mountguard
}

// Mountguard runs `mountguard check` on manifests that it reads from standard input, and gives what
// the command printed to standard output. The error tells that it could not be run, or crashed.
type Mountguard func(ctx context.Context, manifests []byte) ([]byte, error)

// Summary counts what was compared.
type Summary struct {
	Objects      uint64
	Undecodable  uint64 // objects that the API server's decoder refuses
	Errors       uint64 // texts that were compared
	Differences  uint64
	withProblems uint64
}

func (s Summary) String() string {
	return fmt.Sprintf("%d objects (%d do not decode, %d with errors), %d errors, %d differences",
		s.Objects, s.Undecodable, s.withProblems, s.Errors, s.Differences)
}

func (s *Summary) add(other Summary) {
	s.Objects += other.Objects
	s.Undecodable += other.Undecodable
	s.Errors += other.Errors
	s.Differences += other.Differences
	s.withProblems += other.withProblems
}

// Run compares, and writes every difference to `log` with what is needed to see it again.
func Run(ctx context.Context, options Options, log io.Writer) (Summary, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	starts := make(chan uint64)
	go func() {
		defer close(starts)
		for start := uint64(0); start < options.Objects && ctx.Err() == nil; start += options.Batch {
			starts <- start
		}
	}()

	var total Summary
	var mutex sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for start := range starts {
				end := min(start+options.Batch, options.Objects)
				summary, differences, err := compareBatch(ctx, options, start, end)
				mutex.Lock()
				if err != nil {
					cancel(fmt.Errorf("objects %d to %d: %w", start, end-1, err))
				}
				total.add(summary)
				io.WriteString(log, differences)
				mutex.Unlock()
			}
		})
	}
	workers.Wait()
	return total, context.Cause(ctx)
}

// sample is one object, and what both sides say of it.
type sample struct {
	index       uint64
	undecodable bool // made to be
	text        []byte
	want        validate.Verdict
	got         said
}

// said is what mountguard says of an object.
type said struct {
	errors  []string // of results with origin kubernetes
	refused []string // messages of errors that concern the object
	skipped []string
}

func compareBatch(ctx context.Context, options Options, start, end uint64) (Summary, string, error) {
	form := options.Form.of(start / options.Batch)
	samples := make([]sample, 0, end-start)
	for index := start; index < end; index++ {
		s, err := newSample(options, form, index)
		if errors.Is(err, errNotYAML) {
			continue
		}
		if err != nil {
			return Summary{}, "", fmt.Errorf("object %d: %w", index, err)
		}
		samples = append(samples, s)
	}
	report, err := options.Mountguard(ctx, form.join(samples))
	if err != nil {
		return Summary{}, "", err
	}
	if err := readReport(report, samples); err != nil {
		return Summary{}, "", err
	}

	var summary Summary
	var log strings.Builder
	for _, s := range samples {
		summary.Objects++
		summary.Errors += uint64(len(s.want.Errors))
		if s.want.DecodeError != "" {
			summary.Undecodable++
		}
		if s.want.DecodeError != "" || len(s.want.Errors) > 0 {
			summary.withProblems++
		}
		if !s.agrees() {
			summary.Differences++
			s.describe(&log, options.Seed)
		}
	}
	return summary, log.String(), nil
}

func newSample(options Options, form Form, index uint64) (sample, error) {
	s := sample{index: index, undecodable: index%100 < options.Undecodable}
	random := randompod.Object
	if s.undecodable {
		random = randompod.Undecodable
	}
	var err error
	if s.text, err = form.marshal(random(options.Seed, index)); err != nil {
		return s, err
	}
	s.want, err = form.judge(s.text)
	return s, err
}

func (s sample) agrees() bool {
	if len(s.got.skipped) > 0 {
		return false
	}
	if s.want.DecodeError != "" {
		return len(s.got.refused) == 1 && strings.Contains(s.got.refused[0], s.want.DecodeError) && len(s.got.errors) == 0
	}
	return len(s.got.refused) == 0 && slices.Equal(s.got.errors, s.want.Errors)
}

func (s sample) describe(log *strings.Builder, seed uint64) {
	kind := "Object"
	if s.undecodable {
		kind = "Undecodable"
	}
	fmt.Fprintf(log, "--- seed %d object %d (randompod.%s)\n%s\n", seed, s.index, kind, s.text)
	list := func(name string, texts []string) {
		for _, text := range texts {
			fmt.Fprintf(log, "  %s: %s\n", name, text)
		}
	}
	if s.want.DecodeError != "" {
		list("API server does not decode", []string{s.want.DecodeError})
	}
	list("API server", s.want.Errors)
	list("mountguard", s.got.errors)
	list("mountguard refuses", s.got.refused)
	list("mountguard skips", s.got.skipped)
}

// report is what is read of mountguard's CheckReport.
type report struct {
	Kind    string
	Results []struct {
		Document int
		Item     *int
		Origin   string
		Error    string
	}
	Errors []struct {
		Document *int
		Message  string
	}
	Skipped []struct {
		Document int
		Reason   string
	}
}

// readReport deals what mountguard says out to the objects.
func readReport(text []byte, samples []sample) error {
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("mountguard printed no report: %w: %.200q", err, text)
	}
	if r.Kind != "CheckReport" {
		return fmt.Errorf("mountguard printed a %q and no CheckReport", r.Kind)
	}
	at := func(place int) (*said, error) {
		if place < 0 || place >= len(samples) {
			return nil, fmt.Errorf("mountguard speaks of object %d, and there are %d", place, len(samples))
		}
		return &samples[place].got, nil
	}
	for _, result := range r.Results {
		if result.Origin != "kubernetes" {
			continue
		}
		place := result.Document
		if result.Item != nil {
			place = *result.Item
		}
		got, err := at(place)
		if err != nil {
			return err
		}
		got.errors = append(got.errors, result.Error)
	}
	for _, e := range r.Errors {
		if e.Document == nil {
			return fmt.Errorf("mountguard cannot read its input: %s", e.Message)
		}
		got, err := at(*e.Document)
		if err != nil {
			return err
		}
		got.refused = append(got.refused, e.Message)
	}
	for _, s := range r.Skipped {
		got, err := at(s.Document)
		if err != nil {
			return err
		}
		got.skipped = append(got.skipped, s.Reason)
	}
	return nil
}
