// SPDX-License-Identifier: GPL-2.0-only
#include "pages.h"

#include <linux/err.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "call.h"
#include "file.h"
#include "node.h"
#include "parameters.h"

/* Reads into pages, which are held by the caller; 0 is behind the file's end. */
static int vexfs_pages_fill(struct file *file, loff_t position, struct page **pages, unsigned int count)
{
	const struct vexfs_file *own = file->private_data;
	struct vexfs_call *call;
	int error;

	if (own->backing) {
		error = vexfs_backing_fill(own->backing, position, pages, count);
		kfree(pages);
		return error;
	}
	call = vexfs_file_call(VEXFS_OP_READ, file);
	if (IS_ERR(call)) {
		kfree(pages);
		return PTR_ERR(call);
	}
	vexfs_span_of_pages(&call->out, pages, count);
	call->repeatable = true;
	call->header.offset = position;
	call->header.size = call->out.bytes;
	error = vexfs_file_run(file, call);
	if (!error && call->out_bytes < min_t(loff_t, call->out.bytes, i_size_read(file_inode(file)) - position))
		error = -EIO;
	if (!error)
		vexfs_span_zero_rest(&call->out, call->out_bytes);
	vexfs_call_put(call);
	return error;
}

static int vexfs_read_folio(struct file *file, struct folio *folio)
{
	struct page **pages;
	int error = -EIO;

	if (!file)
		goto out;
	error = -ENOMEM;
	pages = kmalloc(sizeof(*pages), GFP_KERNEL);
	if (!pages)
		goto out;
	pages[0] = folio_page(folio, 0);
	error = vexfs_pages_fill(file, folio_pos(folio), pages, 1);
	if (!error)
		folio_mark_uptodate(folio);
out:
	folio_unlock(folio);
	return error;
}

/* The pages of one request. */
static void vexfs_readahead_some(struct readahead_control *rac, struct page **batch, unsigned int count)
{
	loff_t position = page_offset(batch[0]);
	struct page **pages = kmemdup(batch, count * sizeof(*pages), GFP_KERNEL);
	int error = pages ? vexfs_pages_fill(rac->file, position, pages, count) : -ENOMEM;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (!error)
			SetPageUptodate(batch[i]);
		unlock_page(batch[i]);
		put_page(batch[i]);
	}
}

static void vexfs_readahead(struct readahead_control *rac)
{
	unsigned int most = VEXFS_TRANSFER_BYTES_MAX / PAGE_SIZE;
	struct page **batch = kmalloc_array(most, sizeof(*batch), GFP_KERNEL);
	unsigned int count;

	/* What isn't read here is read page by page. */
	if (!batch || !rac->file)
		goto out;
	while ((count = __readahead_batch(rac, batch, most)))
		vexfs_readahead_some(rac, batch, count);
out:
	kfree(batch);
}

void vexfs_pages_prefetch(struct inode *inode, struct file *file)
{
	const struct vexfs_file *own = file->private_data;
	struct file_ra_state state = {};

	if (!vexfs_prefetch_enabled() || !i_size_read(inode))
		return;
	if (own->backing) {
		vexfs_backing_prefetch(own->backing, VEXFS_TRANSFER_BYTES_MAX);
		return;
	}
	/* That of a file is made only once it is open. */
	file_ra_state_init(&state, inode->i_mapping);
	page_cache_sync_readahead(inode->i_mapping, &state, file, 0,
				  min_t(loff_t, DIV_ROUND_UP_ULL(i_size_read(inode), PAGE_SIZE), state.ra_pages));
}

const struct address_space_operations vexfs_pages_operations = {
	.read_folio = vexfs_read_folio,
	.readahead = vexfs_readahead,
};
