// SPDX-License-Identifier: GPL-2.0-only
#include "spin.h"

#include <linux/cpumask.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>

#define VEXFS_SPIN_NS_FIRST (10 * NSEC_PER_USEC)
/* About what a sleep and a wake-up take of a CPU that is idle. */
#define VEXFS_SPIN_NS_MAX (50 * NSEC_PER_USEC)

bool vexfs_spin_pays(const struct vexfs_spin *spin)
{
	return READ_ONCE(spin->limit_ns) && num_online_cpus() > 1;
}

bool vexfs_spin_goes_on(const struct vexfs_spin *spin, u64 begun_ns)
{
	return single_task_running() && !need_resched() && !signal_pending(current) &&
	       ktime_get_ns() - begun_ns < READ_ONCE(spin->limit_ns);
}

void vexfs_spin_learn(struct vexfs_spin *spin, u64 waited_ns)
{
	u32 limit_ns = READ_ONCE(spin->limit_ns);

	if (waited_ns <= limit_ns)
		return;
	if (waited_ns > VEXFS_SPIN_NS_MAX)
		limit_ns = 0;
	else
		limit_ns = clamp_t(u32, 2 * limit_ns, VEXFS_SPIN_NS_FIRST, VEXFS_SPIN_NS_MAX);
	WRITE_ONCE(spin->limit_ns, limit_ns);
}
