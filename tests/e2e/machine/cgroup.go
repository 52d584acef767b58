package machine

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// removalTimeout is how long the kernel may take to let go of cgroups whose processes are dead.
const removalTimeout = 10 * time.Second

// MakeCgroup makes the machine's cgroup in every hierarchy. It is not needed for the machine itself.
func (m *Machine) MakeCgroup() error {
	hierarchies, err := cgroupHierarchies()
	if err != nil {
		return err
	}
	for _, hierarchy := range hierarchies {
		cgroup := filepath.Join(hierarchy, m.Cgroup)
		if err := os.Mkdir(cgroup, 0o755); err != nil {
			return err
		}
		if err := inheritCPUs(hierarchy, cgroup); err != nil {
			return err
		}
	}
	return nil
}

// inheritCPUs does what version 1 leaves to whoever makes a cpuset, which takes no process before.
func inheritCPUs(parent, cgroup string) error {
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		content, err := os.ReadFile(filepath.Join(parent, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue // another hierarchy, or version 2
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(cgroup, file), content, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// KillCgroup kills every process in the machine's cgroup.
func (m *Machine) KillCgroup() error {
	hierarchies, err := cgroupHierarchies()
	if err != nil {
		return err
	}
	var failures []error
	for _, hierarchy := range hierarchies {
		failures = append(failures, filepath.WalkDir(filepath.Join(hierarchy, m.Cgroup),
			func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.Name() != "cgroup.procs" {
					return err
				}
				return killAll(path)
			}))
	}
	return errors.Join(failures...)
}

// killAll kills the processes that a cgroup.procs lists; those that have ended meanwhile are no error.
func killAll(list string) error {
	content, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	for _, field := range strings.Fields(string(content)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return err
		}
		if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}

// removeCgroup removes the cgroup of that name, and those in it, from every hierarchy.
func removeCgroup(name string) error {
	hierarchies, err := cgroupHierarchies()
	if err != nil {
		return err
	}
	var failures []error
	for _, hierarchy := range hierarchies {
		failures = append(failures, removeTree(filepath.Join(hierarchy, name)))
	}
	return errors.Join(failures...)
}

// cgroupHierarchies returns where cgroups, of either version, are mounted.
func cgroupHierarchies() ([]string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	var hierarchies []string
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		if len(fields) > 2 && (fields[2] == "cgroup" || fields[2] == "cgroup2") {
			hierarchies = append(hierarchies, fields[1])
		}
	}
	return hierarchies, nil
}

// removeTree removes directories from the deepest up; the files in a cgroup go with it.
func removeTree(root string) error {
	var directories []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			directories = append(directories, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	slices.Reverse(directories)
	deadline := time.Now().Add(removalTimeout)
	for _, directory := range directories {
		err := unix.Rmdir(directory)
		for err == unix.EBUSY && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond)
			err = unix.Rmdir(directory)
		}
		if err != nil && err != unix.ENOENT {
			return &fs.PathError{Op: "rmdir", Path: directory, Err: err}
		}
	}
	return nil
}
