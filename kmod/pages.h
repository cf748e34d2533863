/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that never change: their pages are kept, and read from the daemon once. */
#ifndef VEXFS_PAGES_H
#define VEXFS_PAGES_H

#include <linux/fs.h>

/* Begins to read what is likely to be read first, where prefetch_enabled says so. */
void vexfs_pages_prefetch(struct inode *inode, struct file *file);

#endif
