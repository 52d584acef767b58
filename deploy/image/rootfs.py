"""What is in the image: the whole program, stripped, the libraries that it is linked with, and who they are from."""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

PROGRAM = "/usr/bin/mountguard"
USER = 65532

# Compiled into the program from headers alone, so that no library tells of them.
HEADER_PACKAGES = ("libcli11-dev", "nlohmann-json3-dev")

PASSWD = f"root:x:0:0:root:/:/sbin/nologin\nnonroot:x:{USER}:{USER}:nonroot:/:/sbin/nologin\n"
GROUP = f"root:x:0:\nnonroot:x:{USER}:\n"


class BuildError(Exception):
    """Something that cannot be put into an image; the text says how to mend it."""


@dataclasses.dataclass(frozen=True)
class File:
    content: bytes
    mode: int = 0o644
    package: str = ""  # the Debian package that it is from


@dataclasses.dataclass(frozen=True)
class Package:
    """A Debian package, in dpkg's words."""

    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    maintainer: str
    homepage: str
    headers_only: bool = False

    def status(self):
        """Its stanza for /var/lib/dpkg/status.d, where scanners look in images without dpkg."""
        source = self.source
        if self.source_version != self.version:
            source += f" ({self.source_version})"
        return (
            f"Package: {self.name}\nStatus: install ok installed\nMaintainer: {self.maintainer}\n"
            f"Architecture: {self.architecture}\nSource: {source}\nVersion: {self.version}\n"
        )


@dataclasses.dataclass
class Tree:
    """Absolute path -> file; absolute path -> target of a symbolic link."""

    files: dict[str, File]
    links: dict[str, str]
    packages: list[Package]  # sorted by name

    def directories(self):
        """Every folder that a file or a link is in, sorted; parents come first."""
        parents = set()
        for path in [*self.files, *self.links]:
            parents.update(str(parent) for parent in pathlib.PurePosixPath(path).parents)
        return sorted(parents - {"/"})

    def size(self):
        return sum(len(file.content) for file in self.files.values())

    def write(self, directory):
        """Writes the tree into a folder that must be new or empty."""
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise BuildError(f"{directory} is not empty")
        for path in self.directories():
            (directory / path[1:]).mkdir(mode=0o755)
        for path, file in self.files.items():
            (directory / path[1:]).write_bytes(file.content)
            (directory / path[1:]).chmod(file.mode)
        for path, target in self.links.items():
            (directory / path[1:]).symlink_to(target)


def run(*command):
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def stripped(binary):
    """The program without symbols, and without the build id: that is a hash over debug information, which
    holds the folder that it was built in."""
    with tempfile.TemporaryDirectory() as directory:
        copy = os.path.join(directory, "mountguard")
        shutil.copyfile(binary, copy)
        run("strip", "--strip-all", "--remove-section=.note.gnu.build-id", "--remove-section=.comment", copy)
        return pathlib.Path(copy).read_bytes()


def linked_libraries(binary):
    """The paths by which the program finds its loader and its libraries."""
    interpreter = re.search(r"interpreter: ([^\]]+)", run("readelf", "--program-headers", binary))
    if interpreter is None:
        return []  # static
    said = run("ldd", binary)
    if missing := re.findall(r"(\S+) => not found", said):
        raise BuildError(f"{binary} needs {', '.join(missing)}, which this machine does not have")
    return sorted({interpreter.group(1), *re.findall(r"=> (/\S+)", said)})


def package_of(path):
    """The name of the package that a file is from. dpkg knows a file by the path that its package gave,
    which is below / or below /usr on a system where both are one."""
    real = os.path.realpath(path)
    for known in (real, real.removeprefix("/usr")):
        done = subprocess.run(["dpkg-query", "--search", known], capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    raise BuildError(
        f"{path} is from no Debian package, so nobody could say what is in the image; build the program"
        " with the libraries of deploy/dependencies.sh"
    )


def describe(name, headers_only=False):
    fields = ("Version", "Architecture", "source:Package", "source:Version", "Maintainer", "Homepage")
    form = "\\n".join(f"${{{field}}}" for field in fields)
    values = run("dpkg-query", "--show", f"--showformat={form}\\n@", name).split("\n@")[0].split("\n")
    return Package(name, *values, headers_only=headers_only)


def collect(binary):
    """The whole tree, for a program that runs on this machine."""
    files = {
        PROGRAM: File(stripped(binary), 0o755),
        "/etc/passwd": File(PASSWD.encode()),
        "/etc/group": File(GROUP.encode()),
        "/usr/lib/os-release": File(pathlib.Path("/usr/lib/os-release").read_bytes(), package="base-files"),
    }
    links = {"/etc/os-release": "../usr/lib/os-release"}
    libraries = linked_libraries(binary)
    if libraries and not any("/libssl.so" in path for path in libraries):
        raise BuildError(f"{binary} cannot serve by itself; give mountguard-server, which is built beside it")
    for path in libraries:
        # By the name that the loader looks for, in the folder where it is really; no chain of links.
        directory, name = os.path.split(path)
        place = os.path.join(os.path.realpath(directory), name)
        content = pathlib.Path(path).read_bytes()
        files[place] = File(content, 0o755, package_of(path))
    for link in ("/lib", "/lib64"):
        if os.path.islink(link) and any(path.startswith(f"/usr{link}/") for path in files):
            links[link] = f"usr{link}"

    names = {file.package for file in files.values() if file.package}
    packages = [describe(name) for name in names]
    packages += [describe(name, headers_only=True) for name in HEADER_PACKAGES]
    packages.sort(key=lambda package: package.name)
    for package in packages:
        copyright_page = f"/usr/share/doc/{package.name}/copyright"
        content = pathlib.Path(copyright_page).read_bytes()  # follows the link to another package's
        files[copyright_page] = File(content, package=package.name)
        if not package.headers_only:
            files[f"/var/lib/dpkg/status.d/{package.name}"] = File(package.status().encode())
    return Tree(files, links, packages)
