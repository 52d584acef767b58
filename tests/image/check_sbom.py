"""Holds the SBOM against what is in the image, and lets SPDX's own library validate it.

usage: check_sbom.py SBOM.spdx.json UNPACKED_IMAGE
"""

import hashlib
import json
import pathlib
import subprocess
import sys


def main(sbom, directory):
    document = json.loads(pathlib.Path(sbom).read_text())
    root = pathlib.Path(directory)
    told = {entry["fileName"]: {one["algorithm"]: one["checksumValue"] for one in entry["checksums"]}
            for entry in document["files"]}
    there = {f"./{path.relative_to(root)}": path for path in root.rglob("*") if path.is_file() and not path.is_symlink()}
    assert told.keys() == there.keys(), told.keys() ^ there.keys()
    for name, path in there.items():
        assert told[name]["SHA256"] == hashlib.sha256(path.read_bytes()).hexdigest(), name

    # Every library is contained in a package, and the package is the one that dpkg knows.
    identifiers = {entry["SPDXID"]: entry["fileName"] for entry in document["files"]}
    packages = {entry["SPDXID"]: entry for entry in document["packages"]}
    owner = {identifiers[relation["relatedSpdxElement"]]: packages[relation["spdxElementId"]]
             for relation in document["relationships"]
             if relation["relationshipType"] == "CONTAINS" and relation["relatedSpdxElement"] in identifiers}
    libraries = [name for name in there if ".so" in name]
    assert len(libraries) > 5, libraries
    for name in libraries:
        package = owner[name]
        shown = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", package["name"]],
                               check=True, capture_output=True, text=True).stdout
        assert shown == package["versionInfo"], (name, package)
        stanza = (root / "var/lib/dpkg/status.d" / package["name"]).read_text()
        assert f"\nVersion: {shown}\n" in stanza, stanza
        assert (root / "usr/share/doc" / package["name"] / "copyright").stat().st_size > 0
    for name in ("nlohmann-json3-dev", "libcli11-dev"):
        assert any(package["name"] == name for package in packages.values()), name
    print(f"sbom: {len(packages)} packages, {len(told)} files, each as it is in the image")

    try:
        from spdx_tools.spdx.parser.parse_anything import parse_file
        from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
    except ImportError:
        print("skipped: no spdx-tools in build/readers (tests/reports/fetch.sh), so SPDX's own library does not read the SBOM")
        return
    parsed = parse_file(sbom)
    problems = validate_full_spdx_document(parsed, "SPDX-2.3")
    assert not problems, [problem.validation_message for problem in problems]
    # A validator that cannot fail validates nothing.
    parsed.packages[0].spdx_id = "no identifier"
    assert validate_full_spdx_document(parsed, "SPDX-2.3")
    print("sbom: valid SPDX 2.3 to spdx-tools")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
