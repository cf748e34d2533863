// SPDX-License-Identifier: GPL-2.0-only
/* What a daemon tells by netlink: the root, and the names below it. Its open device says whose they are. */
#include <linux/file.h>
#include <linux/slab.h>

#include "channel.h"
#include "instance.h"
#include "names.h"
#include "netlink.h"
#include "node.h"

/* A channel that a message is for, with what holds it, and that nobody else tells anything. */
struct vexfs_telling {
	struct file *file;
	struct vexfs_channel *channel;
};

static int vexfs_tell_begin(struct vexfs_telling *telling, struct genl_info *info)
{
	struct nlattr *descriptor = info->attrs[VEXFS_ATTR_CHANNEL];

	if (GENL_REQ_ATTR_CHECK(info, VEXFS_ATTR_CHANNEL))
		return -EINVAL;
	telling->file = fget(nla_get_u32(descriptor));
	telling->channel = telling->file ? vexfs_channel_of(telling->file) : NULL;
	if (!telling->channel) {
		if (telling->file)
			fput(telling->file);
		NL_SET_ERR_MSG_ATTR(info->extack, descriptor, "this is no descriptor of /dev/vexfs");
		return -EBADF;
	}
	if (!mutex_lock_killable(&telling->channel->mutex))
		return 0;
	fput(telling->file);
	return -EINTR;
}

static void vexfs_tell_end(struct vexfs_telling *telling)
{
	mutex_unlock(&telling->channel->mutex);
	fput(telling->file);
}

/* What programs look at under a lock, where the channel serves any. */
static spinlock_t *vexfs_tell_lock(struct vexfs_channel *channel)
{
	static DEFINE_SPINLOCK(nobody_looks);

	return channel->instance ? &channel->instance->lock : &nobody_looks;
}

/* Under that lock. */
static void vexfs_tell_done(struct vexfs_channel *channel)
{
	if (channel->instance && channel->instance->channel == channel)
		vexfs_instance_changes(channel->instance);
}

static int vexfs_tell_check_name(const char *text, struct genl_info *info)
{
	if (*text && strcmp(text, ".") && strcmp(text, "..") && !strchr(text, '/'))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[VEXFS_ATTR_NAME], "nothing can have such a name");
	return -EINVAL;
}

static int vexfs_tell_check_entry(const struct vexfs_entry *entry, bool of_root, struct genl_info *info)
{
	bool is_root = entry->number == VEXFS_ROOT_NUMBER && !entry->kind && !entry->point &&
		       !(entry->flags & VEXFS_ENTRY_COLLECTION);

	if (vexfs_entry_is_sound(entry) && S_ISDIR(entry->mode) &&
	    (of_root ? is_root : entry->number != VEXFS_ROOT_NUMBER))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[VEXFS_ATTR_ENTRY], "it is no entry of such a directory");
	return -EINVAL;
}

static int vexfs_tell_root(struct vexfs_channel *channel, const struct vexfs_entry *entry)
{
	spinlock_t *lock = vexfs_tell_lock(channel);

	spin_lock(lock);
	channel->names.root = *entry;
	vexfs_tell_done(channel);
	spin_unlock(lock);
	return 0;
}

static bool vexfs_tell_change(struct vexfs_channel *channel, const char *text, const struct vexfs_entry *entry)
{
	spinlock_t *lock = vexfs_tell_lock(channel);
	bool changed;

	spin_lock(lock);
	changed = vexfs_names_change(&channel->names, text, entry);
	if (changed)
		vexfs_tell_done(channel);
	spin_unlock(lock);
	return changed;
}

/* What a name means that is known takes no room: that can always be told. */
static int vexfs_tell_name(struct vexfs_channel *channel, const char *text, const struct vexfs_entry *entry,
			   struct genl_info *info)
{
	spinlock_t *lock = vexfs_tell_lock(channel);
	struct vexfs_name *made;

	if (vexfs_tell_change(channel, text, entry))
		return 0;
	if (channel->names.count >= VEXFS_NAMES_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[VEXFS_ATTR_NAME], "there is no room for one more name");
		return -ENOSPC;
	}
	made = vexfs_name_make(text, entry);
	if (!made)
		return -ENOMEM;
	spin_lock(lock);
	vexfs_names_add(&channel->names, made);
	vexfs_tell_done(channel);
	spin_unlock(lock);
	return 0;
}

int vexfs_set_name(struct sk_buff *message, struct genl_info *info)
{
	struct nlattr *name = info->attrs[VEXFS_ATTR_NAME];
	struct vexfs_telling telling;
	struct vexfs_entry entry;
	int error;

	if (GENL_REQ_ATTR_CHECK(info, VEXFS_ATTR_ENTRY))
		return -EINVAL;
	nla_memcpy(&entry, info->attrs[VEXFS_ATTR_ENTRY], sizeof(entry));
	error = vexfs_tell_check_entry(&entry, !name, info);
	if (!error && name)
		error = vexfs_tell_check_name(nla_data(name), info);
	if (!error)
		error = vexfs_tell_begin(&telling, info);
	if (error)
		return error;
	error = name ? vexfs_tell_name(telling.channel, nla_data(name), &entry, info) :
		       vexfs_tell_root(telling.channel, &entry);
	vexfs_tell_end(&telling);
	return error;
}

int vexfs_remove_name(struct sk_buff *message, struct genl_info *info)
{
	struct nlattr *name = info->attrs[VEXFS_ATTR_NAME];
	struct vexfs_telling telling;
	struct vexfs_name *taken;
	spinlock_t *lock;
	int error;

	if (GENL_REQ_ATTR_CHECK(info, VEXFS_ATTR_NAME))
		return -EINVAL;
	error = vexfs_tell_begin(&telling, info);
	if (error)
		return error;
	lock = vexfs_tell_lock(telling.channel);
	spin_lock(lock);
	taken = vexfs_names_take(&telling.channel->names, nla_data(name));
	vexfs_tell_done(telling.channel);
	spin_unlock(lock);
	vexfs_tell_end(&telling);
	if (!taken) {
		NL_SET_ERR_MSG_ATTR(info->extack, name, "there is no such name");
		return -ENOENT;
	}
	kfree(taken);
	return 0;
}
