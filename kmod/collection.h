/* SPDX-License-Identifier: GPL-2.0-only */
/* A collection, as a mount knows it: a name and what is counted. It is there as long as an inode of it is. */
#ifndef VEXFS_COLLECTION_H
#define VEXFS_COLLECTION_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct vexfs_counters;
struct vexfs_mount;

struct vexfs_collection {
	struct list_head link;	/* in the mount's list */
	struct vexfs_mount *mount;
	refcount_t references;
	struct vexfs_counters __percpu *counters;
	char name[];
};

/* One more reference to the collection of that name, which is made where there is none; or an error pointer. */
struct vexfs_collection *vexfs_collection_get(struct vexfs_mount *mount, const char *name, size_t bytes);
void vexfs_collection_put(struct vexfs_collection *collection);

#endif
