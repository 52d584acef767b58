"""Unpacks an image as a container runtime does, checking every digest on the way, and tells what it may be run as.

usage: unpack.py IMAGE.tar DIRECTORY EPOCH
"""

import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile

LARGEST = 30_000_000


def main(image, directory, epoch):
    with tarfile.open(image) as archive:
        blobs = {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}

    def blob(descriptor):
        algorithm, digest = descriptor["digest"].split(":")
        content = blobs[f"blobs/{algorithm}/{digest}"]
        assert hashlib.sha256(content).hexdigest() == digest, digest
        assert len(content) == descriptor["size"], descriptor
        return content

    assert json.loads(blobs["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    (descriptor,) = json.loads(blobs["index.json"])["manifests"]
    manifest = json.loads(blob(descriptor))
    config = json.loads(blob(manifest["config"]))
    layers = [gzip.decompress(blob(layer)) for layer in manifest["layers"]]
    assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]
    assert len(config["history"]) == len(layers)

    # Docker's own description of the same blobs.
    (docker,) = json.loads(blobs["manifest.json"])
    assert docker["RepoTags"] == [descriptor["annotations"]["io.containerd.image.name"]]
    named = [docker["Config"], *docker["Layers"]]
    wanted = [manifest["config"], *manifest["layers"]]
    assert named == ["blobs/" + one["digest"].replace(":", "/") for one in wanted]

    size = 0
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
            for entry in archive:
                assert (entry.uid, entry.gid, entry.uname, entry.gname) == (0, 0, "", ""), entry
                assert entry.mtime == epoch, entry
                assert entry.isfile() or entry.isdir() or entry.issym(), entry
                assert entry.mode & 0o7022 == 0 or entry.issym(), f"{entry} is set-id or can be written by others"
                size += entry.size
            archive.extractall(directory)
    assert size < LARGEST, f"{size} bytes unpacked"

    # The program, its loader and its libraries are all that can be executed.
    root = pathlib.Path(directory)
    run = {f"/{path.relative_to(root)}" for path in root.rglob("*")
           if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o111}
    others = {path for path in run if ".so" not in path}
    assert others == {"/usr/bin/mountguard"}, others
    settings = config["config"]
    assert settings["Entrypoint"] == ["/usr/bin/mountguard"] and "Cmd" not in settings, settings
    assert settings["User"] == "65532:65532", settings
    assert config["os"] == "linux" and config["architecture"] in ("amd64", "arm64"), config
    print(f"image: {pathlib.Path(image).stat().st_size / 1e6:.1f} MB, {size / 1e6:.1f} MB unpacked, {len(run)} files to run")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
