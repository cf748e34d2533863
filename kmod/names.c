// SPDX-License-Identifier: GPL-2.0-only
#include "names.h"

#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "channel.h"
#include "counters.h"
#include "instance.h"
#include "node.h"

struct vexfs_name *vexfs_name_make(const char *text, const struct vexfs_entry *entry)
{
	size_t bytes = strlen(text);
	struct vexfs_name *name = kzalloc(struct_size(name, text, bytes + 1), GFP_KERNEL_ACCOUNT);

	if (!name)
		return NULL;
	memcpy(name->text, text, bytes);
	name->bytes = bytes;
	name->entry = *entry;
	return name;
}

static struct vexfs_name *vexfs_by_text(const struct rb_node *node)
{
	return rb_entry(node, struct vexfs_name, by_text);
}

static struct vexfs_name *vexfs_by_order(const struct rb_node *node)
{
	return rb_entry(node, struct vexfs_name, by_order);
}

static int vexfs_name_compare(const void *text, const struct rb_node *node)
{
	return strcmp(text, vexfs_by_text(node)->text);
}

static bool vexfs_name_text_comes_before(struct rb_node *added, const struct rb_node *node)
{
	return vexfs_name_compare(vexfs_by_text(added)->text, node) < 0;
}

static bool vexfs_name_comes_before(struct rb_node *added, const struct rb_node *node)
{
	return vexfs_by_order(added)->order < vexfs_by_order(node)->order;
}

bool vexfs_names_change(struct vexfs_names *names, const char *text, const struct vexfs_entry *entry)
{
	struct rb_node *there = rb_find(text, &names->by_text, vexfs_name_compare);

	if (there)
		vexfs_by_text(there)->entry = *entry;
	return there;
}

void vexfs_names_add(struct vexfs_names *names, struct vexfs_name *made)
{
	rb_add(&made->by_text, &names->by_text, vexfs_name_text_comes_before);
	made->order = names->next_order++;
	rb_add(&made->by_order, &names->by_order, vexfs_name_comes_before);
	names->count++;
}

struct vexfs_name *vexfs_names_take(struct vexfs_names *names, const char *text)
{
	struct rb_node *node = rb_find(text, &names->by_text, vexfs_name_compare);
	struct vexfs_name *name;

	if (!node)
		return NULL;
	name = vexfs_by_text(node);
	rb_erase(&name->by_text, &names->by_text);
	rb_erase(&name->by_order, &names->by_order);
	names->count--;
	return name;
}

void vexfs_names_free(struct vexfs_names *names)
{
	struct vexfs_name *name, *next;

	rbtree_postorder_for_each_entry_safe(name, next, &names->by_text, by_text) {
		kfree(name);
		cond_resched();
	}
}

static const struct vexfs_name *vexfs_names_from(const struct vexfs_names *names, u64 order)
{
	struct rb_node *node = names->by_order.rb_node;
	const struct vexfs_name *found = NULL;

	while (node) {
		if (vexfs_by_order(node)->order < order) {
			node = node->rb_right;
		} else {
			found = vexfs_by_order(node);
			node = node->rb_left;
		}
	}
	return found;
}

static int vexfs_told_take(struct vexfs_told *told, const struct vexfs_name *name)
{
	if (!name)
		return -ENOENT;
	told->entry = name->entry;
	told->order = name->order;
	told->bytes = name->bytes;
	memcpy(told->text, name->text, name->bytes + 1);
	return 0;
}

/* What is looked for. */
struct vexfs_wanted {
	const char *text;
	bool next;
	u64 order;
};

/* Under the lock of the instance, which is served. */
static int vexfs_told_look(const struct vexfs_names *names, const struct vexfs_wanted *wanted, struct vexfs_told *told)
{
	struct rb_node *node;

	if (wanted->next)
		return vexfs_told_take(told, vexfs_names_from(names, wanted->order));
	if (!wanted->text) {
		told->entry = names->root;
		return 0;
	}
	node = rb_find(wanted->text, &names->by_text, vexfs_name_compare);
	return vexfs_told_take(told, node ? vexfs_by_text(node) : NULL);
}

static int vexfs_told_wait(struct inode *inode, const struct vexfs_wanted *wanted, struct vexfs_told *told)
{
	const struct vexfs_mount *mount = vexfs_mount_of(inode->i_sb);
	struct vexfs_instance *instance = mount->instance;
	unsigned long left = msecs_to_jiffies(mount->park_ms);
	bool served, parked = false;
	int error = 0;

	for (;;) {
		spin_lock(&instance->lock);
		served = instance->channel;
		if (served) {
			error = vexfs_told_look(&instance->channel->names, wanted, told);
			told->generation = instance->generation;
			told->daemon = instance->channel->user;
		}
		spin_unlock(&instance->lock);
		if (served)
			return error;
		if (!parked)
			vexfs_count(vexfs_inode_of(inode), VEXFS_COUNTER_PARKED, 1);
		parked = true;
		error = vexfs_instance_wait(instance, &left);
		if (error == -ENOTCONN)
			vexfs_count(vexfs_inode_of(inode), VEXFS_COUNTER_EXPIRED, 1);
		if (error)
			return error;
	}
}

int vexfs_told_find(struct inode *inode, const char *text, struct vexfs_told *told)
{
	return vexfs_told_wait(inode, &(struct vexfs_wanted){ .text = text }, told);
}

int vexfs_told_next(struct inode *inode, u64 order, struct vexfs_told *told)
{
	return vexfs_told_wait(inode, &(struct vexfs_wanted){ .next = true, .order = order }, told);
}
