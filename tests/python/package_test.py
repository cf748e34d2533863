# SPDX-License-Identifier: Apache-2.0
"""The package as it is installed and described."""
import ast
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

SOURCE_DIR = Path(os.environ["VEXFS_SOURCE_DIR"])
PACKAGE = SOURCE_DIR / "python/vexfs"


class Package(unittest.TestCase):
    def test_it_has_the_version_of_the_daemon(self):
        version, = re.findall(r"project\(vexfs VERSION (\S+)", (SOURCE_DIR / "CMakeLists.txt").read_text())
        project = tomllib.loads((SOURCE_DIR / "python/pyproject.toml").read_text())["project"]
        self.assertEqual(project["version"], version)
        self.assertIn(f'__version__ = "{version}"', (PACKAGE / "__init__.py").read_text())

    def test_it_is_python_3_9_and_needs_numpy_alone(self):
        for path in PACKAGE.glob("*.py"):
            tree = ast.parse(path.read_text(), feature_version=(3, 9))
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    names = [node.module]
                else:
                    continue
                for name in names:
                    self.assertIn(name.split(".")[0], sys.stdlib_module_names | {"numpy"}, path)

    def test_all_that_is_public_is_described_and_typed(self):
        for path in PACKAGE.glob("*.py"):
            tree = ast.parse(path.read_text())
            self.assertTrue(ast.get_docstring(tree), path)
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                    untyped = [argument.arg for argument in arguments
                               if argument.annotation is None and argument.arg not in ("self", "cls")]
                    self.assertFalse(untyped or node.returns is None, f"{path}: {node.name} {untyped}")

    def test_it_is_installed_where_python_looks_for_it(self):
        with tempfile.TemporaryDirectory(prefix="vexfs-python-") as prefix:
            subprocess.run(["cmake", "--install", os.environ["VEXFS_BUILD_DIR"], "--component", "Unspecified",
                            "--prefix", prefix], check=True, stdout=subprocess.DEVNULL, timeout=600)
            packages = Path(prefix) / "lib/python3/dist-packages"
            self.assertEqual(sorted(path.name for path in (packages / "vexfs").iterdir()),
                             sorted(path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"))
            done = subprocess.run([sys.executable, "-B", "-c", "import vexfs; print(vexfs.__file__)"], text=True,
                                  env={"PYTHONPATH": str(packages)}, capture_output=True, check=True, timeout=600)
            self.assertTrue(done.stdout.startswith(prefix), done.stdout)


if __name__ == "__main__":
    unittest.main()
