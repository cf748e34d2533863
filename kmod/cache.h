/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replies to requests that come again: the same bytes of the same user about the same file are answered without the
 * daemon, as long as the daemon's number that the reply hangs on is unchanged. cache_size_mb limits what is kept in
 * all, compression_level packs it, and the kernel takes it back where memory is scarce.
 */
#ifndef VEXFS_CACHE_H
#define VEXFS_CACHE_H

#include <linux/types.h>

struct vexfs_call;
struct vexfs_instance;

/* Larger ones are not kept. */
#define VEXFS_CACHED_REQUEST_BYTES_MAX (64u << 10)
#define VEXFS_CACHED_REPLY_BYTES_MAX (1u << 20)

/* On what a reply hangs: it holds while the daemon is that one, and the number in the slot is the same. */
struct vexfs_validity {
	bool keep;
	u32 slot;
	u64 generation;
	u64 epoch;
};

/* What a request is found by, in one piece of memory. */
struct vexfs_cache_key {
	size_t bytes;
	size_t request_offset;
	u32 hash;
	void *memory;
};

struct vexfs_cached;

struct vexfs_cache_usage {
	u64 bytes, entries, evictions;
};

int vexfs_cache_init(void);
void vexfs_cache_exit(void);

/*
 * Reads the request of a call that is made, but has no spans yet. 1 where the key is there, which is to be freed then;
 * 0 where such a request is not kept; or a negative errno.
 */
int vexfs_cache_key_read(struct vexfs_cache_key *key, const struct vexfs_instance *instance,
			 const struct vexfs_call *call, const void __user *request, size_t bytes);
void vexfs_cache_key_free(struct vexfs_cache_key *key);

/* A reply with a reference that holds now, or NULL. */
struct vexfs_cached *vexfs_cache_find(struct vexfs_instance *instance, const struct vexfs_cache_key *key);
void vexfs_cached_put(struct vexfs_cached *cached);
size_t vexfs_cached_bytes(const struct vexfs_cached *cached);
int vexfs_cached_to_user(const struct vexfs_cached *cached, void __user *to);

/* Keeps a reply. The key's memory becomes the cache's where it is; that it is not is no error. */
void vexfs_cache_keep(struct vexfs_cache_key *key, const struct vexfs_validity *validity, const void *reply,
		      size_t bytes);

/* cache_size_mb has changed. */
void vexfs_cache_resize(void);
struct vexfs_cache_usage vexfs_cache_usage(void);

#endif
