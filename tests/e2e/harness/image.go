package harness

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	busybox   = "/bin/busybox" // Debian's busybox-static, in the machine and in the images
	pauseName = "mountguard.test/pause:1"
)

// Image is a container image of busybox and of programs of this computer.
type Image struct {
	Name    string
	Command []string
	// Programs are paths of dynamically linked ones, which the image has in /bin.
	Programs []string
}

var (
	// TestImage sleeps; pods name it with imagePullPolicy Never. It has sh, mount, sleep and more.
	TestImage = Image{
		Name: "mountguard.test/busybox:1", Command: []string{busybox, "sleep", "2147483647"},
	}
	// PauseImage is that of the pods' sandboxes.
	PauseImage = Image{Name: pauseName, Command: []string{busybox, "sleep", "2147483647"}}
)

// applets are the commands that an image has as links to busybox.
var applets = strings.Fields("sh sleep mount umount cat ls mkdir rm touch grep true nc timeout wget")

// BuildImage builds the image and gives it to the node's containerd.
func (n *NodeCluster) BuildImage(ctx context.Context, image Image) error {
	archive, err := image.archive()
	if err != nil {
		return err
	}
	path := n.path("image.tar")
	if err := os.WriteFile(path, archive, 0o600); err != nil {
		return err
	}
	defer os.Remove(path)
	return n.ImportImage(ctx, path)
}

// ImportImage gives an archive, as `docker save` writes it or in OCI's layout, to the node's
// containerd, under the names that are in it.
func (n *NodeCluster) ImportImage(ctx context.Context, path string) error {
	_, err := n.Machine.Run(ctx, "/usr/bin/ctr", "--address="+containerdSocket,
		"--namespace=k8s.io", "images", "import", "--snapshotter=native", path)
	return err
}

// archive returns the image as `docker save` would.
func (i Image) archive() ([]byte, error) {
	layer, err := i.layer()
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       map[string]any{"Cmd": i.Command, "Env": []string{"PATH=/bin"}},
		"rootfs": map[string]any{
			"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(layer))},
		},
	})
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal([]map[string]any{{
		"Config": "config.json", "RepoTags": []string{i.Name}, "Layers": []string{"layer.tar"},
	}})
	if err != nil {
		return nil, err
	}
	return writeTar([]tarEntry{
		{name: "config.json", content: config},
		{name: "layer.tar", content: layer},
		{name: "manifest.json", content: manifest},
	})
}

func (i Image) layer() ([]byte, error) {
	program, err := os.ReadFile(busybox)
	if err != nil {
		return nil, err
	}
	entries := []tarEntry{{name: "bin/busybox", content: program}}
	for _, path := range i.Programs {
		files, err := withLibraries(path)
		if err != nil {
			return nil, err
		}
		entries = append(entries, files...)
	}
	for _, applet := range applets {
		entries = append(entries, tarEntry{name: "bin/" + applet, target: "busybox"})
	}
	return writeTar(entries)
}

// withLibraries returns a program, for /bin, and what it is linked with, where its loader looks for that.
func withLibraries(path string) ([]tarEntry, error) {
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	entries := []tarEntry{{name: "bin/" + filepath.Base(path), content: program}}
	linked, err := exec.Command("ldd", path).Output()
	if err != nil {
		return nil, fmt.Errorf("ldd %s: %w", path, err)
	}
	for word := range strings.FieldsSeq(string(linked)) { // LIBRARY => PATH (ADDRESS), or PATH (ADDRESS)
		if !filepath.IsAbs(word) {
			continue
		}
		library, err := os.ReadFile(word)
		if err != nil {
			return nil, err
		}
		entries = append(entries, tarEntry{name: word[1:], content: library})
	}
	return entries, nil
}

// tarEntry is a file, or a symbolic link where it has a target.
type tarEntry struct {
	name, target string
	content      []byte
}

func writeTar(entries []tarEntry) ([]byte, error) {
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, entry := range entries {
		header := &tar.Header{Name: entry.name, Mode: 0o755, Size: int64(len(entry.content))}
		if entry.target != "" {
			header.Typeflag, header.Linkname = tar.TypeSymlink, entry.target
		}
		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := io.Copy(writer, bytes.NewReader(entry.content)); err != nil {
			return nil, err
		}
	}
	return archive.Bytes(), writer.Close()
}
