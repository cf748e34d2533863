# SPDX-License-Identifier: Apache-2.0
"""Figures as SVG: recall against QPS, a curve per system, up and to the right is better; and how cost grows."""
import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  (after the back end is chosen)


def draw(path, title, points_by_system, recall_min=0.8):
    figure, axes = pyplot.subplots(figsize=(8, 5))
    for system, points in points_by_system.items():
        points = sorted(points, key=lambda point: point["recall"])
        axes.plot([point["recall"] for point in points], [point["qps"] for point in points], marker="o",
                  markersize=4, label=system)
    # Where all of a curve is below, the plot goes down to it.
    lowest = min(max(point["recall"] for point in points) for points in points_by_system.values())
    axes.set_xlim(min(recall_min, lowest - 0.05), 1.002)
    axes.set_yscale("log")
    axes.set_xlabel("recall@10")
    axes.set_ylabel("queries per second, one thread")
    axes.set_title(title)
    axes.grid(True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)


def draw_growth(path, title, shown, by_rows):
    """A panel for each figure of `shown`, {name: what it is}, over the number of vectors, a line per system."""
    figure, panels = pyplot.subplots(1, len(shown), figsize=(4.5 * len(shown), 4))
    systems = dict.fromkeys(system for runs in by_rows.values() for system in runs)
    for axes, (name, label) in zip(panels, shown.items()):
        for system in systems:
            points = [(rows, runs[system][name]) for rows, runs in by_rows.items()
                      if system in runs and runs[system][name] is not None]
            axes.plot(*zip(*points), marker="o", markersize=4, label=system)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("vectors")
        axes.set_title(label, fontsize=10)
        axes.grid(True, which="both", alpha=0.3)
        axes.legend()
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
