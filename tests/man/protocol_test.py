# SPDX-License-Identifier: Apache-2.0
"""Error codes and limits of vexfs-protocol.7 against the sources."""
import re
import unittest

from constants import constant
from pages import page, source

LIMITS = {
    "bytes of a header, and of a line": ("vexfsd/requests/message.h", "header_bytes_max"),
    "bytes of a body": ("vexfsd/requests/message.h", "body_bytes_max"),
    "arrays in a message": ("vexfsd/requests/message.cpp", "arrays_max"),
    "axes of an array": ("vexfsd/requests/message.cpp", "array_rank_max"),
    "levels of JSON": ("vexfsd/requests/json.h", "json_depth_max"),
    "values of a vector": ("engine/collection/schema.h", "dimension_max"),
    "bytes of a collection's name": ("engine/collection/schema.h", "collection_name_bytes_max"),
    "bytes of one point's metadata": ("engine/collection/schema.h", "metadata_bytes_max"),
    "levels of one point's metadata": ("vexfsd/requests/json.h", "metadata_depth_max"),
    "rows of one insert": ("engine/collection/collection.h", "insert_rows_max"),
    "bytes of one insert, vectors and metadata": ("engine/collection/collection.h", "insert_bytes_max"),
    "ids of one get": ("vexfsd/requests/operations.h", "get_ids_max"),
    "ids of one delete": ("engine/collection/collection_write.cpp", "erase_ids_max"),
    "hits of one search, each query": ("engine/collection/collection.h", "search_limit_max"),
    "hits of one search, all queries": ("vexfsd/requests/operations.h", "reply_hits_max"),
    "components of vectors in a reply, as JSON": ("vexfsd/requests/operations.h", "reply_json_values_max"),
    "components of vectors in a reply, as an array of the body":
        ("vexfsd/requests/operations.h", "reply_values_max"),
    "bytes of one snapshot.read": ("vexfsd/requests/operations.h", "snapshot_read_bytes_max"),
    "restores from files under way at once": ("engine/collection/uploads.h", "uploads_max"),
    "bytes of metadata in a reply, about": ("vexfsd/requests/operations.h", "reply_metadata_bytes_max"),
}


class Protocol(unittest.TestCase):
    def test_every_error_code_is_described_with_its_errno(self):
        rows = page("vexfs-protocol.7").section("ERRORS AND THEIR CODES").rows()
        known = re.findall(r"VEXFS_ROW\((\w+), (E\w+)\)", source("engine/base/result.cpp"))
        self.assertEqual([(code, errno) for code, errno, _ in rows], known)

    def test_limits_are_those_of_the_sources(self):
        rows = page("vexfs-protocol.7").section("LIMITS").rows()
        self.assertEqual({what: int(most) for what, most in rows},
                         {what: constant(*where) for what, where in LIMITS.items()})

    def test_the_prefix_of_a_frame_ends_where_the_header_begins(self):
        rows = page("vexfs-protocol.7").section("DESCRIPTION").subsection("Frames").rows()
        header = next(row for row in rows if row[2].startswith("the header"))
        self.assertEqual(int(header[0]), constant("vexfsd/requests/message.h", "frame_prefix_bytes"))


if __name__ == "__main__":
    unittest.main()
