/* SPDX-License-Identifier: GPL-2.0-only */
/* An open file of /dev/vexfs, and what is on its way through it. All under the lock of its instance. */
#ifndef VEXFS_CHANNEL_H
#define VEXFS_CHANNEL_H

#include <linux/atomic.h>
#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#include "life.h"
#include "names.h"
#include "spin.h"

struct file;
struct vexfs_call;
struct vexfs_instance;
struct vexfs_validity;

struct vexfs_channel {
	struct mutex mutex;			/* one SERVE at a time, and one that tells names */
	struct vexfs_instance *instance;	/* NULL before SERVE; set once */
	bool leaving;
	kuid_t user;				/* who opened it */
	struct vexfs_names names;

	struct list_head pending;
	DECLARE_HASHTABLE(sent, 6);
	u64 last_id;
	wait_queue_head_t wait;			/* of the daemon's threads, for what is pending */
	u64 idle_since_ns;			/* the last of them came and found nothing; 0 where something came */
	struct vexfs_spin spin;			/* for what comes after that */
	bool spinning;				/* one thread does, and gets what comes */
	atomic_t waiting;			/* threads that are there, for what comes */
	struct vexfs_life life;			/* of all of them */
	unsigned long seen_at;			/* jiffies of the last sign of life */
	u64 *generations;			/* VEXFS_GENERATIONS_MAX, which the daemon changes as it likes */
};

int vexfs_device_init(void);
void vexfs_device_exit(void);

/* The channel of an open file, or NULL where that is another kind of file. */
struct vexfs_channel *vexfs_channel_of(struct file *file);
/* Whether a reply holds still, by what its daemon says now. */
bool vexfs_channel_holds(struct vexfs_instance *instance, const struct vexfs_validity *validity);
/*
 * For how many jiffies nothing was seen of the daemon that is to answer, 0 while it waits for requests, or leaves. Where
 * they reach the limit, it is looked whether it works.
 */
unsigned long vexfs_channel_silence(struct vexfs_channel *channel, unsigned long limit);
/* One more request for the daemon. */
void vexfs_channel_add(struct vexfs_channel *channel, struct vexfs_call *call);

#endif
