// SPDX-License-Identifier: GPL-2.0-only
#include "span.h"

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "compat.h"

int vexfs_span_room(struct vexfs_span *span, size_t bytes)
{
	span->bytes = bytes;
	span->memory = kvmalloc(max_t(size_t, bytes, 1), GFP_KERNEL_ACCOUNT);
	return span->memory ? 0 : -ENOMEM;
}

void vexfs_span_room_later(struct vexfs_span *span, size_t bytes)
{
	span->bytes = bytes;
	span->later = true;
}

static int vexfs_span_pin(struct vexfs_span *span, const void __user *address, size_t bytes, bool writable)
{
	unsigned long start = (unsigned long)address;
	unsigned int offset = offset_in_page(start);
	unsigned long count = DIV_ROUND_UP(offset + bytes, PAGE_SIZE);
	int pinned;

	if (!access_ok(address, bytes))
		return -EFAULT;
	span->pages = kvmalloc_array(count, sizeof(*span->pages), GFP_KERNEL_ACCOUNT);
	if (!span->pages)
		return -ENOMEM;
	span->pinned = true;
	span->writable = writable;
	span->offset = offset;
	span->bytes = bytes;
	while (span->page_count < count) {
		pinned = pin_user_pages_fast((start & PAGE_MASK) + span->page_count * PAGE_SIZE,
					     count - span->page_count, writable ? FOLL_WRITE : 0,
					     span->pages + span->page_count);
		if (pinned <= 0) {
			vexfs_span_free(span);
			return pinned ? pinned : -EFAULT;
		}
		span->page_count += pinned;
		if (fatal_signal_pending(current)) {
			vexfs_span_free(span);
			return -EINTR;
		}
	}
	return 0;
}

int vexfs_span_from_user(struct vexfs_span *span, const void __user *from, size_t bytes)
{
	int error;

	if (bytes >= VEXFS_PINNED_BYTES_MIN)
		return vexfs_span_pin(span, from, bytes, false);
	error = vexfs_span_room(span, bytes);
	if (!error && copy_from_user(span->memory, from, bytes)) {
		vexfs_span_free(span);
		error = -EFAULT;
	}
	return error;
}

int vexfs_span_for_user(struct vexfs_span *span, void __user *to, size_t bytes)
{
	if (bytes >= VEXFS_PINNED_BYTES_MIN)
		return vexfs_span_pin(span, to, bytes, true);
	return vexfs_span_room(span, bytes);
}

int vexfs_span_to_user(const struct vexfs_span *span, void __user *to, size_t bytes)
{
	if (!span->memory)
		return 0;
	return copy_to_user(to, span->memory, bytes) ? -EFAULT : 0;
}

static bool vexfs_iter_is_pinnable(const struct iov_iter *iter, size_t bytes)
{
	return user_backed_iter(iter) && min(bytes, iov_iter_single_seg_count(iter)) >= VEXFS_PINNED_BYTES_MIN;
}

int vexfs_span_from_iter(struct vexfs_span *span, struct iov_iter *from, size_t bytes_max)
{
	size_t bytes = min(iov_iter_count(from), bytes_max);
	int error;

	if (vexfs_iter_is_pinnable(from, bytes)) {
		bytes = min(bytes, iov_iter_single_seg_count(from));
		error = vexfs_span_pin(span, vexfs_iter_address(from), bytes, false);
		if (!error)
			iov_iter_advance(from, bytes);
		return error;
	}
	error = vexfs_span_room(span, bytes);
	if (!error && !copy_from_iter_full(span->memory, bytes, from)) {
		vexfs_span_free(span);
		error = -EFAULT;
	}
	return error;
}

int vexfs_span_for_iter(struct vexfs_span *span, struct iov_iter *to, size_t bytes_max)
{
	size_t bytes = min(iov_iter_count(to), bytes_max);

	if (vexfs_iter_is_pinnable(to, bytes))
		return vexfs_span_pin(span, vexfs_iter_address(to), min(bytes, iov_iter_single_seg_count(to)), true);
	return vexfs_span_room(span, bytes);
}

int vexfs_span_to_iter(const struct vexfs_span *span, struct iov_iter *to, size_t bytes)
{
	if (!span->memory) {
		iov_iter_advance(to, bytes);
		return 0;
	}
	return copy_to_iter(span->memory, bytes, to) == bytes ? 0 : -EFAULT;
}

void vexfs_span_of_pages(struct vexfs_span *span, struct page **pages, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		get_page(pages[i]);
	span->pages = pages;
	span->page_count = count;
	span->bytes = (size_t)count * PAGE_SIZE;
}

/* The part of a span that lies in one page, from a position on. */
static size_t vexfs_span_piece(const struct vexfs_span *span, size_t at, struct page **page, size_t *in_page)
{
	size_t from_first = span->offset + at;

	*page = span->pages[from_first >> PAGE_SHIFT];
	*in_page = offset_in_page(from_first);
	return min_t(size_t, PAGE_SIZE - *in_page, span->bytes - at);
}

int vexfs_span_give(const struct vexfs_span *span, void __user *to)
{
	size_t at, piece, in_page, left;
	struct page *page;
	void *mapped;

	if (span->memory)
		return copy_to_user(to, span->memory, span->bytes) ? -EFAULT : 0;
	for (at = 0; at < span->bytes; at += piece) {
		piece = vexfs_span_piece(span, at, &page, &in_page);
		mapped = kmap_local_page(page);
		left = copy_to_user(to + at, mapped + in_page, piece);
		kunmap_local(mapped);
		if (left)
			return -EFAULT;
	}
	return 0;
}

int vexfs_span_take(struct vexfs_span *span, const void __user *from, size_t bytes)
{
	size_t at, piece, in_page, left;
	struct page *page;
	void *mapped;

	if (bytes > span->bytes)
		return -EINVAL;
	if (span->later) {
		kvfree(span->memory);
		span->memory = kvmalloc(max_t(size_t, bytes, 1), GFP_KERNEL_ACCOUNT);
		if (!span->memory)
			return -ENOMEM;
	}
	if (span->memory)
		return copy_from_user(span->memory, from, bytes) ? -EFAULT : 0;
	for (at = 0; at < bytes; at += piece) {
		piece = min(vexfs_span_piece(span, at, &page, &in_page), bytes - at);
		mapped = kmap_local_page(page);
		left = copy_from_user(mapped + in_page, from + at, piece);
		kunmap_local(mapped);
		if (left)
			return -EFAULT;
		flush_dcache_page(page);
	}
	return 0;
}

void vexfs_span_zero_rest(struct vexfs_span *span, size_t from)
{
	size_t at, piece, in_page;
	struct page *page;

	for (at = from; at < span->bytes; at += piece) {
		piece = vexfs_span_piece(span, at, &page, &in_page);
		memzero_page(page, in_page, piece);
	}
}

void vexfs_span_free(struct vexfs_span *span)
{
	unsigned int i;

	kvfree(span->memory);
	if (span->pinned) {
		unpin_user_pages_dirty_lock(span->pages, span->page_count, span->writable);
	} else {
		for (i = 0; i < span->page_count; i++)
			put_page(span->pages[i]);
	}
	kvfree(span->pages);
	memset(span, 0, sizeof(*span));
}
