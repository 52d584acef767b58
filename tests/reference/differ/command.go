package differ

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
)

// Command runs the mountguard at `path`. Only Kubernetes' own rules are asked for; --strict makes it
// judge what looks like a fragment too, such as a pod whose container has no image.
func Command(path string) Mountguard {
	return func(ctx context.Context, manifests []byte) ([]byte, error) {
		var output, complaints bytes.Buffer
		command := exec.CommandContext(ctx, path, "check", "--no-policy", "--strict", "-o", "json", "-")
		command.Stdin = bytes.NewReader(manifests)
		command.Stdout = &output
		command.Stderr = &complaints
		err := command.Run()
		// 1 is findings, 3 is objects that do not decode.
		if exit, ran := errors.AsType[*exec.ExitError](err); ran && (exit.ExitCode() == 1 || exit.ExitCode() == 3) {
			err = nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %.500s", path, err, complaints.Bytes())
		}
		return output.Bytes(), nil
	}
}
