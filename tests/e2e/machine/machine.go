// Package machine gives a test a machine of its own to be root on: a process with mount, PID,
// network, IPC and UTS namespaces of its own. What runs in it, what it mounts, its network and its
// cgroups end with it, and it ends with the test, however that ends.
package machine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Machine is running. Its methods may be called from several goroutines.
type Machine struct {
	// Cgroup is the name, below the root of every hierarchy, of the cgroup that whoever creates
	// cgroups shall create them in. It is removed, with all that is in it, when the machine ends.
	Cgroup string

	keeper *exec.Cmd
	hold   io.Closer // the keeper ends the machine when this closes
	init   int       // as the caller's PID namespace numbers it
	files  []*os.File
}

// entered are the namespaces that a thread or a process enters. That of PIDs is entered by
// children only.
var entered = []struct {
	name string
	flag int
}{
	{"ipc", unix.CLONE_NEWIPC},
	{"uts", unix.CLONE_NEWUTS},
	{"net", unix.CLONE_NEWNET},
	{"pid", unix.CLONE_NEWPID},
	{"mnt", unix.CLONE_NEWNS},
}

// Start returns when the machine is up: all mounts are shared with each other and with nothing
// outside, /proc is its own, and the loopback interface is all the network there is.
func Start() (*Machine, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("a machine of one's own needs root")
	}
	machine := &Machine{Cgroup: fmt.Sprintf("mountguard-e2e-%d-%d", os.Getpid(), serial.Add(1))}
	machine.keeper = reexec(keeperName, machine.Cgroup)
	// The keeper outlives a test that is killed, and a terminal's Ctrl-C, to tidy up after it.
	machine.keeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	machine.keeper.Stderr = os.Stderr
	hold, err := machine.keeper.StdinPipe()
	if err != nil {
		return nil, err
	}
	machine.hold = hold
	answers, err := machine.keeper.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := machine.keeper.Start(); err != nil {
		return nil, fmt.Errorf("the machine did not start: %w", err)
	}
	if err := machine.open(bufio.NewReader(answers)); err != nil {
		return nil, errors.Join(fmt.Errorf("the machine did not start: %w", err), machine.Stop())
	}
	return machine, nil
}

// open reads what the keeper says, the PID of init or why there is none, and opens its namespaces.
func (m *Machine) open(answers *bufio.Reader) error {
	answer, err := answers.ReadString('\n')
	if err != nil {
		return fmt.Errorf("its keeper says nothing: %w", err)
	}
	answer = strings.TrimSpace(answer)
	if m.init, err = strconv.Atoi(answer); err != nil {
		return errors.New(answer)
	}
	for _, namespace := range entered {
		file, err := os.Open(fmt.Sprintf("/proc/%d/ns/%s", m.init, namespace.name))
		if err != nil {
			return err
		}
		m.files = append(m.files, file)
	}
	return nil
}

// PID returns the PID of the machine's init, seen from outside.
func (m *Machine) PID() int { return m.init }

// Stop kills all that runs in the machine, and returns when its processes, mounts and cgroups are
// gone. It may be called again.
func (m *Machine) Stop() error {
	for _, file := range m.files {
		file.Close()
	}
	m.files = nil
	if m.hold == nil {
		return nil
	}
	m.hold.Close()
	m.hold = nil
	if err := m.keeper.Wait(); err != nil {
		return fmt.Errorf("the machine did not end cleanly: %w", err)
	}
	return nil
}

// Inside calls function on a thread that is in the machine: it sees the machine's files, mounts and
// network, and what it starts is a process of the machine. Goroutines that it starts are outside.
func (m *Machine) Inside(function func() error) error {
	done := make(chan error)
	go func() {
		// Never unlocked: the thread ends with the goroutine, as nobody else could use it.
		runtime.LockOSThread()
		err := m.enter()
		if err == nil {
			err = function()
		}
		done <- err
	}()
	return <-done
}

func (m *Machine) enter() error {
	if len(m.files) == 0 {
		return errors.New("the machine is not running")
	}
	// A thread that shares its working directory with others cannot change its mount namespace.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare(CLONE_FS): %w", err)
	}
	for i, namespace := range entered {
		if err := unix.Setns(int(m.files[i].Fd()), namespace.flag); err != nil {
			return fmt.Errorf("entering the machine's %s namespace: %w", namespace.name, err)
		}
	}
	return nil
}

// StartCommand starts command in the machine. Its PID is the one it has outside. It must not ask
// for Pdeathsig: the thread that starts it ends at once; the command ends with the machine. The
// caller must be waiting for it by the time of Stop, as the kernel ends no PID namespace before all
// that died in it have been waited for.
func (m *Machine) StartCommand(command *exec.Cmd) error { return m.Inside(command.Start) }

// Run runs a program in the machine and returns what it prints, both streams together. If it fails
// the error holds that, too.
func (m *Machine) Run(ctx context.Context, program string, arguments ...string) (string, error) {
	var output strings.Builder
	command := exec.CommandContext(ctx, program, arguments...)
	command.Stdout, command.Stderr = &output, &output
	command.Dir = "/"
	if err := m.StartCommand(command); err != nil {
		return "", err
	}
	if err := command.Wait(); err != nil {
		return output.String(), fmt.Errorf("%s: %w\n%s", command, err, output.String())
	}
	return output.String(), nil
}

// Dial connects to an address, or the path of a Unix socket, of the machine.
func (m *Machine) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var connection net.Conn
	err := m.Inside(func() error {
		family, socketAddress, err := resolve(network, address)
		if err != nil {
			return err
		}
		connection, err = dial(family, socketAddress)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("dialling %s in the machine: %w", address, err)
	}
	return connection, ctx.Err()
}
