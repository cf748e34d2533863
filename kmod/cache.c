// SPDX-License-Identifier: GPL-2.0-only
#include "cache.h"

#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/refcount.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "call.h"
#include "channel.h"
#include "compat.h"
#include "instance.h"
#include "pack.h"
#include "parameters.h"

struct vexfs_cached {
	struct hlist_node node;
	struct list_head use;
	refcount_t references;
	struct vexfs_cache_key key;
	struct vexfs_validity validity;
	struct vexfs_packed reply;
};

static DEFINE_SPINLOCK(vexfs_cache_lock);	/* guards what follows */
static DEFINE_HASHTABLE(vexfs_cache_table, 12);
static LIST_HEAD(vexfs_cache_by_use);		/* the last used first */
static struct vexfs_cache_usage vexfs_cache_used;

static siphash_key_t vexfs_cache_secret;

/* What tells who asks which file of which daemon; the groups, the collection and the request follow it. */
struct vexfs_cache_prefix {
	u64 instance;
	u64 number;
	u32 kind;
	u32 uid;
	u32 gid;
	u32 group_count;
	u32 collection_bytes;
	u32 reserved;
};

static void vexfs_cache_key_write(const struct vexfs_cache_key *key, const struct vexfs_instance *instance,
				  const struct vexfs_call *call)
{
	const struct vexfs_request *header = &call->header;
	const struct vexfs_cache_prefix prefix = {
		.instance = instance->id,
		.number = header->number,
		.kind = header->kind,
		.uid = header->uid,
		.gid = header->gid,
		.group_count = header->group_count,
		.collection_bytes = header->collection_bytes,
	};
	size_t groups_bytes = header->group_count * sizeof(*call->groups);

	memcpy(key->memory, &prefix, sizeof(prefix));
	if (groups_bytes)
		memcpy(key->memory + sizeof(prefix), call->groups, groups_bytes);
	memcpy(key->memory + sizeof(prefix) + groups_bytes, call->names, header->collection_bytes);
}

int vexfs_cache_key_read(struct vexfs_cache_key *key, const struct vexfs_instance *instance,
			 const struct vexfs_call *call, const void __user *request, size_t bytes)
{
	if (!vexfs_cache_size_mb() || bytes > VEXFS_CACHED_REQUEST_BYTES_MAX)
		return 0;
	key->request_offset = sizeof(struct vexfs_cache_prefix) + call->header.collection_bytes +
			      call->header.group_count * sizeof(*call->groups);
	key->bytes = key->request_offset + bytes;
	key->memory = kvmalloc(key->bytes, GFP_KERNEL_ACCOUNT);
	if (!key->memory)
		return -ENOMEM;
	vexfs_cache_key_write(key, instance, call);
	if (copy_from_user(key->memory + key->request_offset, request, bytes)) {
		vexfs_cache_key_free(key);
		return -EFAULT;
	}
	key->hash = siphash(key->memory, key->bytes, &vexfs_cache_secret);
	return 1;
}

void vexfs_cache_key_free(struct vexfs_cache_key *key)
{
	kvfree(key->memory);
	key->memory = NULL;
}

void vexfs_cached_put(struct vexfs_cached *cached)
{
	if (!refcount_dec_and_test(&cached->references))
		return;
	vexfs_cache_key_free(&cached->key);
	vexfs_packed_free(&cached->reply);
	kfree(cached);
}

static size_t vexfs_cached_memory(const struct vexfs_cached *cached)
{
	return sizeof(*cached) + cached->key.bytes + cached->reply.packed_bytes;
}

/* Out of the table, onto a list of what is to be put without the lock. */
static void vexfs_cache_remove(struct vexfs_cached *cached, struct list_head *gone)
{
	hash_del(&cached->node);
	list_move(&cached->use, gone);
	vexfs_cache_used.bytes -= vexfs_cached_memory(cached);
	vexfs_cache_used.entries--;
}

static void vexfs_cache_put_all(struct list_head *gone)
{
	struct vexfs_cached *cached, *next;

	list_for_each_entry_safe(cached, next, gone, use)
		vexfs_cached_put(cached);
}

/* What was not used for longest goes, until there is no more than that. */
static void vexfs_cache_shrink_to(u64 bytes, u64 entries)
{
	LIST_HEAD(gone);

	spin_lock(&vexfs_cache_lock);
	while (vexfs_cache_used.bytes > bytes || vexfs_cache_used.entries > entries) {
		vexfs_cache_remove(list_last_entry(&vexfs_cache_by_use, struct vexfs_cached, use), &gone);
		vexfs_cache_used.evictions++;
	}
	spin_unlock(&vexfs_cache_lock);
	vexfs_cache_put_all(&gone);
}

void vexfs_cache_resize(void)
{
	vexfs_cache_shrink_to((u64)vexfs_cache_size_mb() << 20, U64_MAX);
}

static struct vexfs_cached *vexfs_cache_look(const struct vexfs_cache_key *key)
{
	struct vexfs_cached *cached;

	hash_for_each_possible(vexfs_cache_table, cached, node, key->hash)
		if (cached->key.hash == key->hash && cached->key.bytes == key->bytes &&
		    !memcmp(cached->key.memory, key->memory, key->bytes))
			return cached;
	return NULL;
}

struct vexfs_cached *vexfs_cache_find(struct vexfs_instance *instance, const struct vexfs_cache_key *key)
{
	struct vexfs_cached *cached;
	LIST_HEAD(gone);

	spin_lock(&vexfs_cache_lock);
	cached = vexfs_cache_look(key);
	if (cached) {
		refcount_inc(&cached->references);
		list_move(&cached->use, &vexfs_cache_by_use);
	}
	spin_unlock(&vexfs_cache_lock);
	if (!cached || vexfs_channel_holds(instance, &cached->validity))
		return cached;
	spin_lock(&vexfs_cache_lock);
	if (!hlist_unhashed(&cached->node))
		vexfs_cache_remove(cached, &gone);
	spin_unlock(&vexfs_cache_lock);
	vexfs_cache_put_all(&gone);
	vexfs_cached_put(cached);
	return NULL;
}

size_t vexfs_cached_bytes(const struct vexfs_cached *cached)
{
	return cached->reply.bytes;
}

int vexfs_cached_to_user(const struct vexfs_cached *cached, void __user *to)
{
	return vexfs_packed_to_user(&cached->reply, to);
}

static struct vexfs_cached *vexfs_cached_make(const struct vexfs_cache_key *key, const struct vexfs_validity *validity,
					      const void *reply, size_t bytes)
{
	struct vexfs_cached *cached = kzalloc(sizeof(*cached), GFP_KERNEL_ACCOUNT);

	if (!cached)
		return NULL;
	if (vexfs_pack(&cached->reply, reply, bytes)) {
		kfree(cached);
		return NULL;
	}
	refcount_set(&cached->references, 1);
	INIT_HLIST_NODE(&cached->node);
	cached->key = *key;
	cached->validity = *validity;
	return cached;
}

void vexfs_cache_keep(struct vexfs_cache_key *key, const struct vexfs_validity *validity, const void *reply,
		      size_t bytes)
{
	struct vexfs_cached *cached, *before;
	LIST_HEAD(gone);

	if (bytes > VEXFS_CACHED_REPLY_BYTES_MAX)
		return;
	cached = vexfs_cached_make(key, validity, reply, bytes);
	if (!cached)
		return;
	key->memory = NULL;
	spin_lock(&vexfs_cache_lock);
	before = vexfs_cache_look(&cached->key);
	if (before)
		vexfs_cache_remove(before, &gone);
	hash_add(vexfs_cache_table, &cached->node, cached->key.hash);
	list_add(&cached->use, &vexfs_cache_by_use);
	vexfs_cache_used.bytes += vexfs_cached_memory(cached);
	vexfs_cache_used.entries++;
	spin_unlock(&vexfs_cache_lock);
	vexfs_cache_put_all(&gone);
	vexfs_cache_resize();
}

struct vexfs_cache_usage vexfs_cache_usage(void)
{
	struct vexfs_cache_usage used;

	spin_lock(&vexfs_cache_lock);
	used = vexfs_cache_used;
	spin_unlock(&vexfs_cache_lock);
	return used;
}

static unsigned long vexfs_cache_count(struct shrinker *shrinker, struct shrink_control *control)
{
	unsigned long entries = READ_ONCE(vexfs_cache_used.entries);

	return entries ? entries : SHRINK_EMPTY;
}

static unsigned long vexfs_cache_scan(struct shrinker *shrinker, struct shrink_control *control)
{
	u64 entries = READ_ONCE(vexfs_cache_used.entries);
	u64 scanned = min_t(u64, entries, control->nr_to_scan);

	vexfs_cache_shrink_to(U64_MAX, entries - scanned);
	return scanned;
}

VEXFS_SHRINKER(vexfs_cache_shrinker, vexfs_cache_count, vexfs_cache_scan)

int vexfs_cache_init(void)
{
	get_random_bytes(&vexfs_cache_secret, sizeof(vexfs_cache_secret));
	return vexfs_cache_shrinker_register();
}

void vexfs_cache_exit(void)
{
	vexfs_cache_shrinker_unregister();
	vexfs_cache_shrink_to(0, 0);
}
