/* SPDX-License-Identifier: GPL-2.0-only */
/* Mounts and their inodes. */
#ifndef VEXFS_NODE_H
#define VEXFS_NODE_H

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "compat.h"
#include "instance.h"
#include "uapi/vexfs.h"

struct vexfs_call;
struct vexfs_collection;
struct vexfs_counters;

struct vexfs_mount {
	struct list_head link;	/* in the list of all mounts, mounts.h */
	struct rcu_head rcu;
	dev_t device;
	struct vexfs_instance *instance;
	unsigned int park_ms;	/* how long an operation waits for a daemon */
	unsigned int hang_ms;	/* how long for a daemon that shows no life; 0 for ever */
	struct vexfs_counters __percpu *counters;
	struct mutex collections_mutex;	/* guards the list, and the way of a collection's references to 0 */
	struct list_head collections;
};

struct vexfs_inode {
	struct inode vfs;
	/* As the daemon told; never changes. */
	u32 kind;
	u64 number;
	u64 point;
	struct vexfs_collection *collection;	/* NULL for none; with a reference */
	bool told;		/* its attributes come before they are asked for: the root, and directories of collections */
	/* Of the attributes; under the lock of the inode, but for a look. */
	unsigned long told_at;	/* jiffies; 0 for never */
	u64 generation;		/* of the instance, as long as which mode and owner hold; 0 for none */
};

static inline struct vexfs_mount *vexfs_mount_of(const struct super_block *sb)
{
	return sb->s_fs_info;
}

static inline struct vexfs_inode *vexfs_inode_of(const struct inode *inode)
{
	return container_of(inode, struct vexfs_inode, vfs);
}

#define VEXFS_ROOT_NUMBER 1

static inline bool vexfs_is_root(const struct inode *inode)
{
	return inode == d_inode(inode->i_sb->s_root);
}

/* Of the instance; 0 where no daemon serves. */
static inline u64 vexfs_generation_of(const struct super_block *sb)
{
	return READ_ONCE(vexfs_mount_of(sb)->instance->generation);
}

int vexfs_inodes_init(void);
void vexfs_inodes_exit(void);
struct inode *vexfs_inode_alloc(struct super_block *sb);
/* In two steps: what has to sleep, and what waits for those who look without a lock. */
void vexfs_inode_destroy(struct inode *inode);
void vexfs_inode_free(struct inode *inode);

/* The root, of which nothing is known but that it is a directory. NULL where there is no memory. */
struct inode *vexfs_root(struct super_block *sb);
/* What the root is before anything is told of it. */
extern const struct vexfs_entry vexfs_root_entry;
bool vexfs_entry_is_sound(const struct vexfs_entry *entry);
/*
 * The inode of an entry that the daemon told, with its attributes; or an error pointer. The generation is that of the
 * instance when the daemon was asked, or told it by itself; 0 where it changed the node meanwhile.
 */
struct inode *vexfs_inode_get(struct inode *directory, const struct qstr *name, const struct vexfs_entry *entry,
			      u64 generation);
/* Whether an entry means this inode. */
bool vexfs_inode_is(const struct inode *inode, const struct vexfs_entry *entry);
/* What is told of an inode that is there. -ESTALE where it is another now, -EIO where it makes no sense. */
int vexfs_inode_update(struct inode *inode, const struct vexfs_entry *entry, u64 generation);
/* Asks for the attributes, or looks for them among what is told. */
int vexfs_inode_refresh(struct inode *inode);

/* A call about an inode, on behalf of the current user; name may be NULL. Or an error pointer. */
struct vexfs_call *vexfs_node_call(u32 op, struct inode *inode, const char *name);
struct vexfs_call *vexfs_node_call_as(u32 op, struct inode *inode, const char *name, const struct cred *cred);
int vexfs_node_run(struct inode *inode, struct vexfs_call *call);

int vexfs_permission(struct mnt_idmap *idmap, struct inode *inode, int mask);
int vexfs_getattr(struct mnt_idmap *idmap, const struct path *path, struct kstat *stat, u32 request_mask,
		  unsigned int flags);
int vexfs_setattr(struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attributes);
ssize_t vexfs_listxattr(struct dentry *dentry, char *list, size_t size);

extern const struct inode_operations vexfs_directory_inode_operations;
extern const struct file_operations vexfs_directory_operations;
extern const struct file_operations vexfs_root_operations;
extern const struct dentry_operations vexfs_dentry_operations;
extern const struct inode_operations vexfs_file_inode_operations;
extern const struct file_operations vexfs_file_operations;
extern const struct address_space_operations vexfs_pages_operations;
extern VEXFS_XATTR_HANDLERS vexfs_xattr_handlers[];

#endif
