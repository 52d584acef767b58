package harness

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"mountguard.io/e2e/machine"
)

// stopGrace is how long a process may take to end after SIGTERM before it is killed.
const stopGrace = 30 * time.Second

// Process is a child process whose output, stdout and stderr alike, goes to a file.
type Process struct {
	Name    string
	LogPath string

	command *exec.Cmd
	exited  chan struct{}
}

// StartProcess runs command and logs to dir/name.log. The child dies with its parent, so that an
// aborted test run leaves nothing behind.
func StartProcess(dir, name string, command ...string) (*Process, error) {
	return startProcess(nil, dir, name, command...)
}

// startProcess starts the process in a machine, with which it dies, or outside, if that is nil.
func startProcess(in *machine.Machine, dir, name string, command ...string) (*Process, error) {
	process := &Process{
		Name:    name,
		LogPath: filepath.Join(dir, name+".log"),
		command: exec.Command(command[0], command[1:]...),
		exited:  make(chan struct{}),
	}
	log, err := os.Create(process.LogPath)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	process.command.Dir = dir
	process.command.Stdout = log
	process.command.Stderr = log
	start := process.command.Start
	if in != nil {
		start = func() error { return in.StartCommand(process.command) }
	} else {
		process.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	}
	if err := start(); err != nil {
		return nil, fmt.Errorf("%s did not start: %w", name, err)
	}
	go func() {
		_ = process.command.Wait() // ExitCode reads the outcome from ProcessState
		close(process.exited)
	}()
	return process, nil
}

// Terminate sends SIGTERM and returns at once.
func (p *Process) Terminate() error {
	err := p.command.Process.Signal(syscall.SIGTERM)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Stop sends SIGTERM, waits for the end and returns the exit code; after stopGrace it kills, and
// the exit code is -1.
func (p *Process) Stop() int {
	if err := p.Terminate(); err == nil {
		select {
		case <-p.exited:
			return p.command.ProcessState.ExitCode()
		case <-time.After(stopGrace):
		}
	}
	_ = p.command.Process.Kill()
	<-p.exited
	return p.command.ProcessState.ExitCode()
}

// Kill sends SIGKILL and waits for the end.
func (p *Process) Kill() {
	_ = p.command.Process.Kill()
	<-p.exited
}

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Output returns what the process has printed so far.
func (p *Process) Output() string {
	content, err := os.ReadFile(p.LogPath)
	if err != nil {
		return err.Error()
	}
	return string(content)
}

// Tail returns the end of the output under a heading, for a failure's report.
func (p *Process) Tail() string {
	const lines = 20
	all := strings.Split(strings.TrimRight(p.Output(), "\n"), "\n")
	all = all[max(0, len(all)-lines):]
	return fmt.Sprintf("--- last lines of %s\n%s\n", p.LogPath, strings.Join(all, "\n"))
}
