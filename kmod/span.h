/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a request or a reply on their way between a program and the daemon: in the program's own pages, where
 * there are many, so that they are copied once; else in memory of the kernel's. Pages stay as long as the span does,
 * also where the program is gone.
 */
#ifndef VEXFS_SPAN_H
#define VEXFS_SPAN_H

#include <linux/mm_types.h>
#include <linux/types.h>

struct iov_iter;

/* Fewer bytes are copied once more sooner than their pages are pinned. */
#define VEXFS_PINNED_BYTES_MIN (4 * PAGE_SIZE)

struct vexfs_span {
	size_t bytes;
	void *memory;		/* or NULL, and these: */
	struct page **pages;
	unsigned int page_count;
	unsigned int offset;	/* in the first page */
	bool pinned;		/* they are a program's */
	bool writable;
	bool later;		/* memory is had when it is known how much */
};

/* Room in memory of the kernel's. */
int vexfs_span_room(struct vexfs_span *span, size_t bytes);
/* The same, of which only what is taken from the daemon is had. */
void vexfs_span_room_later(struct vexfs_span *span, size_t bytes);
/* What a program is to send. */
int vexfs_span_from_user(struct vexfs_span *span, const void __user *from, size_t bytes);
/* Where a program is to receive; vexfs_span_to_user() brings it there where the pages aren't its own. */
int vexfs_span_for_user(struct vexfs_span *span, void __user *to, size_t bytes);
int vexfs_span_to_user(const struct vexfs_span *span, void __user *to, size_t bytes);
/* The same of an iterator: at most so many bytes, and how many those are is in the span. */
int vexfs_span_from_iter(struct vexfs_span *span, struct iov_iter *from, size_t bytes_max);
int vexfs_span_for_iter(struct vexfs_span *span, struct iov_iter *to, size_t bytes_max);
int vexfs_span_to_iter(const struct vexfs_span *span, struct iov_iter *to, size_t bytes);
/* Pages of a cache, which the span holds, in an array that becomes its own. */
void vexfs_span_of_pages(struct vexfs_span *span, struct page **pages, unsigned int count);

/* To and from the daemon. -EFAULT where its memory isn't there. */
int vexfs_span_give(const struct vexfs_span *span, void __user *to);
int vexfs_span_take(struct vexfs_span *span, const void __user *from, size_t bytes);
/* 0 is put behind the first bytes, to the end. */
void vexfs_span_zero_rest(struct vexfs_span *span, size_t from);

void vexfs_span_free(struct vexfs_span *span);

#endif
