/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting without sleep, where what is waited for has lately come sooner than a sleep pays. For how long is learnt as
 * KVM learns for how long to poll before a CPU halts: from nothing on, longer where a wait was short and yet ended in
 * a sleep, and not at all after a long one. Nobody spins on a CPU that others want, nor where there is but one.
 */
#ifndef VEXFS_SPIN_H
#define VEXFS_SPIN_H

#include <linux/compiler.h>
#include <linux/ktime.h>
#include <linux/processor.h>
#include <linux/types.h>

struct vexfs_spin {
	u32 limit_ns;	/* 0 where it doesn't pay; read and written without a lock */
};

/* Whether it is worth to begin. */
bool vexfs_spin_pays(const struct vexfs_spin *spin);
/* Whether it is to go on. */
bool vexfs_spin_goes_on(const struct vexfs_spin *spin, u64 begun_ns);
/* That a wait took so long, with or without sleep. */
void vexfs_spin_learn(struct vexfs_spin *spin, u64 waited_ns);

/* Until a condition holds, which is looked at without a lock, or the spin ends. */
#define vexfs_spin_until(spin, begun_ns, condition)				\
do {										\
	while (!(condition) && vexfs_spin_goes_on(spin, begun_ns))		\
		cpu_relax();							\
} while (0)

#endif
