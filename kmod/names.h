/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names below the root, as the daemon has told them, so that none is asked for. They are the channel's, and go with
 * it: they change under its mutex, and under the lock of its instance too once that is served.
 */
#ifndef VEXFS_NAMES_H
#define VEXFS_NAMES_H

#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "uapi/vexfs.h"

struct inode;

struct vexfs_name {
	struct rb_node by_text;
	struct rb_node by_order;
	u64 order;			/* a listing's; a name keeps its own */
	struct vexfs_entry entry;
	unsigned int bytes;
	char text[];
};

struct vexfs_names {
	struct rb_root by_text;
	struct rb_root by_order;
	u64 next_order;
	unsigned int count;
	struct vexfs_entry root;
};

/* A name in no list yet; NULL where there is no memory. */
struct vexfs_name *vexfs_name_make(const char *text, const struct vexfs_entry *entry);
/* A name that is there means another entry from now on; false where it isn't there. */
bool vexfs_names_change(struct vexfs_names *names, const char *text, const struct vexfs_entry *entry);
/* Puts a name in that isn't there. */
void vexfs_names_add(struct vexfs_names *names, struct vexfs_name *made);
/* Takes a name out, for the caller to free; NULL where it isn't there. */
struct vexfs_name *vexfs_names_take(struct vexfs_names *names, const char *text);
void vexfs_names_free(struct vexfs_names *names);

/* What is told, with the instance's generation that it is of, and by which user. */
struct vexfs_told {
	struct vexfs_entry entry;
	u64 generation;
	kuid_t daemon;
	u64 order;
	unsigned int bytes;
	char text[VEXFS_NAME_BYTES_MAX + 1];
};

/*
 * Looks for a name below the root, or, without one, for the root, on behalf of an inode of the mount. Where no daemon
 * serves, it waits for one, as long as the mount says. 0, -ENOENT, -ENOTCONN, or -EINTR.
 */
int vexfs_told_find(struct inode *inode, const char *text, struct vexfs_told *told);
/* The first of those that have this order or come after it; the same. */
int vexfs_told_next(struct inode *inode, u64 order, struct vexfs_told *told);

#endif
