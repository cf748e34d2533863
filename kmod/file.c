// SPDX-License-Identifier: GPL-2.0-only
/* Files that requests go through: what is written and read goes to the daemon each time. */
#include "file.h"

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "call.h"
#include "compat.h"
#include "counters.h"
#include "events.h"
#include "node.h"
#include "pages.h"
#include "parameters.h"

int vexfs_file_ready(struct inode *inode, struct file *file)
{
	if (vexfs_file_is(file, VEXFS_OPENED_STREAM))
		return stream_open(inode, file);
	if (vexfs_file_is(file, VEXFS_OPENED_UNCHANGING))
		vexfs_pages_prefetch(inode, file);
	return 0;
}

static int vexfs_open(struct inode *inode, struct file *file)
{
	int error = vexfs_file_open(inode, file);

	return error ? error : vexfs_file_ready(inode, file);
}

int vexfs_file_take_room(struct file *file, bool wait)
{
	struct vexfs_instance *instance = vexfs_file_instance(file);
	int error = vexfs_room_take(instance, false);

	if (error != -EAGAIN)
		return error;
	vexfs_event_overload(instance);
	vexfs_count(vexfs_inode_of(file_inode(file)), wait ? VEXFS_COUNTER_WAITED : VEXFS_COUNTER_REFUSED, 1);
	return wait ? vexfs_room_take(instance, true) : -EAGAIN;
}

/* Runs what a daemon may take long for. */
static int vexfs_run_limited(struct file *file, struct vexfs_call *call, bool wait)
{
	struct vexfs_file *own = file->private_data;
	int error = vexfs_file_take_room(file, wait);

	if (error)
		return error;
	atomic_inc(&own->active);
	atomic_inc(&own->begun);
	error = vexfs_file_run(file, call);
	atomic_dec(&own->active);
	vexfs_room_give(vexfs_file_instance(file));
	return error;
}

static bool vexfs_waits(const struct kiocb *iocb)
{
	return !(iocb->ki_flags & IOCB_NOWAIT) && !(iocb->ki_filp->f_flags & O_NONBLOCK);
}

static void vexfs_count_passed(const struct file *file, ssize_t bytes)
{
	if (bytes > 0)
		vexfs_count(vexfs_inode_of(file_inode(file)), VEXFS_COUNTER_BYTES_PASSED, bytes);
}

/* From the files that it consists of. */
static ssize_t vexfs_read_backed(struct kiocb *iocb, struct iov_iter *to)
{
	const struct vexfs_file *own = iocb->ki_filp->private_data;
	ssize_t done = vexfs_backing_read(own->backing, iocb->ki_pos, to);

	if (done > 0)
		iocb->ki_pos += done;
	vexfs_count_passed(iocb->ki_filp, done);
	return done;
}

static ssize_t vexfs_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct vexfs_file *own = file->private_data;
	struct vexfs_call *call;
	ssize_t done;

	if (own->backing)
		return vexfs_read_backed(iocb, to);
	if (own->flags & VEXFS_OPENED_UNCHANGING)
		return generic_file_read_iter(iocb, to);
	if (!iov_iter_count(to))
		return 0;
	call = vexfs_file_call(VEXFS_OP_READ, file);
	if (IS_ERR(call))
		return PTR_ERR(call);
	done = vexfs_span_for_iter(&call->out, to, VEXFS_TRANSFER_BYTES_MAX);
	if (done)
		goto out;
	call->header.offset = iocb->ki_pos;
	call->header.size = call->out.bytes;
	/* What is read of a stream is gone from it. */
	call->repeatable = !vexfs_file_is(file, VEXFS_OPENED_STREAM);
	done = vexfs_run_limited(file, call, vexfs_waits(iocb));
	if (done)
		goto out;
	own->midway = call->count & VEXFS_COUNT_MIDWAY;
	done = vexfs_span_to_iter(&call->out, to, call->out_bytes);
	if (!done) {
		done = call->out_bytes;
		iocb->ki_pos += done;
	}
out:
	vexfs_call_put(call);
	return done;
}

/* As many bytes as one request carries. */
static size_t vexfs_write_bytes_max(const struct vexfs_file *own)
{
	u64 batch = (u64)own->row_bytes * vexfs_batch_size();

	return own->row_bytes ? min_t(u64, batch, VEXFS_TRANSFER_BYTES_MAX) : VEXFS_TRANSFER_BYTES_MAX;
}

/* Up to that. */
static ssize_t vexfs_write_some(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct vexfs_file *own = file->private_data;
	struct vexfs_call *call = vexfs_file_call(VEXFS_OP_WRITE, file);
	ssize_t done;

	if (IS_ERR(call))
		return PTR_ERR(call);
	done = vexfs_span_from_iter(&call->in, from, vexfs_write_bytes_max(own));
	if (done)
		goto out;
	call->header.offset = iocb->ki_pos;
	/* Also what is refused has its say when the file is closed. */
	own->written = true;
	done = vexfs_run_limited(file, call, vexfs_waits(iocb));
	if (done)
		goto out;
	own->midway = own->flags & VEXFS_OPENED_STREAM;
	done = call->count > call->in.bytes ? -EIO : call->count;
	/* What the daemon didn't take is not written. */
	if (done >= 0 && done < call->in.bytes)
		iov_iter_revert(from, call->in.bytes - done);
out:
	vexfs_call_put(call);
	return done;
}

static ssize_t vexfs_write_all(struct kiocb *iocb, struct iov_iter *from)
{
	ssize_t done, all = 0;

	while (iov_iter_count(from)) {
		done = vexfs_write_some(iocb, from);
		if (done < 0)
			return all ? all : done;
		iocb->ki_pos += done;
		all += done;
		if (!done)
			break;
	}
	return all;
}

static ssize_t vexfs_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t done;

	if (vexfs_file_is(iocb->ki_filp, VEXFS_OPENED_STREAM))
		return vexfs_write_all(iocb, from);
	if (iocb->ki_flags & IOCB_NOWAIT)
		return -EAGAIN;
	inode_lock(inode);
	/* Where the end is, the daemon knows. */
	done = iocb->ki_flags & IOCB_APPEND ? vexfs_inode_refresh(inode) : 0;
	if (!done)
		done = generic_write_checks(iocb, from);
	if (done > 0) {
		done = vexfs_write_all(iocb, from);
		if (done > 0 && iocb->ki_pos > i_size_read(inode))
			i_size_write(inode, iocb->ki_pos);
	}
	inode_unlock(inode);
	return done;
}

/* Has what was written take effect. */
static int vexfs_settle(u32 op, struct file *file)
{
	struct vexfs_file *own = file->private_data;
	struct vexfs_call *call;
	int error;

	if (!own->written)
		return 0;
	call = vexfs_file_call(op, file);
	if (IS_ERR(call))
		return PTR_ERR(call);
	error = vexfs_run_limited(file, call, true);
	vexfs_call_put(call);
	if (error)
		return error;
	own->written = false;
	/* Who can read still finds there what came of it. */
	if (!(file->f_mode & FMODE_READ))
		own->midway = false;
	return 0;
}

static int vexfs_flush(struct file *file, fl_owner_t owner)
{
	return vexfs_settle(VEXFS_OP_FLUSH, file);
}

static int vexfs_fsync(struct file *file, loff_t start, loff_t end, int data_only)
{
	return vexfs_settle(VEXFS_OP_FSYNC, file);
}

static loff_t vexfs_seek(struct file *file, loff_t offset, int whence)
{
	int error = 0;

	if (whence != SEEK_SET && whence != SEEK_CUR && !vexfs_file_is(file, VEXFS_OPENED_UNCHANGING))
		error = vexfs_inode_refresh(file_inode(file));
	return error ? error : generic_file_llseek(file, offset, whence);
}

static int vexfs_mmap(struct file *file, struct vm_area_struct *area)
{
	if (!vexfs_file_is(file, VEXFS_OPENED_UNCHANGING))
		return -ENODEV;
	return generic_file_readonly_mmap(file, area);
}

static ssize_t vexfs_splice_read(struct file *file, loff_t *position, struct pipe_inode_info *pipe, size_t bytes,
				 unsigned int flags)
{
	const struct vexfs_file *own = file->private_data;
	ssize_t done;

	if (own->backing) {
		done = vexfs_backing_splice(own->backing, position, pipe, bytes, flags);
		if (done != -EXDEV) {
			vexfs_count_passed(file, done);
			return done;
		}
		return vexfs_splice_copies(file, position, pipe, bytes, flags);
	}
	if (vexfs_file_is(file, VEXFS_OPENED_UNCHANGING))
		return vexfs_splice_pages(file, position, pipe, bytes, flags);
	return vexfs_splice_copies(file, position, pipe, bytes, flags);
}

const struct file_operations vexfs_file_operations = {
	.open = vexfs_open,
	.release = vexfs_file_release,
	.read_iter = vexfs_read,
	.write_iter = vexfs_write,
	.flush = vexfs_flush,
	.fsync = vexfs_fsync,
	.llseek = vexfs_seek,
	.mmap = vexfs_mmap,
	.splice_read = vexfs_splice_read,
	.splice_write = iter_file_splice_write,
	.unlocked_ioctl = vexfs_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

const struct inode_operations vexfs_file_inode_operations = {
	.permission = vexfs_permission,
	.getattr = vexfs_getattr,
	.setattr = vexfs_setattr,
	.listxattr = vexfs_listxattr,
};
