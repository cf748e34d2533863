// SPDX-License-Identifier: GPL-2.0-only
/* Open files, as the daemon has them. */
#include <linux/err.h>
#include <linux/slab.h>

#include "call.h"
#include "file.h"
#include "node.h"

#define VEXFS_OPENED_FLAGS \
	(VEXFS_OPENED_STREAM | VEXFS_OPENED_CALL | VEXFS_OPENED_UNCHANGING | VEXFS_OPENED_BACKED)

/* How it is opened; what is to be created or emptied is so by operations of their own. */
static u32 vexfs_open_flags(const struct file *file)
{
	return file->f_flags & O_ACCMODE;
}

static int vexfs_opened_check(const struct vexfs_opened *opened)
{
	if (!opened->handle || opened->flags & ~VEXFS_OPENED_FLAGS || opened->row_bytes > VEXFS_TRANSFER_BYTES_MAX ||
	    (opened->row_bytes && !(opened->flags & VEXFS_OPENED_STREAM)) ||
	    (opened->flags & VEXFS_OPENED_BACKED && !(opened->flags & VEXFS_OPENED_UNCHANGING)))
		return -EIO;
	return 0;
}

static struct vexfs_call *vexfs_open_call(struct inode *inode, struct file *file)
{
	struct vexfs_call *call = vexfs_node_call_as(VEXFS_OP_OPEN, inode, NULL, file->f_cred);

	if (!IS_ERR(call)) {
		call->header.flags = vexfs_open_flags(file);
		call->repeatable = true;
	}
	return call;
}

/* What backs it is the caller's then, where it asks for that. */
static int vexfs_handle_open(struct inode *inode, struct file *file, struct vexfs_opened *opened, u64 *epoch,
			     struct vexfs_backing **backing)
{
	struct vexfs_call *call = vexfs_open_call(inode, file);
	int error;

	if (IS_ERR(call))
		return PTR_ERR(call);
	error = vexfs_node_run(inode, call);
	if (!error)
		error = vexfs_opened_check(&call->opened);
	if (!error && call->backing && vexfs_backing_bytes(call->backing) != i_size_read(inode))
		error = -EIO;
	if (!error && backing) {
		*backing = call->backing;
		call->backing = NULL;
	}
	*opened = call->opened;
	*epoch = call->sent_epoch;
	vexfs_call_put(call);
	return error;
}

struct vexfs_file *vexfs_file_make(struct inode *inode)
{
	struct vexfs_file *own = kzalloc(sizeof(*own), GFP_KERNEL_ACCOUNT);
	struct vexfs_call *release;

	if (!own)
		return ERR_PTR(-ENOMEM);
	release = vexfs_node_call(VEXFS_OP_RELEASE, inode, NULL);
	if (IS_ERR(release)) {
		kfree(own);
		return ERR_CAST(release);
	}
	mutex_init(&own->mutex);
	own->release = release;
	return own;
}

void vexfs_file_free(struct inode *inode, struct vexfs_file *own)
{
	if (own->handle) {
		own->release->header.handle = own->handle;
		own->release->epoch = own->epoch;
		vexfs_call_send(vexfs_mount_of(inode->i_sb)->instance, own->release);
	} else {
		vexfs_call_put(own->release);
	}
	vexfs_backing_free(own->backing);
	kfree(own);
}

int vexfs_file_begin(struct vexfs_file *own, const struct vexfs_opened *opened, u64 epoch)
{
	int error = vexfs_opened_check(opened);

	if (error)
		return error;
	own->flags = opened->flags;
	own->row_bytes = opened->row_bytes;
	own->handle = opened->handle;
	own->epoch = epoch;
	return 0;
}

int vexfs_file_open(struct inode *inode, struct file *file)
{
	struct vexfs_file *own = vexfs_file_make(inode);
	struct vexfs_opened opened;
	u64 epoch;
	int error;

	if (IS_ERR(own))
		return PTR_ERR(own);
	error = vexfs_handle_open(inode, file, &opened, &epoch, &own->backing);
	if (!error)
		error = vexfs_file_begin(own, &opened, epoch);
	if (error)
		vexfs_file_free(inode, own);
	else
		file->private_data = own;
	return error;
}

int vexfs_file_release(struct inode *inode, struct file *file)
{
	vexfs_file_free(inode, file->private_data);
	return 0;
}

/* The file again, with the daemon of now. What the one before had of it is lost. */
static int vexfs_file_reopen(struct file *file, u64 lost_epoch)
{
	struct inode *inode = file_inode(file);
	struct vexfs_file *own = file->private_data;
	struct vexfs_opened opened;
	bool lost;
	u64 epoch;
	int error = 0;

	if (mutex_lock_killable(&own->mutex))
		return -EINTR;
	if (own->epoch != lost_epoch)
		goto out;	/* somebody else has done it */
	error = vexfs_handle_open(inode, file, &opened, &epoch, NULL);
	if (error)
		goto out;
	lost = own->flags & VEXFS_OPENED_STREAM ? own->midway : own->written;
	own->handle = opened.handle;
	own->epoch = epoch;
	own->midway = false;
	own->written = false;
	if (lost)
		error = -ECONNRESET;
out:
	mutex_unlock(&own->mutex);
	return error;
}

struct vexfs_call *vexfs_file_call(u32 op, struct file *file)
{
	return vexfs_node_call_as(op, file_inode(file), NULL, file->f_cred);
}

int vexfs_file_run(struct file *file, struct vexfs_call *call)
{
	struct vexfs_file *own = file->private_data;
	int error;

	for (;;) {
		if (mutex_lock_killable(&own->mutex))
			return -EINTR;
		call->header.handle = own->handle;
		call->epoch = own->epoch;
		mutex_unlock(&own->mutex);
		error = vexfs_node_run(file_inode(file), call);
		if (error != -VEXFS_ERROR_NEW_DAEMON)
			return error;
		error = vexfs_file_reopen(file, call->epoch);
		if (error)
			return error;
	}
}
