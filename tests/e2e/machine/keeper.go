package machine

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// A program that imports this package is also its own keeper and init, by its name.
const (
	keeperName = "mountguard-machine-keeper"
	initName   = "mountguard-machine-init"
)

var serial atomic.Int64 // tells a process's machines apart

func init() {
	switch os.Args[0] {
	case keeperName:
		os.Exit(keep(os.Args[1]))
	case initName:
		os.Exit(runInit())
	}
}

func reexec(name string, arguments ...string) *exec.Cmd {
	command := exec.Command("/proc/self/exe", arguments...)
	command.Args[0] = name
	return command
}

// keep starts init, says its PID or what is wrong on stdout, and waits for the end of stdin or of
// init. Then it kills init, with which the kernel kills all of the machine, and removes its cgroup.
func keep(cgroup string) int {
	init := reexec(initName)
	init.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC |
			unix.CLONE_NEWUTS,
		Pdeathsig: syscall.SIGKILL,
	}
	answers, err := init.StdoutPipe()
	if err == nil {
		err = init.Start()
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	answer, _ := bufio.NewReader(answers).ReadString('\n')
	if answer == upAnswer {
		fmt.Println(init.Process.Pid)
	} else {
		fmt.Println("its init says:", answer)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // ends when the test lets go, or is gone
	_ = init.Process.Kill()
	_ = init.Wait() // returns when the kernel has ended all that ran in the PID namespace
	if err := removeCgroup(cgroup); err != nil {
		fmt.Fprintln(os.Stderr, "the machine's cgroup stays behind:", err)
		return 1
	}
	return 0
}

const upAnswer = "up\n"

// runInit is the machine's PID 1.
func runInit() int {
	if err := prepare(); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Print(upAnswer)
	reap()
	return 0
}

// prepare makes the namespaces a machine.
func prepare() error {
	if err := unix.Sethostname([]byte("machine")); err != nil {
		return fmt.Errorf("sethostname: %w", err)
	}
	// Private first: what is mounted from here on must not show outside.
	for _, propagation := range []uintptr{unix.MS_PRIVATE, unix.MS_SHARED} {
		if err := unix.Mount("", "/", "", unix.MS_REC|propagation, ""); err != nil {
			return fmt.Errorf("changing the propagation of all mounts: %w", err)
		}
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	return raiseLoopback()
}

func raiseLoopback() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("raising the loopback interface: %w", err)
	}
	return nil
}

// reap collects orphans for ever; the keeper kills it.
func reap() {
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	for range children {
		for {
			pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
			if pid <= 0 && err != unix.EINTR {
				break
			}
		}
	}
}
