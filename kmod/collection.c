// SPDX-License-Identifier: GPL-2.0-only
#include "collection.h"

#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "counters.h"
#include "node.h"

static void vexfs_collection_free(struct vexfs_collection *collection)
{
	free_percpu(collection->counters);
	kfree(collection);
}

/* With a reference, and in no list yet. */
static struct vexfs_collection *vexfs_collection_make(struct vexfs_mount *mount, const char *name, size_t bytes)
{
	struct vexfs_collection *collection;

	collection = kzalloc(struct_size(collection, name, bytes + 1), GFP_KERNEL_ACCOUNT);
	if (!collection)
		return NULL;
	collection->counters = alloc_percpu_gfp(struct vexfs_counters, GFP_KERNEL_ACCOUNT);
	if (!collection->counters) {
		kfree(collection);
		return NULL;
	}
	memcpy(collection->name, name, bytes);
	collection->mount = mount;
	refcount_set(&collection->references, 1);
	return collection;
}

/* One more reference to what is in the list, or NULL. */
static struct vexfs_collection *vexfs_collection_look(struct vexfs_mount *mount, const char *name, size_t bytes)
{
	struct vexfs_collection *collection;

	list_for_each_entry(collection, &mount->collections, link) {
		if (strlen(collection->name) == bytes && !memcmp(collection->name, name, bytes)) {
			refcount_inc(&collection->references);
			return collection;
		}
	}
	return NULL;
}

/* Memory is had without the mutex: to find some, the kernel may let go of inodes, and they of collections. */
struct vexfs_collection *vexfs_collection_get(struct vexfs_mount *mount, const char *name, size_t bytes)
{
	struct vexfs_collection *found, *made;

	mutex_lock(&mount->collections_mutex);
	found = vexfs_collection_look(mount, name, bytes);
	mutex_unlock(&mount->collections_mutex);
	if (found)
		return found;
	made = vexfs_collection_make(mount, name, bytes);
	if (!made)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&mount->collections_mutex);
	found = vexfs_collection_look(mount, name, bytes);
	if (!found)
		list_add_tail(&made->link, &mount->collections);
	mutex_unlock(&mount->collections_mutex);
	if (!found)
		return made;
	vexfs_collection_free(made);
	return found;
}

void vexfs_collection_put(struct vexfs_collection *collection)
{
	struct vexfs_mount *mount = collection->mount;

	if (!refcount_dec_and_mutex_lock(&collection->references, &mount->collections_mutex))
		return;
	list_del(&collection->link);
	mutex_unlock(&mount->collections_mutex);
	vexfs_collection_free(collection);
}
