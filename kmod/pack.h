/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes that are kept, by LZ4 where compression_level says so and where that makes them fewer. */
#ifndef VEXFS_PACK_H
#define VEXFS_PACK_H

#include <linux/types.h>

struct vexfs_packed {
	size_t bytes;
	size_t packed_bytes;	/* as many as bytes where they are as they were */
	void *memory;
};

int vexfs_pack(struct vexfs_packed *packed, const void *from, size_t bytes);
int vexfs_packed_to_user(const struct vexfs_packed *packed, void __user *to);
void vexfs_packed_free(struct vexfs_packed *packed);

#endif
