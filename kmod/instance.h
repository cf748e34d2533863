/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instance of the daemon, by its name: mounts and the daemon meet here, and come and go in any order. It exists
 * as long as either holds it.
 */
#ifndef VEXFS_INSTANCE_H
#define VEXFS_INSTANCE_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "spin.h"
#include "uapi/vexfs.h"

struct vexfs_channel;

struct vexfs_instance {
	struct list_head link;
	refcount_t references;
	struct rcu_head rcu;		/* who walks a path without a lock looks at the generation */
	u64 id;				/* that no other instance ever has */
	char name[VEXFS_NAME_BYTES_MAX + 1];

	spinlock_t lock;		/* guards what follows, the channel's lists, and the state of calls */
	struct vexfs_channel *channel;	/* of the daemon that serves now, or NULL */
	bool served;			/* a daemon has the channel open, though it may be leaving */
	u32 call_bytes_max;		/* as the last daemon said */
	u64 epoch;			/* counts the daemons; 0 before the first */
	u64 changes;			/* counts those of daemons, and of the names that they tell */
	u64 generation;			/* the last of them, 0 while no daemon serves; read without the lock too */

	wait_queue_head_t changed;	/* a daemon came or went */
	atomic_t in_work;		/* requests that max_concurrent_ops counts */
	wait_queue_head_t room;		/* for one more of them */
	struct vexfs_spin spins[VEXFS_OP_STATFS + 1];	/* for the replies, by enum vexfs_op */
	unsigned long overload_told_at;	/* jiffies of the last event; 0 for never */
};

/* What is shown of an instance. */
struct vexfs_instance_state {
	bool served;
	u64 epoch;
	u32 in_work;
};

/* One more reference to the instance of that name, which is made where there is none; or an error pointer. */
struct vexfs_instance *vexfs_instance_get(const char *name);
void vexfs_instance_put(struct vexfs_instance *instance);
/* A daemon, or what it tells, is another from now on. Under the lock. */
void vexfs_instance_changes(struct vexfs_instance *instance);
/* Waits killably for a daemon that serves, of the jiffies that are left: 0, -EINTR, or -ENOTCONN. */
int vexfs_instance_wait(struct vexfs_instance *instance, unsigned long *left);
struct vexfs_instance_state vexfs_instance_state(struct vexfs_instance *instance);

/* Calls it for each instance until it returns other than 0, and returns that. It may not get or put one. */
int vexfs_instances_each(int (*tell)(struct vexfs_instance *instance, void *data), void *data);

/*
 * Room for one more request in work, of max_concurrent_ops. Waits for it killably, or fails with -EAGAIN. It is given
 * back by vexfs_room_give().
 */
int vexfs_room_take(struct vexfs_instance *instance, bool wait);
void vexfs_room_give(struct vexfs_instance *instance);

#endif
