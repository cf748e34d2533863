/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the daemon's threads that come for requests are at work: who works gets time of a CPU, while who hangs or is
 * stopped gets none.
 */
#ifndef VEXFS_LIFE_H
#define VEXFS_LIFE_H

#include <linux/hashtable.h>
#include <linux/spinlock.h>

struct vexfs_life {
	spinlock_t lock;	/* guards what follows */
	DECLARE_HASHTABLE(threads, 5);
};

void vexfs_life_init(struct vexfs_life *life);
void vexfs_life_free(struct vexfs_life *life);
/* The current thread is one of them. -ENOMEM where that can't be kept. */
int vexfs_life_join(struct vexfs_life *life);
/* Whether one of them had time of a CPU since this was asked last, or since it joined. */
bool vexfs_life_works(struct vexfs_life *life);

#endif
