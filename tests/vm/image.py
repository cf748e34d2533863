# SPDX-License-Identifier: Apache-2.0
"""Makes the initramfs that a virtual machine boots: programs of this machine with their libraries, what was built,
and the tests. Everything lies where it lies here, but the sources below /vexfs.
"""
import lzma
import os
import re
import stat
import subprocess
import tempfile
from pathlib import Path

PROGRAMS = ["/bin/busybox", *(f"/usr/bin/{name}" for name in (
    "bash", "cat", "cp", "grep", "ls", "mkdir", "mount", "mv", "python3", "rm", "rmdir", "true", "umount"))]
PACKAGES = Path("/usr/lib/python3/dist-packages")
TREES = ["/usr/lib/python3.11", PACKAGES / "numpy"]
# More trees and files for a suite: what the programs of the reference import.
MORE = {"programs": ([*(PACKAGES / name for name in (
    "PIL", "dateutil", "kiwisolver", "matplotlib", "mpl_toolkits", "packaging", "psutil", "pyparsing")),
    "/usr/share/matplotlib"], [PACKAGES / "cycler.py", PACKAGES / "six.py", "/etc/matplotlibrc"])}
LEFT_OUT = re.compile(r"/(test|tests|idlelib|lib2to3|ensurepip|distutils|f2py|config-3[^/]*|pydoc_data|include)$")
SOURCES = ["man", "python", "tests/e2e", "tests/man", "tests/mount", "tests/python", "tests/vm"]
LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}
DIRECTORIES = ["dev", "etc", "mnt", "mnt/vexfs", "proc", "root", "run", "sys", "tmp", "usr", "usr/bin", "usr/lib",
               "usr/lib64", "usr/sbin", "var", "var/lib"]
ETC = {"etc/passwd": "root:x:0:0::/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n",
       "etc/group": "root:x:0:\nnogroup:x:65534:\n", "etc/hosts": "127.0.0.1 localhost\n"}


class Archive:
    """A cpio archive in the format newc, as the kernel unpacks it."""

    def __init__(self, file):
        self.file = file
        self.names = set()

    def add(self, name, mode, data=b"", device=(0, 0)):
        name = name.strip("/")
        if name in self.names:
            return
        self.names.add(name)
        fields = [len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name.encode()) + 1, 0]
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        self.file.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))

    def close(self):
        self.add("TRAILER!!!", 0)


class Image:
    def __init__(self, path):
        self.output = open(path, "wb")
        self.archive = Archive(self.output)
        for name in DIRECTORIES:
            self.archive.add(name, stat.S_IFDIR | 0o755)
        for name, target in LINKS.items():
            self.archive.add(name, stat.S_IFLNK | 0o777, target.encode())
        self.archive.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
        for name, text in ETC.items():
            self.add_text(name, text)

    def add_text(self, name, text, mode=0o644):
        self.add_parents(name)
        self.archive.add(name, stat.S_IFREG | mode, text.encode())

    def add_parents(self, name):
        for parent in reversed(Path(name.strip("/")).parents):
            if str(parent) not in (".", *LINKS):
                self.archive.add(str(parent), stat.S_IFDIR | 0o755)

    def add_file(self, path, name=None, data=None):
        """A file as it is here, or a link and what it leads to."""
        name = merged(name or str(path))
        self.add_parents(name)
        if path.is_symlink():
            self.archive.add(name, stat.S_IFLNK | 0o777, os.readlink(path).encode())
            target = path.parent / os.readlink(path)
            return self.add_file(Path(os.path.normpath(target)))
        self.archive.add(name, stat.S_IFREG | stat.S_IMODE(path.stat().st_mode), data or path.read_bytes())

    def add_tree(self, top, name=None, keep=lambda path: True):
        for directory, directories, files in os.walk(top):
            directories[:] = [entry for entry in directories if not LEFT_OUT.search(f"{directory}/{entry}")]
            for file in files:
                path = Path(directory) / file
                if keep(path):
                    self.add_file(path, name and f"{name}/{path.relative_to(top)}")

    def add_program(self, path, name=None):
        self.add_file(Path(path), name)
        self.add_libraries([path])

    def add_libraries(self, paths):
        for library in libraries_of(paths):
            self.add_file(Path(library))

    def close(self):
        self.archive.close()
        self.output.close()


def merged(name):
    """Below /usr, where Debian has it in both places."""
    return f"/usr{name}" if re.match(r"/(bin|sbin|lib|lib64)/", name) else name


def libraries_of(paths):
    """What the dynamic linker would load for programs and libraries, itself among it."""
    done = subprocess.run(["ldd", *map(str, paths)], capture_output=True, text=True, check=False)
    return sorted(set(re.findall(r"(/\S+\.so\S*) \(0x", done.stdout)))


def stripped(path):
    with tempfile.NamedTemporaryFile() as copy:
        subprocess.run(["strip", "--strip-debug", "-o", copy.name, path], check=True)
        return Path(copy.name).read_bytes()


def needed_by(module, kernel):
    """The kernel's own modules that it depends on, and that of FUSE, as (name, content)."""
    depends = re.search(rb"\0depends=([^\0]*)\0", b"\0" + module.read_bytes())[1].decode()
    for name in ["fuse", *filter(None, depends.split(","))]:
        for path in (kernel / "lib/modules").rglob(f"{name.replace('_', '[_-]')}.ko*"):  # what is built in has none
            content = path.read_bytes()
            yield f"{name}.ko", lzma.decompress(content) if path.suffix == ".xz" else content


def make(output, module, kernel, build, source, suite):
    image = Image(output)
    more = [MORE[part] for part in suite.split("+") if part in MORE]
    for program in PROGRAMS:
        image.add_program(program)
    for name in ("vexfsd", "vexfsctl"):
        path = build / name / name
        image.add_file(path, f"/usr/bin/{name}", stripped(path))
        image.add_libraries([path])
    for name in ("echo-module", "fuzz-module", "side-by-side"):
        image.add_program(build / "tests/vm" / name, f"/usr/bin/{name}")
    for file in (file for _, files in more for file in files):
        image.add_file(Path(file))
    for tree in TREES + [tree for trees, _ in more for tree in trees]:
        image.add_tree(tree)
        image.add_libraries(list(Path(tree).rglob("*.so")))
    for directory in SOURCES:
        image.add_tree(source / directory, f"/vexfs/{directory}", lambda path: "__pycache__" not in path.parts)
    image.add_file(module, "/modules/vexfs_v2.ko", stripped(module))
    for name, content in needed_by(module, kernel):
        image.archive.add(f"modules/{name}", stat.S_IFREG | 0o644, content)
    image.add_text("/init", (source / "tests/vm/init.sh").read_text(), 0o755)
    image.close()
