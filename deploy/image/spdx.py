"""The image's SBOM: SPDX 2.3 as JSON, with the Debian package and version of all that is in it."""

import datetime
import hashlib
import json
import re

import rootfs

NOT_SAID = "NOASSERTION"


def identifier(*parts):
    return "SPDXRef-" + "-".join(re.sub(r"[^A-Za-z0-9.\-]", "-", part) for part in parts)


def purl(package, distribution):
    """https://github.com/package-url/purl-spec, type deb; + and ~ of versions are escaped where it asks."""
    version = package.version.replace("%", "%25").replace("+", "%2B").replace(":", "%3A")
    name = package.name.replace("+", "%2B")
    return f"pkg:deb/debian/{name}@{version}?arch={package.architecture}&distro={distribution}"


def debian_package(package, distribution):
    person = re.sub(r"\s*<", " (", package.maintainer).replace(">", ")")
    entry = {
        "SPDXID": identifier("Package", package.name),
        "name": package.name,
        "versionInfo": package.version,
        "supplier": f"Organization: {person}",
        "downloadLocation": NOT_SAID,
        "filesAnalyzed": False,
        "licenseConcluded": NOT_SAID,
        "licenseDeclared": NOT_SAID,
        "licenseComments": f"/usr/share/doc/{package.name}/copyright in the image",
        "copyrightText": NOT_SAID,
        "sourceInfo": f"built from Debian's source package {package.source} {package.source_version}",
        "primaryPackagePurpose": "LIBRARY",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": purl(package, distribution),
        }],
    }
    if package.homepage:
        entry["homepage"] = package.homepage
    return entry


def file_entry(path, file):
    return {
        "SPDXID": identifier("File", path),
        "fileName": "." + path,
        "fileTypes": ["BINARY" if file.mode & 0o111 else "TEXT"],
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": hashlib.sha1(file.content).hexdigest()},
            {"algorithm": "SHA256", "checksumValue": hashlib.sha256(file.content).hexdigest()},
        ],
        "licenseConcluded": NOT_SAID,
        "copyrightText": NOT_SAID,
    }


def analyze(package, files):
    """Says which files of the image a package holds: without the code SPDX allows a package none."""
    if not files:
        return
    sums = sorted(hashlib.sha1(file.content).hexdigest() for file in files)
    package["filesAnalyzed"] = True
    package["packageVerificationCode"] = {
        "packageVerificationCodeValue": hashlib.sha1("".join(sums).encode()).hexdigest()
    }


def relation(subject, kind, other):
    return {"spdxElementId": subject, "relationshipType": kind, "relatedSpdxElement": other}


def document(tree, version, epoch):
    """The document as bytes; equal trees, versions and times give equal bytes."""
    os_release = tree.files["/usr/lib/os-release"].content.decode()
    distribution = "debian-" + re.search(r'^VERSION_ID="?([^"\n]+)', os_release, re.MULTILINE).group(1)
    created = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    image, program = identifier("Package", "image"), identifier("Package", "mountguard")
    own = {
        "versionInfo": version,
        "supplier": NOT_SAID,
        "downloadLocation": NOT_SAID,
        "filesAnalyzed": False,
        "licenseConcluded": NOT_SAID,
        "licenseDeclared": NOT_SAID,
        "copyrightText": NOT_SAID,
    }
    packages = [
        {"SPDXID": image, "name": "mountguard-image", "primaryPackagePurpose": "CONTAINER", **own},
        {"SPDXID": program, "name": "mountguard", "primaryPackagePurpose": "APPLICATION", **own},
    ]
    relations = [
        relation("SPDXRef-DOCUMENT", "DESCRIBES", image),
        relation(image, "CONTAINS", program),
    ]
    for package in tree.packages:
        packages.append(debian_package(package, distribution))
        itself = identifier("Package", package.name)
        if package.headers_only:
            relations.append(relation(program, "STATIC_LINK", itself))
            continue
        relations.append(relation(image, "CONTAINS", itself))
        if any(file.package == package.name and file.mode & 0o111 for file in tree.files.values()):
            relations.append(relation(program, "DYNAMIC_LINK", itself))
    files = [file_entry(path, tree.files[path]) for path in sorted(tree.files)]
    held = {package["SPDXID"]: [] for package in packages}
    for path in sorted(tree.files):
        owner = tree.files[path].package
        holder = program if path == rootfs.PROGRAM else identifier("Package", owner) if owner else image
        held[holder].append(tree.files[path])
        relations.append(relation(holder, "CONTAINS", identifier("File", path)))
    for package in packages:
        analyze(package, held[package["SPDXID"]])
    # A name that no other document has: it follows from what is in the image.
    content = hashlib.sha256(json.dumps([files, packages], sort_keys=True).encode()).hexdigest()
    return (json.dumps({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"mountguard-{version}",
        "documentNamespace": f"https://mountguard.io/spdx/mountguard-{version}-{content}",
        "creationInfo": {"created": created, "creators": ["Tool: mountguard-deploy-image-build"]},
        "packages": packages,
        "files": files,
        "relationships": relations,
    }, indent=2, ensure_ascii=False) + "\n").encode()
