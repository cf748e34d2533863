/* SPDX-License-Identifier: GPL-2.0-only */
/* Open files and directories. */
#ifndef VEXFS_FILE_H
#define VEXFS_FILE_H

#include <linux/fs.h>
#include <linux/mutex.h>

#include "node.h"
#include "uapi/vexfs.h"

struct vexfs_file {
	struct mutex mutex;	/* one opens it again */
	u32 flags;		/* VEXFS_OPENED_... */
	u32 row_bytes;		/* of a vector that is written to it; 0 for none */
	u64 handle;		/* of the daemon with the epoch */
	u64 epoch;
	struct vexfs_backing *backing;	/* what is read without the daemon, or NULL; never changes */
	bool written;		/* since the last flush */
	bool midway;		/* the daemon has bytes whose effect nobody has seen */
	bool long_replies;	/* the last one to VEXFS_IOC_CALL was: it goes into pages of the program's next time */
	atomic_t active;	/* operations on what the daemon has of it, now */
	atomic_t begun;		/* and ever, which wraps around */
	struct vexfs_call *release;	/* made when it is opened, so that closing can't fail */
};

static inline bool vexfs_file_is(const struct file *file, u32 flag)
{
	return ((const struct vexfs_file *)file->private_data)->flags & flag;
}

static inline struct vexfs_instance *vexfs_file_instance(const struct file *file)
{
	return vexfs_mount_of(file_inode(file)->i_sb)->instance;
}

/* One that isn't open yet, or an error pointer. */
struct vexfs_file *vexfs_file_make(struct inode *inode);
/* It is open now, as the daemon said. -EIO where that makes no sense. */
int vexfs_file_begin(struct vexfs_file *own, const struct vexfs_opened *opened, u64 epoch);
/* The daemon closes what it has of it. */
void vexfs_file_free(struct inode *inode, struct vexfs_file *own);

/* What the kernel is to know of a file whose private_data is there. */
int vexfs_file_ready(struct inode *inode, struct file *file);

/* As operations of files and directories. */
int vexfs_file_open(struct inode *inode, struct file *file);
int vexfs_file_release(struct inode *inode, struct file *file);
long vexfs_file_ioctl(struct file *file, unsigned int command, unsigned long argument);
/* Room among max_concurrent_ops, as vexfs_room_take() has it; it is counted and told where there is none. */
int vexfs_file_take_room(struct file *file, bool wait);
/* Runs a call with the file's handle, which is opened again where the daemon is a new one. */
int vexfs_file_run(struct file *file, struct vexfs_call *call);
/* Such a call, not yet run. Or an error pointer. */
struct vexfs_call *vexfs_file_call(u32 op, struct file *file);

#endif
