# SPDX-License-Identifier: Apache-2.0
"""Files of vectors: each format goes in and comes out unchanged."""
import json
import struct
import unittest

import numpy

from harness import Ctl, EndToEnd

ROWS, DIMENSION = 1_000, 16


def read_fvecs(path):
    rows = numpy.fromfile(path, "<i4").reshape(-1, DIMENSION + 1)
    assert (rows[:, 0] == DIMENSION).all()
    return rows[:, 1:].view("<f4")


def write_fvecs(path, vectors):
    counts = numpy.full((len(vectors), 1), vectors.shape[1], "<i4")
    numpy.hstack([counts, vectors.astype("<f4").view("<i4")]).tofile(path)


def read_fbin(path):
    data = path.read_bytes()
    return numpy.frombuffer(data[8:], "<f4").reshape(struct.unpack("<II", data[:8]))


def write_fbin(path, vectors):
    path.write_bytes(struct.pack("<II", *vectors.shape) + vectors.astype("<f4").tobytes())


def read_jsonl(path):
    return numpy.float32([json.loads(line)["vector"] for line in path.read_text().splitlines()])


def write_jsonl(path, vectors):
    path.write_text("".join(json.dumps({"vector": row.tolist()}) + "\n" for row in vectors))


READERS = {".npy": numpy.load, ".fvecs": read_fvecs, ".fbin": read_fbin, ".jsonl": read_jsonl}
WRITERS = {".npy": numpy.save, ".fvecs": write_fvecs, ".fbin": write_fbin, ".jsonl": write_jsonl}


class Formats(EndToEnd):
    def setUp(self):
        super().setUp()
        self.vexfsctl = self.ctl(self.start_daemon())
        random = numpy.random.default_rng(5)
        self.vectors = random.standard_normal((ROWS, DIMENSION), numpy.float32)
        self.ids = random.permutation(ROWS * 7)[:ROWS].astype(numpy.int64)
        self.metadata = [{"row": row, "name": f"Zeile {row} – ü"} for row in range(ROWS)]
        self.ids_file = self.directory / "ids.npy"
        numpy.save(self.ids_file, self.ids)
        self.metadata_file = self.directory / "metadata.jsonl"
        self.metadata_file.write_text("".join(json.dumps(row) + "\n" for row in self.metadata), encoding="utf-8")

    def created(self, name):
        self.vexfsctl("collection", "create", name, "--dimension", DIMENSION)
        return name

    def exported(self, collection, suffix, *options):
        path = self.directory / f"{collection}-out{suffix}"
        self.vexfsctl("export", collection, path, *options)
        return path

    def assert_exports(self, collection, vectors, ids):
        """The collection holds these vectors under these ids: rows come out in the order of import."""
        ids_file = self.directory / f"{collection}-ids.npy"
        found = numpy.load(self.exported(collection, ".npy", "--ids", ids_file))
        order, wanted = numpy.argsort(numpy.load(ids_file)), numpy.argsort(ids)
        numpy.testing.assert_array_equal(numpy.load(ids_file)[order], ids[wanted])
        numpy.testing.assert_array_equal(found[order], vectors[wanted])

    def test_every_format_is_imported_with_ids_of_a_file_and_exported_unchanged(self):
        for suffix, write in WRITERS.items():
            with self.subTest(suffix):
                path = self.directory / f"in{suffix}"
                write(path, self.vectors)
                collection = self.created("import" + suffix)
                self.vexfsctl("import", collection, path, "--ids", self.ids_file,
                              "--metadata", self.metadata_file)
                self.assert_exports(collection, self.vectors, self.ids)
                for other, read in READERS.items():
                    with self.subTest(f"{suffix} to {other}"):
                        out = read(self.exported(collection, other))
                        self.assertEqual(sorted(map(bytes, out)), sorted(map(bytes, self.vectors)))

    def test_numpy_files_of_all_floats_are_taken(self):
        for dtype in ("<f2", "<f4", "<f8"):
            with self.subTest(dtype):
                path = self.directory / "in.npy"
                numpy.save(path, self.vectors.astype(dtype))
                collection = self.created("dtype-" + dtype[1:])
                self.vexfsctl("import", collection, path, "--ids", self.ids_file)
                self.assert_exports(collection, self.vectors.astype(dtype).astype(numpy.float32), self.ids)

    def test_other_numpy_files_are_refused_with_how_to_convert_them(self):
        others = {"'>f4'": self.vectors.astype(">f4"), "'<c8'": self.vectors.astype("<c8"),
                  "Fortran order": numpy.asfortranarray(self.vectors)}
        collection, path = self.created("others"), self.directory / "in.npy"
        for what, array in others.items():
            with self.subTest(what):
                numpy.save(path, array)
                failure = self.vexfsctl.failure("import", collection, path)
                self.assert_failure(failure, 1, "unsupported", f"in.npy .*{what}", "in Python with")
        self.assertEqual(self.vexfsctl.json("collection", "info", collection)["points"], 0)

    def test_metadata_and_ids_come_out_beside_the_vectors(self):
        numpy.save(self.directory / "in.npy", self.vectors)
        self.created("all")
        self.vexfsctl("import", "all", self.directory / "in.npy", "--ids", self.ids_file,
                      "--metadata", self.metadata_file)
        out = self.exported("all", ".jsonl", "--metadata", self.directory / "out-metadata.jsonl",
                            "--ids", self.directory / "out-ids.npy")
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        by_id = dict(zip(self.ids.tolist(), self.metadata))
        self.assertEqual({row["id"]: row["metadata"] for row in rows}, by_id)
        ids = numpy.load(self.directory / "out-ids.npy")
        self.assertEqual(ids.tolist(), [row["id"] for row in rows])
        lines = (self.directory / "out-metadata.jsonl").read_text(encoding="utf-8").splitlines()
        self.assertEqual([json.loads(line) for line in lines], [by_id[row] for row in ids.tolist()])

    def test_json_lines_carry_ids_and_metadata_to_another_collection_and_to_a_directory(self):
        numpy.save(self.directory / "in.npy", self.vectors)
        self.created("first")
        self.vexfsctl("import", "first", self.directory / "in.npy", "--ids", self.ids_file,
                      "--metadata", self.metadata_file)
        out = self.exported("first", ".jsonl")
        self.vexfsctl("import", self.created("second"), out)
        self.assertEqual(self.exported("second", ".jsonl").read_text(), out.read_text())
        embedded = Ctl("--embedded", self.directory / "embedded")
        embedded("collection", "create", "third", "--dimension", DIMENSION)
        embedded("import", "third", out)
        embedded("export", "third", self.directory / "third.jsonl")
        self.assertEqual((self.directory / "third.jsonl").read_text(), out.read_text())

    def test_only_what_a_filter_matches_is_exported(self):
        numpy.save(self.directory / "in.npy", self.vectors)
        self.created("some")
        self.vexfsctl("import", "some", self.directory / "in.npy", "--metadata", self.metadata_file)
        out = self.exported("some", ".fbin", "--filter", '{"row":{"$lt":10}}')
        self.assertEqual(sorted(map(bytes, read_fbin(out))), sorted(map(bytes, self.vectors[:10])))

    def test_upsert_replaces_points_of_the_same_ids(self):
        numpy.save(self.directory / "in.npy", self.vectors)
        numpy.save(self.directory / "new.npy", self.vectors * 2)
        self.created("twice")
        self.vexfsctl("import", "twice", self.directory / "in.npy", "--ids", self.ids_file)
        taken = self.vexfsctl.failure("import", "twice", self.directory / "new.npy", "--ids", self.ids_file)
        self.assert_failure(taken, 6, "already_exists",
                            "collection twice has a point with id [0-9]+ already; 0 rows of")
        replaced = self.vexfsctl.json("import", "twice", self.directory / "new.npy", "--ids", self.ids_file,
                                      "--upsert")
        self.assertEqual(replaced["replaced"], ROWS)
        self.assert_exports("twice", self.vectors * 2, self.ids)


if __name__ == "__main__":
    unittest.main()
