package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Output is what a kubectl command showed its user.
type Output struct {
	Stdout string
	// Warnings are the texts after "Warning: ", in the order shown.
	Warnings []string
	// Error is the rest of stderr.
	Error    string
	ExitCode int
}

// Kubectl runs kubectl as the administrator, with stdin as its input.
func (c *Cluster) Kubectl(ctx context.Context, stdin string, args ...string) (Output, error) {
	command := exec.CommandContext(ctx, c.options.Binary,
		append([]string{"kubectl", "--kubeconfig=" + c.kubeconfig}, args...)...)
	// kubectl keeps its discovery cache under the home directory.
	command.Env = append(os.Environ(), "HOME="+filepath.Join(c.options.Dir, "home"))
	var stdout, stderr bytes.Buffer
	command.Stdin = strings.NewReader(stdin)
	command.Stdout = &stdout
	command.Stderr = &stderr

	var exit *exec.ExitError
	if err := c.runCommand(command); err != nil && !errors.As(err, &exit) {
		return Output{}, fmt.Errorf("kubectl did not run: %w", err)
	}
	output := Output{Stdout: stdout.String(), ExitCode: command.ProcessState.ExitCode()}
	for line := range strings.Lines(stderr.String()) {
		if warning, found := strings.CutPrefix(line, "Warning: "); found {
			output.Warnings = append(output.Warnings, strings.TrimSuffix(warning, "\n"))
		} else {
			output.Error += line
		}
	}
	return output, nil
}

func (c *Cluster) runCommand(command *exec.Cmd) error {
	if c.options.Machine == nil {
		return command.Run()
	}
	if err := c.options.Machine.StartCommand(command); err != nil {
		return err
	}
	return command.Wait()
}

// Apply runs `kubectl apply -f -` on object, with further arguments at its end.
func (c *Cluster) Apply(ctx context.Context, object any, args ...string) (Output, error) {
	manifest, err := json.Marshal(object)
	if err != nil {
		return Output{}, err
	}
	return c.Kubectl(ctx, string(manifest), append([]string{"apply", "-f", "-"}, args...)...)
}

// CheckSucceeded returns an error unless the command ended well without an error message.
func (o Output) CheckSucceeded() error {
	if o.ExitCode != 0 || o.Error != "" {
		return fmt.Errorf("kubectl should have succeeded, but ended with %d:\n%s", o.ExitCode, o.Error)
	}
	return nil
}

// CheckInvalid returns an error unless kubectl printed that the object is invalid for exactly these
// causes, each `field: message`, in this order.
func (o Output) CheckInvalid(kind, name string, causes ...string) error {
	heading := fmt.Sprintf("The %s %q is invalid: ", kind, name)
	want := heading + strings.Join(causes, "") + "\n"
	if len(causes) > 1 {
		want = heading + "\n* " + strings.Join(causes, "\n* ") + "\n"
	}
	if o.ExitCode != 1 || o.Error != want {
		return fmt.Errorf("kubectl ended with %d and printed\n%s\nwanted 1 and\n%s",
			o.ExitCode, o.Error, want)
	}
	return nil
}
