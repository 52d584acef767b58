package machine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// startedVariable makes this test program start a machine, say so, and wait to be killed.
const startedVariable = "MOUNTGUARD_TEST_START_MACHINE"

func TestMain(m *testing.M) {
	if os.Getenv(startedVariable) != "" {
		os.Exit(waitInMachine())
	}
	os.Exit(m.Run())
}

// waitInMachine starts a machine with a process and a cgroup in it and prints their names.
func waitInMachine() int {
	machine, err := Start()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	sleep := exec.Command("/bin/sleep", "1000")
	if err := errors.Join(machine.MakeCgroup(), makeInner(machine.Cgroup), machine.StartCommand(sleep)); err != nil {
		fmt.Println(err)
		return 1
	}
	if err := joinCgroups(machine.Cgroup, sleep.Process.Pid); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(machine.Cgroup, sleep.Process.Pid, machine.PID())
	select {}
}

func start(t *testing.T) *Machine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("skipped: a machine of one's own needs root")
	}
	machine, err := Start()
	if errors.Is(err, syscall.EPERM) || err != nil && strings.Contains(err.Error(), "not permitted") {
		t.Skip("skipped: this kernel gives no namespaces:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := machine.Stop(); err != nil {
			t.Error(err)
		}
	})
	return machine
}

func TestMountsStayInside(t *testing.T) {
	machine := start(t)
	dir := t.TempDir()
	err := machine.Inside(func() error {
		if err := unix.Mount("inside", dir, "tmpfs", 0, ""); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	output, err := machine.Run(t.Context(), "/bin/cat", filepath.Join(dir, "file"))
	if err != nil || output != "x" {
		t.Errorf("a command in the machine reads %q, %v", output, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "file")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the machine's mount shows outside: %v", err)
	}
}

func TestAllMountsAreShared(t *testing.T) {
	machine := start(t)
	var table []byte
	path := fmt.Sprintf("/proc/%d/mountinfo", machine.PID())
	table, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		if strings.Fields(line)[4] == "/proc" {
			continue // the machine's own, mounted over what was there
		}
		if !strings.Contains(line, " shared:") || strings.Contains(line, " master:") {
			t.Errorf("not shared, or fed from outside: %s", line)
		}
	}
}

func TestProcessesAreNumberedInside(t *testing.T) {
	machine := start(t)
	output, err := machine.Run(t.Context(), "/bin/sh", "-c", "cat /proc/1/cmdline; hostname")
	if err != nil || !strings.Contains(output, initName) || !strings.HasSuffix(output, "machine\n") {
		t.Errorf("PID 1 and host name: %q, %v", output, err)
	}
}

func TestOrphansAreReaped(t *testing.T) {
	machine := start(t)
	if _, err := machine.Run(t.Context(), "/bin/sh", "-c", "(sleep 0.05 &) ; exit 0"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "no process but init", func() bool {
		output, err := machine.Run(t.Context(), "/bin/sh", "-c", "cat /proc/[0-9]*/comm | sort -u")
		return err == nil && !strings.Contains(output, "sleep")
	})
}

func TestDialReachesItsLoopbackAndNobodyElses(t *testing.T) {
	outside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer outside.Close()
	machine := start(t)
	if _, err := machine.Dial(t.Context(), "tcp", outside.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dialling a port of the outside: %v", err)
	}
	path := filepath.Join(t.TempDir(), "socket")
	err = machine.Inside(func() error {
		listener, err := net.Listen("unix", path)
		if err == nil {
			go func() {
				connection, err := listener.Accept()
				if err == nil {
					_, _ = connection.Write([]byte("hello\n"))
				}
				listener.Close()
			}()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	connection, err := machine.Dial(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if line, err := bufio.NewReader(connection).ReadString('\n'); line != "hello\n" {
		t.Errorf("read %q, %v", line, err)
	}
	if _, err := machine.Dial(t.Context(), "tcp", "localhost:1"); err == nil {
		t.Error("a name was dialled, which would have been looked up outside")
	}
}

func TestStopRemovesProcessesAndCgroups(t *testing.T) {
	machine := start(t)
	sleep := exec.Command("/bin/sleep", "1000")
	if err := machine.StartCommand(sleep); err != nil {
		t.Fatal(err)
	}
	cgroup := machine.Cgroup
	if err := errors.Join(machine.MakeCgroup(), makeInner(cgroup), joinCgroups(cgroup, sleep.Process.Pid)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- sleep.Wait() }()
	if err := machine.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || sleep.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the machine's process ended with %v", err)
	}
	if left := cgroupsLeft(t, cgroup); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := machine.Inside(func() error { return nil }); err == nil {
		t.Error("a stopped machine lets a thread in")
	}
}

func TestKillingTheTestEndsTheMachine(t *testing.T) {
	start(t) // skips where there can be none
	command := exec.Command("/proc/self/exe")
	command.Env = append(os.Environ(), startedVariable+"=1")
	command.Stderr = os.Stderr
	answers, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	answer, err := bufio.NewReader(answers).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var cgroup string
	var sleep, init int
	if _, err := fmt.Sscan(answer, &cgroup, &sleep, &init); err != nil {
		t.Fatalf("%q: %v", answer, err)
	}
	if len(cgroupsLeft(t, cgroup)) == 0 || unix.Kill(sleep, 0) != nil {
		t.Fatal("the machine is not up, nothing to see")
	}
	_ = command.Process.Kill()
	_ = command.Wait()
	waitFor(t, "no process and no cgroup", func() bool {
		return unix.Kill(init, 0) == unix.ESRCH && unix.Kill(sleep, 0) == unix.ESRCH &&
			len(cgroupsLeft(t, cgroup)) == 0
	})
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("after ten seconds: not %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// makeInner makes a cgroup within the machine's, in every hierarchy.
func makeInner(name string) error {
	hierarchies, err := cgroupHierarchies()
	for _, hierarchy := range hierarchies {
		err = errors.Join(err, os.Mkdir(filepath.Join(hierarchy, name, "inner"), 0o755))
	}
	return err
}

// joinCgroups moves a process into the inner cgroup. A cpuset that has no CPUs yet takes nobody.
func joinCgroups(name string, pid int) error {
	hierarchies, err := cgroupHierarchies()
	if err != nil {
		return err
	}
	joined := 0
	for _, hierarchy := range hierarchies {
		path := filepath.Join(hierarchy, name, "inner", "cgroup.procs")
		if os.WriteFile(path, fmt.Appendln(nil, pid), 0o600) == nil {
			joined++
		}
	}
	if joined == 0 {
		return errors.New("no cgroup takes a process")
	}
	return nil
}

func cgroupsLeft(t *testing.T, name string) []string {
	t.Helper()
	hierarchies, err := cgroupHierarchies()
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, hierarchy := range hierarchies {
		if _, err := os.Stat(filepath.Join(hierarchy, name)); err == nil {
			left = append(left, hierarchy)
		}
	}
	return left
}
