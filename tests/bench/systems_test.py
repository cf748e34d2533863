# SPDX-License-Identifier: Apache-2.0
"""How processes are run and their memory is watched."""
import os
import sys
import unittest
from unittest import mock

import systems

MIB = 2**20

# Takes 160 MiB for a while, then 64, and answers.
HOLDS_MEMORY = f"""
import time
most = b"x" * (160 * {MIB})
time.sleep(1)
del most
held = b"x" * (64 * {MIB})
time.sleep(2)
print("the answer")
"""


class Watching(unittest.TestCase):
    def test_memory_is_seen_at_its_peak_and_between_two_times(self):
        watched = systems.Watched([sys.executable, "-c", HOLDS_MEMORY])
        self.assertEqual(watched.output, "the answer\n")
        self.assertGreaterEqual(watched.peak(), 160 * MIB)
        held = watched.resident_during(watched.answered - 1, watched.answered)
        self.assertGreaterEqual(held, 64 * MIB)
        self.assertLess(held, 150 * MIB)

    def test_a_program_that_fails_ends_the_measurement(self):
        with self.assertRaisesRegex(SystemExit, "ended with status 3"):
            systems.Watched([sys.executable, "-c", "raise SystemExit(3)"])

    def test_programs_choose_the_kernels_of_a_blas_by_themselves(self):
        given = {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_L2_SIZE": "1", "KEPT": "yes"}
        with mock.patch.dict(os.environ, given):
            watched = systems.Watched([sys.executable, "-c", "import os; print(*sorted(os.environ))"])
        self.assertIn("KEPT", watched.output.split())
        self.assertNotIn("OPENBLAS", watched.output)


if __name__ == "__main__":
    unittest.main()
