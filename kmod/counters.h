/* SPDX-License-Identifier: GPL-2.0-only */
/* What is counted of a mount and of a collection, on each CPU by itself. */
#ifndef VEXFS_COUNTERS_H
#define VEXFS_COUNTERS_H

#include <linux/ktime.h>
#include <linux/percpu.h>

#include "uapi/vexfs.h"

struct vexfs_inode;

struct vexfs_counters {
	u64 counts[VEXFS_COUNTER_LATENCY];	/* by enum vexfs_counter */
	u64 latencies[VEXFS_LATENCIES];
};

/* For the mount of an inode, and for its collection. */
void vexfs_count(const struct vexfs_inode *node, enum vexfs_counter counter, u64 more);
void vexfs_count_latency(const struct vexfs_inode *node, ktime_t since);

/* Adds up what one CPU has counted, and all CPUs. */
void vexfs_counters_add(struct vexfs_counters *sum, const struct vexfs_counters __percpu *counters, int cpu);
void vexfs_counters_sum(struct vexfs_counters *sum, const struct vexfs_counters __percpu *counters);

#endif
