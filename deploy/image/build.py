"""Builds the image, or its files alone. Called by build.sh, which says how."""

import argparse
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import oci  # noqa: E402
import rootfs  # noqa: E402
import spdx  # noqa: E402

DEFAULT_REPOSITORY = "ghcr.io/mountguard/mountguard"
NAME = re.compile(r"[a-z0-9.\-]+(:[0-9]+)?(/[a-z0-9._\-]+)+:[A-Za-z0-9_][A-Za-z0-9._\-]{0,127}")


def read_arguments(arguments):
    parser = argparse.ArgumentParser(prog="build.sh", allow_abbrev=False, description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--output", type=pathlib.Path, metavar="FILE.tar", help="write the image")
    what.add_argument("--rootfs", type=pathlib.Path, metavar="DIRECTORY", help="write the files alone")
    parser.add_argument("--tag", metavar="NAME", help=f"({DEFAULT_REPOSITORY}:VERSION)")
    parser.add_argument("--sbom", type=pathlib.Path, metavar="FILE", help="(FILE.spdx.json)")
    parser.add_argument("--binary", type=pathlib.Path, required=True, help="(build/release/mountguard-server)")
    given = parser.parse_args(arguments)
    if given.tag is not None and not NAME.fullmatch(given.tag):
        parser.error(f"--tag {given.tag}: expected REGISTRY/REPOSITORY:TAG, {DEFAULT_REPOSITORY}:1.0")
    if given.rootfs is not None and given.tag is not None:
        parser.error("--tag is of no use with --rootfs")
    given.binary = given.binary.resolve()
    if given.output is not None and given.sbom is None:
        given.sbom = given.output.with_suffix(".spdx.json")
    return given


def program_version(binary):
    said = subprocess.run([binary, "version"], check=True, capture_output=True, text=True).stdout
    return said.split()[1]


def main(arguments):
    given = read_arguments(arguments)
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    tree = rootfs.collect(given.binary)
    version = program_version(given.binary)
    document = spdx.document(tree, version, epoch)
    if given.rootfs is not None:
        tree.write(given.rootfs)
    else:
        name = given.tag or f"{DEFAULT_REPOSITORY}:{version}"
        image = oci.build(tree, name, version, epoch)
        image.write(given.output)
        print(f"{name}@{image.digest}")
        print(
            f"{given.output}: {given.output.stat().st_size / 1e6:.1f} MB,"
            f" {tree.size() / 1e6:.1f} MB unpacked, {len(tree.packages)} Debian packages"
        )
    if given.sbom is not None:
        given.sbom.write_bytes(document)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (rootfs.BuildError, OSError) as error:
        print(f"build.sh: {error}", file=sys.stderr)
        sys.exit(3)
    except subprocess.CalledProcessError as error:
        print(f"build.sh: {error}\n{error.stderr}", file=sys.stderr)
        sys.exit(3)
