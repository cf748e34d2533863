// SPDX-License-Identifier: GPL-2.0-only
#include "counters.h"

#include <linux/bitops.h>
#include <linux/cpumask.h>

#include "collection.h"
#include "node.h"

void vexfs_count(const struct vexfs_inode *node, enum vexfs_counter counter, u64 more)
{
	this_cpu_add(vexfs_mount_of(node->vfs.i_sb)->counters->counts[counter], more);
	if (node->collection)
		this_cpu_add(node->collection->counters->counts[counter], more);
}

void vexfs_count_latency(const struct vexfs_inode *node, ktime_t since)
{
	s64 us = ktime_us_delta(ktime_get(), since);
	unsigned int bucket = min_t(unsigned int, fls64(max_t(s64, us, 0)), VEXFS_LATENCIES - 1);

	this_cpu_inc(vexfs_mount_of(node->vfs.i_sb)->counters->latencies[bucket]);
	if (node->collection)
		this_cpu_inc(node->collection->counters->latencies[bucket]);
}

void vexfs_counters_add(struct vexfs_counters *sum, const struct vexfs_counters __percpu *counters, int cpu)
{
	const struct vexfs_counters *one = per_cpu_ptr(counters, cpu);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sum->counts); i++)
		sum->counts[i] += READ_ONCE(one->counts[i]);
	for (i = 0; i < ARRAY_SIZE(sum->latencies); i++)
		sum->latencies[i] += READ_ONCE(one->latencies[i]);
}

void vexfs_counters_sum(struct vexfs_counters *sum, const struct vexfs_counters __percpu *counters)
{
	int cpu;

	for_each_possible_cpu(cpu)
		vexfs_counters_add(sum, counters, cpu);
}
