# SPDX-License-Identifier: Apache-2.0
"""vexfs.5 against the sources, and against a data directory that the program made."""
import json
import re
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

from constants import constant, layout
from pages import page
from programs import TIMEOUT_S, VEXFSCTL

STRUCTS = {
    ("LOG", "SegmentHeader"): "engine/storage/format.h",
    ("LOG", "SchemaCopy"): "engine/storage/format.h",
    ("LOG", "SyncMark"): "engine/storage/format.h",
    ("LOG", "RecordHeader"): "engine/storage/format.h",
    ("PART", "FileHeader"): "engine/graph/part_file.h",
    ("LSH", "FileHeader"): "engine/lsh/part_file.h",
    ("GRAPH", "FileHeader"): "engine/index/hnsw_file.h",
    ("GRAPH", "FileNode"): "engine/index/hnsw_file.h",
}
ROWS = 1500  # enough that the graph is written down


def described(section, name):
    rows = page("vexfs.5").section(section).subsection(name).rows()
    return [(int(offset), int(size), field) for offset, size, field, _ in rows]


def read_fields(data, start, section, name):
    """Fields of a record at `start` as the page lays them out: whole numbers, but bytes where there are more than 8."""
    fields = {}
    for offset, size, field in described(section, name):
        raw = data[start + offset:start + offset + size]
        fields[field] = int.from_bytes(raw, "little") if size <= 8 and field != "magic" else raw
    return fields


class Layouts(unittest.TestCase):
    def test_headers_are_laid_out_as_in_the_sources(self):
        for (section, name), path in STRUCTS.items():
            with self.subTest(name):
                self.assertEqual(described(section, name), layout(path, name))

    def test_versions(self):
        self.assertIn("version 1 of the format", "\n".join(page("vexfs.5")))
        self.assertEqual(constant("engine/storage/format.h", "version"), 1)
        self.assertEqual(constant("engine/index/hnsw_file.h", "file_version"), 1)
        self.assertEqual(constant("engine/graph/part_file.h", "file_version"), 5)
        self.assertEqual(constant("engine/lsh/part_file.h", "file_version"), 2)


class DataDirectory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="vexfs-man-"))) / "data"
        lines = "".join(json.dumps({"vector": [i, 1], "id": i, "metadata": {"n": i}}) + "\n" for i in range(ROWS))
        for name, metric, algorithm in (("docs", "euclidean", "hnsw"), ("blocks", "manhattan", "hnsw"),
                                        ("tables", "cosine", "lsh")):
            cls.run_ctl("collection", "create", name, "--dimension", "2", "--metric", metric,
                        "--algorithm", algorithm)
            cls.run_ctl("vector", "insert", name, "--jsonl", stdin=lines)
            cls.run_ctl("collection", "optimize", name)
        cls.run_ctl("vector", "delete", "docs", "7")
        cls.run_ctl("collection", "snapshot", "create", "docs", "monday")
        cls.run_ctl("vector", "delete", "docs", "8")
        cls.backup = cls.directory.parent / "backup"
        cls.run_ctl("collection", "backup", "docs", cls.backup)
        cls.collection = cls.directory / "collections/docs"

    @classmethod
    def run_ctl(cls, *arguments, stdin=""):
        subprocess.run([VEXFSCTL, "--embedded", cls.directory, *arguments], input=stdin, text=True, check=True,
                       stdout=subprocess.DEVNULL, timeout=TIMEOUT_S)

    def bytes_of(self, pattern):
        return min(self.collection.glob(pattern)).read_bytes()

    def test_every_file_is_described(self):
        items = [re.sub(r"\b(?:Pa|Ar|Ns)\b|[ /]", "", item) for item in page("vexfs.5").items("Pa")]
        files = [path.relative_to(self.directory) for path in self.directory.rglob("*") if path.is_file()]
        self.assertGreaterEqual(len(files), 4)
        for path in files:
            # A snapshot's files are those of a collection, and one more.
            name = re.sub("snapshots/docs/monday/(?!SNAPSHOT)", "collections/NAME/", str(path))
            name = re.sub("docs|blocks|tables", "NAME", name.replace("monday", "SNAPSHOT"))
            name = re.sub(r"\d{8}", "NNNNNNNN", name)
            self.assertIn(name.replace("/", ""), items)

    def test_a_manifest_is_two_lines(self):
        head, body = self.bytes_of("MANIFEST").decode().splitlines()
        self.assertRegex(head, r"^vexfs-manifest 1 [0-9a-f]{16}$")
        self.assertEqual(set(json.loads(body)), set(page("vexfs.5").section("MANIFEST").items("Va")))

    def assert_described(self, path, heading, section):
        head, body = path.read_text().splitlines()
        self.assertRegex(head, rf"^{heading} 1 [0-9a-f]{{16}}$")
        self.assertEqual(set(json.loads(body)), set(page("vexfs.5").section(section).items("Va")))

    def test_snapshots_and_backups_tell_what_is_described(self):
        self.assert_described(self.directory / "snapshots/docs/monday/SNAPSHOT", "vexfs-snapshot", "SNAPSHOT")
        self.assert_described(self.backup / "MANIFEST", "vexfs-backup", "BACKUP")
        names = {re.sub(r"^\d{8}\.[0-9a-f]{16}", "N", path.name) for path in self.backup.iterdir()}
        self.assertEqual(names, {"MANIFEST", "N.log", "N.hnsw"})

    def test_a_log_reads_as_it_is_described(self):
        log = self.bytes_of("*.log")
        segment = read_fields(log, 0, "LOG", "SegmentHeader")
        self.assertEqual((segment["magic"], segment["version"], segment["dimension"], segment["number"]),
                         (b"VEXFSLOG", 1, 2, 1))
        copy = read_fields(log, 64, "LOG", "SchemaCopy")
        self.assertEqual(json.loads(log[80:80 + copy["bytes"]])["dimension"], 2)
        for mark in range(3072, 4096, 512):
            self.assertIn(read_fields(log, mark, "LOG", "SyncMark")["magic"], (b"VEXFSYNC", bytes(8)))
        kinds, sequence, offset, counts = [], segment["first_sequence"], 4096, 0
        while offset < len(log):
            record = read_fields(log, offset, "LOG", "RecordHeader")
            self.assertEqual((record["magic"], record["sequence"]), (b"VXR1", sequence))
            kinds.append(record["kind"])
            counts += record["count"]
            offset, sequence = offset + 128 + record["body_bytes"], sequence + 1
        self.assertEqual(offset, len(log))
        self.assertEqual((sorted(set(kinds)), counts), ([1, 2], ROWS + 1))

    def test_the_body_of_an_insert_reads_as_it_is_described(self):
        log = self.bytes_of("*.log")
        count = read_fields(log, 4096, "LOG", "RecordHeader")["count"]
        padded = lambda size: (size + 63) // 64 * 64
        ids = 4096 + 128
        vectors = ids + padded(8 * count)
        entries = vectors + padded(4 * 2 * count)
        self.assertEqual(struct.unpack_from("<3Q", log, ids), (0, 1, 2))
        self.assertEqual(struct.unpack_from("<4f", log, vectors), (0, 1, 1, 1))
        (length,) = struct.unpack_from("<I", log, entries)
        self.assertEqual(json.loads(log[entries + 4:entries + 4 + length]), {"n": 0})

    def test_a_part_reads_as_it_is_described(self):
        part = self.bytes_of("*.hnsw")
        header = read_fields(part, 0, "PART", "FileHeader")
        self.assertEqual((header["magic"], header["version"], header["dimension"], header["metric"]),
                         (b"VEXFSPRT", 5, 2, 1))
        self.assertEqual(header["kept"], header["coded_dimension"])
        self.assertEqual((header["nodes"], header["first_row"], header["end_row"]), (ROWS, 0, ROWS))
        places = 128 + 2 * 4  # behind the mean
        rows = struct.unpack_from(f"<{ROWS}I", part, places)
        self.assertEqual(sorted(rows), list(range(ROWS)))
        groups, degree = header["coded_dimension"] // 4, header["degree"]
        neighbours = degree // 32 * (header["bits"] * groups * 16 + 128)
        node_bytes = (neighbours + 4 * degree + 8 + 4 * groups + 63) // 64 * 64
        measured = places + 4 * (ROWS + header["loose"])
        for point in range(header["calibration_points"]):
            self.assertIn(read_fields(part, measured + 32 * point, "PART", "CalibrationPoint")["path"], (0, 1, 2))
        nodes = measured + 32 * header["calibration_points"]
        sketches = nodes + ROWS * node_bytes
        lists, blocks = header["lists"], header["list_blocks"]
        sketches_bytes = (4 * lists * 4 * groups + 4 * (lists + 1) + blocks * (4 * 32 + 16 * groups + 128)) if lists else 0
        self.assertEqual(sketches + sketches_bytes + 8, len(part))
        of_first = struct.unpack_from(f"<{degree}I", part, nodes + neighbours)
        self.assertTrue(all(node < ROWS or node == 0xffffffff for node in of_first))
        self.assertLess(min(of_first), ROWS)

    def test_an_lsh_part_reads_as_it_is_described(self):
        part = next((self.directory / "collections/tables").glob("*.hnsw")).read_bytes()
        header = read_fields(part, 0, "LSH", "FileHeader")
        self.assertEqual((header["magic"], header["version"], header["dimension"], header["metric"]),
                         (b"VEXFSLSH", 2, 2, 0))
        self.assertEqual((header["nodes"], header["first_row"], header["end_row"]), (ROWS, 0, ROWS))
        self.assertEqual((header["num_tables"], header["num_functions"], header["bucket_size"]), (10, 20, 200))
        at = 128 + 2 * 4
        self.assertEqual(sorted(struct.unpack_from(f"<{ROWS}I", part, at)), list(range(ROWS)))
        at += 4 * ROWS + 32 * header["calibration_points"]
        coded, lists, blocks = header["coded_dimension"], header["lists"], header["list_blocks"]
        at += 4 * lists * coded + 4 * (lists + 1) + blocks * (4 * 32 + 4 * coded + 128)
        if header["tables"]:
            at += header["tables"] * header["levels"] * (coded + 12) + 4 * header["tables"] + 12 * header["branches"]
            at += 4 * header["tables"] * ROWS + ROWS * (8 * ((coded + 63) // 64) + 4)
        self.assertEqual(at + 8, len(part))

    def test_a_graph_reads_as_it_is_described(self):
        graph = next((self.directory / "collections/blocks").glob("*.hnsw")).read_bytes()
        header = read_fields(graph, 0, "GRAPH", "FileHeader")
        self.assertEqual((header["magic"], header["version"], header["dimension"], header["metric"]),
                         (b"VXFSHNSW", 1, 2, 3))
        self.assertEqual((header["nodes"], header["row_end"]), (ROWS, ROWS))
        node = read_fields(graph, 64, "GRAPH", "FileNode")
        self.assertEqual((node["row"], node["next_twin"]), (0, 0xffffffff))
        self.assertEqual(struct.unpack_from("<2f", graph, 64 + 12), (0, 1))


if __name__ == "__main__":
    unittest.main()
