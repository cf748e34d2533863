/* SPDX-License-Identifier: GPL-2.0-only */
/* Open files and directories. */
#ifndef VEXFS_FILE_H
#define VEXFS_FILE_H

#include <linux/fs.h>
#include <linux/mutex.h>

#include "uapi/vexfs.h"

struct vexfs_call;

struct vexfs_file {
	struct mutex mutex;	/* one opens it again */
	u32 flags;		/* VEXFS_OPENED_... */
	u64 handle;		/* of the daemon with the epoch */
	u64 epoch;
	bool written;		/* since the last flush */
	bool midway;		/* the daemon has bytes whose effect nobody has seen */
	struct vexfs_call *release;	/* made when it is opened, so that closing can't fail */
};

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
/* Runs a call with the file's handle, which is opened again where the daemon is a new one. */
int vexfs_file_run(struct file *file, struct vexfs_call *call);
/* Such a call, not yet run. Or an error pointer. */
struct vexfs_call *vexfs_file_call(u32 op, struct file *file);

#endif
