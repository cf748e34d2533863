// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/stat.h>

#include "call.h"
#include "collection.h"
#include "counters.h"
#include "names.h"
#include "node.h"
#include "trace.h"

const struct vexfs_entry vexfs_root_entry = { .number = VEXFS_ROOT_NUMBER, .mode = S_IFDIR | 0555 };

/* Attributes that are older, and may be others now, are asked for again before they allow anything. */
#define VEXFS_ATTRIBUTES_KEPT HZ

static struct kmem_cache *vexfs_inode_cache;

static void vexfs_inode_construct(void *object)
{
	struct vexfs_inode *node = object;

	inode_init_once(&node->vfs);
}

int vexfs_inodes_init(void)
{
	vexfs_inode_cache = kmem_cache_create("vexfs_inode", sizeof(struct vexfs_inode), 0,
					      SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT, vexfs_inode_construct);
	return vexfs_inode_cache ? 0 : -ENOMEM;
}

void vexfs_inodes_exit(void)
{
	rcu_barrier();	/* inodes are freed after a grace period */
	kmem_cache_destroy(vexfs_inode_cache);
}

struct inode *vexfs_inode_alloc(struct super_block *sb)
{
	struct vexfs_inode *node = alloc_inode_sb(sb, vexfs_inode_cache, GFP_KERNEL);

	if (!node)
		return NULL;
	node->kind = 0;
	node->number = 0;
	node->point = 0;
	node->collection = NULL;
	node->told = false;
	node->told_at = 0;
	node->generation = 0;
	return &node->vfs;
}

void vexfs_inode_destroy(struct inode *inode)
{
	struct vexfs_inode *node = vexfs_inode_of(inode);

	if (node->collection)
		vexfs_collection_put(node->collection);
}

void vexfs_inode_free(struct inode *inode)
{
	kmem_cache_free(vexfs_inode_cache, vexfs_inode_of(inode));
}

/* What an inode is found by. */
struct vexfs_identity {
	const struct vexfs_entry *entry;
	struct vexfs_collection *collection;	/* or NULL */
	u64 generation;
};

bool vexfs_inode_is(const struct inode *inode, const struct vexfs_entry *entry)
{
	const struct vexfs_inode *node = vexfs_inode_of(inode);

	return node->number == entry->number && node->kind == entry->kind && node->point == entry->point;
}

static int vexfs_inode_test(struct inode *inode, void *data)
{
	const struct vexfs_identity *identity = data;

	return vexfs_inode_is(inode, identity->entry) && vexfs_inode_of(inode)->collection == identity->collection;
}

static int vexfs_inode_set(struct inode *inode, void *data)
{
	const struct vexfs_identity *identity = data;
	struct vexfs_inode *node = vexfs_inode_of(inode);

	node->collection = identity->collection;
	if (node->collection)
		refcount_inc(&node->collection->references);
	node->kind = identity->entry->kind;
	node->number = identity->entry->number;
	node->point = identity->entry->point;
	node->told = identity->entry->flags & VEXFS_ENTRY_COLLECTION;
	inode->i_ino = identity->entry->number;
	return 0;
}

bool vexfs_entry_is_sound(const struct vexfs_entry *entry)
{
	umode_t type = entry->mode & S_IFMT;

	return (type == S_IFDIR || type == S_IFREG) && !(entry->mode & ~(S_IFMT | S_ISVTX | 0777)) &&
	       !(entry->flags & ~(VEXFS_ENTRY_LASTING | VEXFS_ENTRY_COLLECTION)) && entry->number &&
	       entry->size <= MAX_LFS_FILESIZE && entry->changed_ns < NSEC_PER_SEC &&
	       uid_valid(make_kuid(&init_user_ns, entry->uid)) && gid_valid(make_kgid(&init_user_ns, entry->gid));
}

static void vexfs_inode_take(struct inode *inode, const struct vexfs_entry *entry, u64 generation)
{
	struct timespec64 changed = { .tv_sec = entry->changed_s, .tv_nsec = entry->changed_ns };
	struct vexfs_inode *node = vexfs_inode_of(inode);

	if (!node->told && !(entry->flags & VEXFS_ENTRY_LASTING))
		generation = 0;
	spin_lock(&inode->i_lock);
	/* Of two that come at once, the later one stays; what comes without a generation may be older than what is told. */
	if (!node->told || !node->told_at || generation > node->generation) {
		inode->i_mode = entry->mode;
		inode->i_uid = make_kuid(&init_user_ns, entry->uid);
		inode->i_gid = make_kgid(&init_user_ns, entry->gid);
		i_size_write(inode, entry->size);
		inode->i_blocks = DIV_ROUND_UP_ULL(entry->size, 512);
		vexfs_set_times(inode, changed);
		WRITE_ONCE(node->told_at, jiffies ? jiffies : 1);
		WRITE_ONCE(node->generation, generation);
	}
	spin_unlock(&inode->i_lock);
}

int vexfs_inode_update(struct inode *inode, const struct vexfs_entry *entry, u64 generation)
{
	if (!vexfs_entry_is_sound(entry))
		return -EIO;
	if (!vexfs_inode_is(inode, entry) || (inode->i_mode & S_IFMT) != (entry->mode & S_IFMT))
		return -ESTALE;
	vexfs_inode_take(inode, entry, generation);
	return 0;
}

static void vexfs_inode_equip(struct inode *inode)
{
	if (S_ISDIR(inode->i_mode)) {
		inode->i_op = &vexfs_directory_inode_operations;
		inode->i_fop = &vexfs_directory_operations;
		set_nlink(inode, 2);
	} else {
		inode->i_op = &vexfs_file_inode_operations;
		inode->i_fop = &vexfs_file_operations;
		inode->i_mapping->a_ops = &vexfs_pages_operations;
	}
}

struct inode *vexfs_root(struct super_block *sb)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = VEXFS_ROOT_NUMBER;
	inode->i_mode = vexfs_root_entry.mode;
	vexfs_inode_of(inode)->number = VEXFS_ROOT_NUMBER;
	vexfs_inode_of(inode)->told = true;
	vexfs_set_times(inode, current_time(inode));
	vexfs_inode_equip(inode);
	inode->i_fop = &vexfs_root_operations;
	return inode;
}

/* The inode of an identity, whose collection the caller holds. */
static struct inode *vexfs_inode_find(struct super_block *sb, struct vexfs_identity *identity)
{
	const struct vexfs_entry *entry = identity->entry;
	unsigned long hash = hash_64(entry->number, BITS_PER_LONG);
	struct inode *inode = iget5_locked(sb, hash, vexfs_inode_test, vexfs_inode_set, identity);
	int error;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (inode->i_state & I_NEW) {
		vexfs_inode_take(inode, entry, identity->generation);
		vexfs_inode_equip(inode);
		unlock_new_inode(inode);
		return inode;
	}
	error = vexfs_inode_update(inode, entry, identity->generation);
	if (error) {
		iput(inode);
		return ERR_PTR(error == -ESTALE ? -EIO : error);
	}
	return inode;
}

struct inode *vexfs_inode_get(struct inode *directory, const struct qstr *name, const struct vexfs_entry *entry,
			      u64 generation)
{
	struct super_block *sb = directory->i_sb;
	struct vexfs_identity identity = {
		.entry = entry,
		.collection = vexfs_inode_of(directory)->collection,
		.generation = generation,
	};
	struct vexfs_collection *own = NULL;
	struct inode *inode;

	if (!vexfs_entry_is_sound(entry))
		return ERR_PTR(-EIO);
	if (entry->flags & VEXFS_ENTRY_COLLECTION) {
		if (!vexfs_is_root(directory))
			return ERR_PTR(-EIO);
		own = vexfs_collection_get(vexfs_mount_of(sb), name->name, name->len);
		if (IS_ERR(own))
			return ERR_CAST(own);
		identity.collection = own;
	}
	inode = vexfs_inode_find(sb, &identity);
	if (own)
		vexfs_collection_put(own);
	return inode;
}

struct vexfs_call *vexfs_node_call_as(u32 op, struct inode *inode, const char *name, const struct cred *cred)
{
	const struct vexfs_inode *node = vexfs_inode_of(inode);
	struct vexfs_call *call = vexfs_call_make(op, cred, node->collection ? node->collection->name : NULL,
						  name);

	if (IS_ERR(call))
		return call;
	call->header.kind = node->kind;
	call->header.number = node->number;
	call->header.point = node->point;
	return call;
}

struct vexfs_call *vexfs_node_call(u32 op, struct inode *inode, const char *name)
{
	return vexfs_node_call_as(op, inode, name, current_cred());
}

int vexfs_node_run(struct inode *inode, struct vexfs_call *call)
{
	const struct vexfs_mount *mount = vexfs_mount_of(inode->i_sb);
	const struct vexfs_inode *node = vexfs_inode_of(inode);
	ktime_t since = ktime_get();
	int error;

	trace_vexfs_request_begin(call, 0);
	error = vexfs_call_run(mount->instance, call, mount->park_ms, mount->hang_ms);
	trace_vexfs_request_end(call, error);
	/* It comes again as another call's, once its file is open again. */
	if (error == -VEXFS_ERROR_NEW_DAEMON)
		return error;
	vexfs_count_latency(node, since);
	vexfs_count(node, VEXFS_COUNTER_REQUESTS, 1);
	vexfs_count(node, VEXFS_COUNTER_BYTES_WRITTEN, call->in.bytes);
	vexfs_count(node, VEXFS_COUNTER_BYTES_READ, call->out_bytes);
	if (error)
		vexfs_count(node, VEXFS_COUNTER_ERRORS, 1);
	if (call->parked)
		vexfs_count(node, VEXFS_COUNTER_PARKED, 1);
	if (call->sendings > 1)
		vexfs_count(node, VEXFS_COUNTER_REPLAYED, 1);
	if (call->spun)
		vexfs_count(node, call->slept ? VEXFS_COUNTER_SPUN_IN_VAIN : VEXFS_COUNTER_SPUN, 1);
	if (error == -ECONNRESET)
		vexfs_count(node, VEXFS_COUNTER_LOST, 1);
	if (error == -ENOTCONN)
		vexfs_count(node, VEXFS_COUNTER_EXPIRED, 1);
	return error;
}

static int vexfs_inode_look(struct inode *inode)
{
	const struct vexfs_collection *collection = vexfs_inode_of(inode)->collection;
	struct vexfs_told told;
	int error;

	/* Without a daemon the root is what it was: umount(8) looks at it. */
	if (!collection && !vexfs_generation_of(inode->i_sb))
		return 0;
	error = vexfs_told_find(inode, collection ? collection->name : NULL, &told);
	return error ? error : vexfs_inode_update(inode, &told.entry, told.generation);
}

int vexfs_inode_refresh(struct inode *inode)
{
	u64 generation = vexfs_generation_of(inode->i_sb);
	struct vexfs_call *call;
	int error;

	if (vexfs_inode_of(inode)->told)
		return vexfs_inode_look(inode);
	call = vexfs_node_call(VEXFS_OP_GETATTR, inode, NULL);
	if (IS_ERR(call))
		return PTR_ERR(call);
	call->repeatable = true;
	error = vexfs_node_run(inode, call);
	if (!error)
		error = vexfs_inode_update(inode, &call->entry, generation);
	vexfs_call_put(call);
	return error;
}

static bool vexfs_is_fresh(const struct inode *inode)
{
	const struct vexfs_inode *node = vexfs_inode_of(inode);
	unsigned long told_at = READ_ONCE(node->told_at);
	u64 generation = READ_ONCE(node->generation);

	if (generation && generation == vexfs_generation_of(inode->i_sb))
		return true;
	return !node->told && told_at && time_before(jiffies, told_at + VEXFS_ATTRIBUTES_KEPT);
}

int vexfs_permission(struct mnt_idmap *idmap, struct inode *inode, int mask)
{
	bool fresh = vexfs_is_fresh(inode);
	int error;

	if (!fresh) {
		if (mask & MAY_NOT_BLOCK)
			return -ECHILD;
		error = vexfs_inode_refresh(inode);
		if (error)
			return error;
	}
	error = generic_permission(idmap, inode, mask);
	if (error != -EACCES || !fresh)
		return error;
	if (mask & MAY_NOT_BLOCK)
		return -ECHILD;
	error = vexfs_inode_refresh(inode);
	return error ? error : generic_permission(idmap, inode, mask);
}

int vexfs_getattr(struct mnt_idmap *idmap, const struct path *path, struct kstat *stat, u32 request_mask,
		  unsigned int flags)
{
	struct inode *inode = d_inode(path->dentry);
	int error = flags & AT_STATX_DONT_SYNC ? 0 : vexfs_inode_refresh(inode);

	if (!error)
		vexfs_fillattr(idmap, request_mask, inode, stat);
	return error;
}
