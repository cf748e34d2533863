/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a file that never changes is read from without its daemon: its first bytes, and behind them pieces of files of
 * the daemon's, which are held open. They are read with the rights of whoever opened them.
 */
#ifndef VEXFS_BACKING_H
#define VEXFS_BACKING_H

#include <linux/fs.h>
#include <linux/uio.h>

struct vexfs_backing;

/*
 * As a reply tells it, in the memory of the current process, the first head_bytes of it the file's own. NULL where a
 * piece isn't of a file that can be read so; an error pointer where it makes no sense.
 */
struct vexfs_backing *vexfs_backing_make(const void __user *told, size_t bytes, u64 head_bytes);
void vexfs_backing_free(struct vexfs_backing *backing);

u64 vexfs_backing_bytes(const struct vexfs_backing *backing);
/* As the operations of a file do; what is behind the end is none. */
ssize_t vexfs_backing_read(const struct vexfs_backing *backing, loff_t position, struct iov_iter *to);
/* -EXDEV where this is to be read and then spliced, because it lies in too small a piece. */
ssize_t vexfs_backing_splice(const struct vexfs_backing *backing, loff_t *position, struct pipe_inode_info *pipe,
			     size_t bytes, unsigned int flags);
/* Pages from a position on, with 0 behind the end. */
int vexfs_backing_fill(const struct vexfs_backing *backing, loff_t position, struct page **pages, unsigned int count);
/* So many of the first bytes are likely to be read soon. */
void vexfs_backing_prefetch(const struct vexfs_backing *backing, size_t bytes);

#endif
