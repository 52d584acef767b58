"""Packs a tree into an OCI image layout, so that equal trees give equal bytes."""

import datetime
import gzip
import hashlib
import io
import json
import subprocess
import tarfile

import rootfs

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def to_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class Archive:
    """A tar whose entries are added in order, owned by root, all of one time."""

    def __init__(self, epoch):
        self.epoch = epoch
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.USTAR_FORMAT)

    def add(self, path, kind, mode, content=b"", target=""):
        entry = tarfile.TarInfo(path)
        entry.type, entry.mode, entry.mtime = kind, mode, self.epoch
        entry.size, entry.linkname = len(content), target
        self.tar.addfile(entry, io.BytesIO(content))

    def close(self):
        self.tar.close()
        return self.buffer.getvalue()


def pack_layer(tree, epoch, wanted):
    """A layer with the files that `wanted` holds for, and their folders."""
    files = {path: file for path, file in tree.files.items() if wanted(path)}
    links = {path: target for path, target in tree.links.items() if wanted(path)}
    entries = {path: None for path in rootfs.Tree(files, links, []).directories()}
    entries.update(files)
    entries.update(links)
    archive = Archive(epoch)
    for path in sorted(entries):
        name = path[1:]
        if path in files:
            archive.add(name, tarfile.REGTYPE, files[path].mode, files[path].content)
        elif path in links:
            archive.add(name, tarfile.SYMTYPE, 0o777, target=links[path])
        else:
            archive.add(name, tarfile.DIRTYPE, 0o755)
    return archive.close()


def go_architecture():
    """This machine's architecture in the words of OCI, which are Go's."""
    debian = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
    name = debian.stdout.strip()
    return {"armhf": "arm", "i386": "386", "ppc64el": "ppc64le"}.get(name, name)


class Image:
    def __init__(self, digest, archive):
        self.digest = digest  # of the manifest: what a registry will call it by
        self.archive = archive

    def write(self, path):
        path.write_bytes(self.archive)


def build(tree, name, version, epoch):
    """The image as a tar that is an OCI layout and, by the manifest.json in it, a docker archive."""
    created = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    # The libraries change seldom and are below, the program is above.
    parts = [
        ("Debian's libraries", pack_layer(tree, epoch, lambda path: path != rootfs.PROGRAM)),
        ("mountguard", pack_layer(tree, epoch, lambda path: path == rootfs.PROGRAM)),
    ]
    blobs = {}

    def store(content, media_type):
        digest = digest_of(content)
        blobs[digest] = content
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    # OS 255 in gzip's header and no time: neither tells of this machine.
    layers = [store(gzip.compress(layer, compresslevel=9, mtime=0), LAYER) for _, layer in parts]
    architecture = go_architecture()
    labels = {
        "org.opencontainers.image.title": "mountguard",
        "org.opencontainers.image.description": "The specialist for Kubernetes mount propagation",
        "org.opencontainers.image.url": "https://mountguard.io",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.created": created,
    }
    config = {
        "created": created,
        "architecture": architecture,
        "os": "linux",
        "config": {
            "User": f"{rootfs.USER}:{rootfs.USER}",
            "Entrypoint": [rootfs.PROGRAM],
            "Env": ["PATH=/usr/bin"],
            "WorkingDir": "/",
            "ExposedPorts": {"8443/tcp": {}, "8080/tcp": {}},
            "StopSignal": "SIGTERM",
            "Labels": labels,
        },
        "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for _, layer in parts]},
        "history": [{"created": created, "created_by": what} for what, _ in parts],
    }
    config_descriptor = store(to_json(config), CONFIG)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config_descriptor,
        "layers": layers,
        "annotations": labels,
    }
    descriptor = store(to_json(manifest), MANIFEST)
    # containerd takes the whole name from its own annotation, others the tag from OCI's.
    descriptor["annotations"] = {
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name.rpartition(":")[2],
    }
    descriptor["platform"] = {"architecture": architecture, "os": "linux"}
    blob_path = {digest: "blobs/" + digest.replace(":", "/") for digest in blobs}
    files = {
        "oci-layout": to_json({"imageLayoutVersion": "1.0.0"}),
        "index.json": to_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor]}),
        "manifest.json": to_json([{
            "Config": blob_path[config_descriptor["digest"]],
            "RepoTags": [name],
            "Layers": [blob_path[layer["digest"]] for layer in layers],
        }]),
    }
    files.update((blob_path[digest], content) for digest, content in blobs.items())
    archive = Archive(epoch)
    for directory in ("blobs", "blobs/sha256"):
        archive.add(directory, tarfile.DIRTYPE, 0o755)
    for path in sorted(files):
        archive.add(path, tarfile.REGTYPE, 0o644, files[path])
    return Image(descriptor["digest"], archive.close())
