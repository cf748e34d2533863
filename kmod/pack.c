// SPDX-License-Identifier: GPL-2.0-only
#include "pack.h"

#include <linux/lz4.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "parameters.h"

#define VEXFS_COMPRESSION_LEVEL_MAX 9

/* How many bytes they are packed, which room has room for; 0 where they aren't fewer. */
static size_t vexfs_pack_into(void *room, const void *from, size_t bytes, unsigned int level)
{
	void *work = kvmalloc(LZ4_MEM_COMPRESS, GFP_KERNEL);
	int done = 0;

	/* A lower level looks at fewer places. */
	if (work)
		done = LZ4_compress_fast(from, room, bytes, bytes - 1, 1 + VEXFS_COMPRESSION_LEVEL_MAX - level, work);
	kvfree(work);
	return max(done, 0);
}

int vexfs_pack(struct vexfs_packed *packed, const void *from, size_t bytes)
{
	unsigned int level = vexfs_compression_level();
	void *room = level && bytes > 1 ? kvmalloc(bytes, GFP_KERNEL) : NULL;
	size_t fewer = room ? vexfs_pack_into(room, from, bytes, level) : 0;

	packed->bytes = bytes;
	packed->packed_bytes = fewer ? fewer : bytes;
	packed->memory = kvmalloc(max_t(size_t, packed->packed_bytes, 1), GFP_KERNEL_ACCOUNT);
	if (packed->memory)
		memcpy(packed->memory, fewer ? room : from, packed->packed_bytes);
	kvfree(room);
	return packed->memory ? 0 : -ENOMEM;
}

int vexfs_packed_to_user(const struct vexfs_packed *packed, void __user *to)
{
	void *unpacked;
	int error = 0;

	if (packed->packed_bytes == packed->bytes)
		return copy_to_user(to, packed->memory, packed->bytes) ? -EFAULT : 0;
	unpacked = kvmalloc(packed->bytes, GFP_KERNEL);
	if (!unpacked)
		return -ENOMEM;
	if (LZ4_decompress_safe(packed->memory, unpacked, packed->packed_bytes, packed->bytes) != (int)packed->bytes)
		error = -EIO;
	else if (copy_to_user(to, unpacked, packed->bytes))
		error = -EFAULT;
	kvfree(unpacked);
	return error;
}

void vexfs_packed_free(struct vexfs_packed *packed)
{
	kvfree(packed->memory);
	packed->memory = NULL;
}
