# SPDX-License-Identifier: Apache-2.0
"""From what `vexfsctl bench ann` and `bench-peers` print to figures that can be compared."""
import math

TARGETS = (0.95, 0.99)  # of recall@10


def frontier(points):
    """The points that no other beats in recall and QPS both, by rising recall."""
    best = []
    for point in sorted(points, key=lambda point: (-point["recall"], -point["qps"])):
        if not best or point["qps"] > best[-1]["qps"]:
            best.append(point)
    return best[::-1]


def qps_at_recall(points, target):
    """QPS where the curve of the points reaches a recall: log QPS is linear in recall between two points.

    None where no point reaches it. Where all are above it, that of the fastest: there is nothing faster to
    interpolate with.
    """
    curve = frontier(points)
    above = next((i for i, point in enumerate(curve) if point["recall"] >= target), None)
    if above is None:
        return None
    if above == 0:
        return curve[0]["qps"]
    low, high = curve[above - 1], curve[above]
    share = (target - low["recall"]) / (high["recall"] - low["recall"])
    return math.exp(math.log(low["qps"]) * (1 - share) + math.log(high["qps"]) * share)


def figures_of(run):
    """One run's figures by name; None for a recall that it didn't reach."""
    build = run["build"]
    return {**{f"qps@{target}": qps_at_recall(run["points"], target) for target in TARGETS},
            "inserted/s": build["vectors_per_second"],
            "indexed/s": build["indexed_vectors_per_second"],
            "bytes/vector": build["resident_bytes_per_vector"],
            "bytes of index": build["bytes_per_vector"]}


def best_figures(runs):
    """The best of each figure over several runs of the same: what else the machine did only slows down."""
    every = [figures_of(run) for run in runs]
    best = {}
    for name in every[0]:
        values = [figures[name] for figures in every if figures[name] is not None]
        least = name.startswith("bytes")
        best[name] = (min(values) if least else max(values)) if values else None
    return best


def best_points(runs):
    """The points of the run that reaches the hardest target fastest, to be drawn."""
    def speeds(run):
        return [qps_at_recall(run["points"], target) or 0 for target in reversed(TARGETS)]
    return max(runs, key=speeds)["points"]


def ratios(figures, reference):
    """Each figure over the reference's; None where one of them is missing."""
    return {name: value / reference[name] if value is not None and reference.get(name) else None
            for name, value in figures.items()}
