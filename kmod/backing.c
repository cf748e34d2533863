// SPDX-License-Identifier: GPL-2.0-only
#include "backing.h"

#include <linux/bvec.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fadvise.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "uapi/vexfs.h"

/* Of less than that, a splice copies more than one piece at once. */
#define VEXFS_SPLICED_BYTES_MIN (16 * PAGE_SIZE)
/* Of a program's memory that is made present before it is read into. */
#define VEXFS_FAULTED_BYTES_MAX (1u << 20)

struct vexfs_backing_piece {
	u64 start;		/* in the file that is backed */
	u64 offset;		/* in the one that backs it */
	struct file *file;
};

struct vexfs_backing {
	u64 bytes;
	void *head;
	size_t head_bytes;
	unsigned int count;
	struct vexfs_backing_piece pieces[];
};

void vexfs_backing_free(struct vexfs_backing *backing)
{
	unsigned int i;

	if (!backing)
		return;
	for (i = 0; i < backing->count; i++)
		fput(backing->pieces[i].file);
	kfree(backing->head);
	kvfree(backing);
}

/* A file of a file system that stands on no other one, so that reading it leads nowhere else; through its cache. */
static bool vexfs_can_back(const struct vm_area_struct *area)
{
	const struct file *file = area->vm_file;

	return file && area->vm_flags & VM_MAYSHARE && S_ISREG(file_inode(file)->i_mode) &&
	       file->f_mode & FMODE_READ && !(file->f_flags & O_DIRECT) && file->f_op->read_iter &&
	       !file_inode(file)->i_sb->s_stack_depth;
}

/* Where the memory of a piece is mapped from, which may be several areas of one mapping. The file, or NULL. */
static struct file *vexfs_piece_find(const struct vexfs_piece *piece, u64 *offset)
{
	u64 at = piece->address, end = piece->address + piece->bytes, here;
	struct vm_area_struct *area;
	struct file *file = NULL;

	while (at < end) {
		area = at == (unsigned long)at ? vma_lookup(current->mm, at) : NULL;
		if (!area || !vexfs_can_back(area))
			return NULL;
		here = ((u64)area->vm_pgoff << PAGE_SHIFT) + (at - area->vm_start) - (at - piece->address);
		if (!file)
			*offset = here;
		else if (file != area->vm_file || *offset != here)
			return NULL;
		file = area->vm_file;
		at = area->vm_end;
	}
	return file;
}

/* 1 where it is added. */
static int vexfs_backing_add(struct vexfs_backing *backing, const struct vexfs_piece *piece)
{
	struct file *file;
	u64 offset;

	if (!piece->bytes || piece->bytes > MAX_LFS_FILESIZE - backing->bytes ||
	    piece->address + piece->bytes < piece->address)
		return -EINVAL;
	file = vexfs_piece_find(piece, &offset);
	if (!file)
		return 0;
	backing->pieces[backing->count++] = (struct vexfs_backing_piece){
		.start = backing->bytes,
		.offset = offset,
		.file = get_file(file),
	};
	backing->bytes += piece->bytes;
	return 1;
}

/* 1 where all are added. */
static int vexfs_backing_add_all(struct vexfs_backing *backing, const struct vexfs_piece *told, size_t count)
{
	int result = 1;
	size_t i;

	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	for (i = 0; i < count && result == 1; i++)
		result = vexfs_backing_add(backing, &told[i]);
	mmap_read_unlock(current->mm);
	return result;
}

struct vexfs_backing *vexfs_backing_make(const void __user *told, size_t bytes, u64 head_bytes)
{
	struct vexfs_backing *backing;
	struct vexfs_piece *pieces;
	size_t count;
	int result;

	if (head_bytes > min_t(u64, bytes, VEXFS_HEAD_BYTES_MAX) || (bytes - head_bytes) % sizeof(*pieces))
		return ERR_PTR(-EINVAL);
	count = (bytes - head_bytes) / sizeof(*pieces);
	if (!count || count > VEXFS_PIECES_MAX)
		return ERR_PTR(-EINVAL);
	backing = kvzalloc(struct_size(backing, pieces, count), GFP_KERNEL_ACCOUNT);
	if (!backing)
		return ERR_PTR(-ENOMEM);
	backing->bytes = head_bytes;
	backing->head_bytes = head_bytes;
	backing->head = memdup_user(told, head_bytes);
	pieces = vmemdup_user(told + head_bytes, bytes - head_bytes);
	if (IS_ERR(backing->head) || IS_ERR(pieces)) {
		result = IS_ERR(pieces) ? PTR_ERR(pieces) : PTR_ERR(backing->head);
		if (IS_ERR(backing->head))
			backing->head = NULL;
	} else {
		result = vexfs_backing_add_all(backing, pieces, count);
	}
	if (!IS_ERR(pieces))
		kvfree(pieces);
	if (result == 1)
		return backing;
	vexfs_backing_free(backing);
	return ERR_PTR(result);
}

u64 vexfs_backing_bytes(const struct vexfs_backing *backing)
{
	return backing->bytes;
}

static u64 vexfs_piece_end(const struct vexfs_backing *backing, const struct vexfs_backing_piece *piece)
{
	return ++piece < backing->pieces + backing->count ? piece->start : backing->bytes;
}

/* The piece that a position behind the head is in. */
static const struct vexfs_backing_piece *vexfs_backing_at(const struct vexfs_backing *backing, u64 position)
{
	unsigned int first = 0, last = backing->count - 1, middle;

	while (first < last) {
		middle = first + (last - first + 1) / 2;
		if (backing->pieces[middle].start <= position)
			first = middle;
		else
			last = middle - 1;
	}
	return &backing->pieces[first];
}

/*
 * Of one piece. A program's memory may itself be mapped from a file that the daemon writes to, or from one here: it
 * isn't faulted in while the file system that is read holds its locks.
 */
static ssize_t vexfs_piece_read(const struct vexfs_backing_piece *piece, loff_t offset, struct iov_iter *to)
{
	const struct cred *before = NULL;
	size_t bytes = min_t(size_t, iov_iter_count(to), VEXFS_FAULTED_BYTES_MAX);
	ssize_t done;

	if (piece->file->f_cred != current_cred())
		before = override_creds(piece->file->f_cred);

	for (;;) {
		pagefault_disable();
		done = vfs_iter_read(piece->file, to, &offset, 0);
		pagefault_enable();
		if (done != -EFAULT || !user_backed_iter(to) || fatal_signal_pending(current) ||
		    fault_in_iov_iter_writeable(to, bytes) == bytes)
			break;
	}
	if (before)
		revert_creds(before);
	return done;
}

/* Of the head, or of one piece: the one that was read last, the next one, or one that is looked for. */
static ssize_t vexfs_backing_read_some(const struct vexfs_backing *backing, const struct vexfs_backing_piece **last,
				       u64 position, struct iov_iter *to)
{
	const struct vexfs_backing_piece *piece = *last;
	size_t all = iov_iter_count(to), some;
	ssize_t done;

	if (position < backing->head_bytes) {
		some = min_t(size_t, all, backing->head_bytes - position);
		done = copy_to_iter(backing->head + position, some, to);
		return done ? done : -EFAULT;
	}
	if (!piece)
		piece = vexfs_backing_at(backing, position);
	else if (position == vexfs_piece_end(backing, piece))
		piece++;
	*last = piece;
	some = min_t(u64, all, vexfs_piece_end(backing, piece) - position);
	iov_iter_truncate(to, some);
	done = vexfs_piece_read(piece, piece->offset + (position - piece->start), to);
	iov_iter_reexpand(to, all - max_t(ssize_t, done, 0));
	/* The file has become shorter than it was. */
	return done ? done : -EIO;
}

ssize_t vexfs_backing_read(const struct vexfs_backing *backing, loff_t position, struct iov_iter *to)
{
	/* As a rule all pieces are read by the same. */
	const struct cred *before = override_creds(backing->pieces->file->f_cred);
	const struct vexfs_backing_piece *piece = NULL;
	ssize_t done = 0, all = 0;

	while (iov_iter_count(to) && position + all < backing->bytes) {
		done = vexfs_backing_read_some(backing, &piece, position + all, to);
		if (done < 0)
			break;
		all += done;
		if (fatal_signal_pending(current))
			break;
	}
	revert_creds(before);
	return all ? all : min_t(ssize_t, done, 0);
}

ssize_t vexfs_backing_splice(const struct vexfs_backing *backing, loff_t *position, struct pipe_inode_info *pipe,
			     size_t bytes, unsigned int flags)
{
	const struct vexfs_backing_piece *piece;
	const struct cred *before;
	loff_t offset;
	ssize_t done;
	u64 end;

	if (*position >= backing->bytes)
		return 0;
	piece = vexfs_backing_at(backing, *position);
	end = vexfs_piece_end(backing, piece);
	if (*position < backing->head_bytes || end - *position < VEXFS_SPLICED_BYTES_MIN)
		return -EXDEV;
	offset = piece->offset + (*position - piece->start);
	before = override_creds(piece->file->f_cred);
	done = vexfs_splice_file(piece->file, &offset, pipe, min_t(u64, bytes, end - *position), flags);
	revert_creds(before);
	if (done > 0)
		*position += done;
	/* The file has become shorter than it was. */
	return done ? done : -EIO;
}

int vexfs_backing_fill(const struct vexfs_backing *backing, loff_t position, struct page **pages, unsigned int count)
{
	struct bio_vec *vectors = kmalloc_array(count, sizeof(*vectors), GFP_KERNEL);
	size_t bytes = (size_t)count * PAGE_SIZE;
	struct iov_iter to;
	unsigned int i;
	ssize_t done;

	if (!vectors)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		vectors[i] = (struct bio_vec){ .bv_page = pages[i], .bv_len = PAGE_SIZE };
	iov_iter_bvec(&to, ITER_DEST, vectors, count, bytes);
	done = vexfs_backing_read(backing, position, &to);
	if (done >= 0 && done < min_t(u64, bytes, backing->bytes - min_t(u64, position, backing->bytes)))
		done = -EIO;
	if (done >= 0)
		iov_iter_zero(iov_iter_count(&to), &to);
	kfree(vectors);
	return min_t(ssize_t, done, 0);
}

void vexfs_backing_prefetch(const struct vexfs_backing *backing, size_t bytes)
{
	const struct vexfs_backing_piece *piece = backing->pieces;
	u64 end = min_t(u64, bytes, backing->bytes);

	for (; piece < backing->pieces + backing->count && piece->start < end; piece++)
		vfs_fadvise(piece->file, piece->offset, min(end, vexfs_piece_end(backing, piece)) - piece->start,
			    POSIX_FADV_WILLNEED);
}
