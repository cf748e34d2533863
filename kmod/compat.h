/* SPDX-License-Identifier: GPL-2.0-only */
/* All that depends on the version of the kernel: the names of the newest one, for the older ones. */
#ifndef VEXFS_COMPAT_H
#define VEXFS_COMPAT_H

#include <linux/fs.h>
#include <linux/shrinker.h>
#include <linux/splice.h>
#include <linux/uio.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define mnt_idmap user_namespace
#define nop_mnt_idmap init_user_ns
#define vexfs_nop_idmap (&init_user_ns)
#else
#define vexfs_nop_idmap (&nop_mnt_idmap)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define vexfs_fillattr(idmap, request_mask, inode, stat) generic_fillattr(idmap, inode, stat)
#else
#define vexfs_fillattr(idmap, request_mask, inode, stat) generic_fillattr(idmap, request_mask, inode, stat)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
static inline ssize_t vexfs_splice_pages(struct file *file, loff_t *position, struct pipe_inode_info *pipe,
					 size_t bytes, unsigned int flags)
{
	return generic_file_splice_read(file, position, pipe, bytes, flags);
}

static inline ssize_t vexfs_splice_copies(struct file *file, loff_t *position, struct pipe_inode_info *pipe,
					  size_t bytes, unsigned int flags)
{
	return generic_file_splice_read(file, position, pipe, bytes, flags);
}

/* From a file of another file system. */
static inline ssize_t vexfs_splice_file(struct file *file, loff_t *position, struct pipe_inode_info *pipe,
					size_t bytes, unsigned int flags)
{
	return file->f_op->splice_read ? file->f_op->splice_read(file, position, pipe, bytes, flags) : -EXDEV;
}
#else
#define vexfs_splice_file vfs_splice_read
#define vexfs_splice_pages filemap_splice_read
#define vexfs_splice_copies copy_splice_read
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
static inline void __user *iter_iov_addr(const struct iov_iter *iter)
{
	return iter->iov->iov_base + iter->iov_offset;
}
#endif

/* Where the first segment of an iterator over a program's memory begins. */
static inline void __user *vexfs_iter_address(const struct iov_iter *iter)
{
	return iter_is_ubuf(iter) ? iter->ubuf + iter->iov_offset : iter_iov_addr(iter);
}

static inline void vexfs_set_times(struct inode *inode, struct timespec64 time)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	inode->i_atime = time;
	inode->i_mtime = time;
	inode->i_ctime = time;
#else
	inode_set_atime_to_ts(inode, time);
	inode_set_mtime_to_ts(inode, time);
	inode_set_ctime_to_ts(inode, time);
#endif
}

/* A shrinker of that name, with NAME_register() and NAME_unregister(), for the one file that has it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define VEXFS_SHRINKER(name, counter, scanner)		\
static struct shrinker name = {				\
	.count_objects = counter,			\
	.scan_objects = scanner,			\
	.seeks = DEFAULT_SEEKS,				\
};							\
							\
static int name##_register(void)			\
{							\
	return register_shrinker(&name, #name);		\
}							\
							\
static void name##_unregister(void)			\
{							\
	unregister_shrinker(&name);			\
}
#else
#define VEXFS_SHRINKER(name, counter, scanner)		\
static struct shrinker *name;				\
							\
static int name##_register(void)			\
{							\
	name = shrinker_alloc(0, #name);		\
	if (!name)					\
		return -ENOMEM;				\
	name->count_objects = counter;			\
	name->scan_objects = scanner;			\
	shrinker_register(name);			\
	return 0;					\
}							\
							\
static void name##_unregister(void)			\
{							\
	shrinker_free(name);				\
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define VEXFS_XATTR_HANDLERS const struct xattr_handler *
#else
#define VEXFS_XATTR_HANDLERS const struct xattr_handler *const
#endif

#endif
