// SPDX-License-Identifier: GPL-2.0-only
#include "instance.h"

#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "parameters.h"

static LIST_HEAD(vexfs_instances);
static DEFINE_MUTEX(vexfs_instances_mutex);	/* guards the list, and the way of a reference to 0 */
static u64 vexfs_instances_last_id;		/* the same */

static struct vexfs_instance *vexfs_instance_make(const char *name)
{
	struct vexfs_instance *instance = kzalloc(sizeof(*instance), GFP_KERNEL_ACCOUNT);

	if (!instance)
		return ERR_PTR(-ENOMEM);
	strscpy(instance->name, name, sizeof(instance->name));
	refcount_set(&instance->references, 1);
	instance->id = ++vexfs_instances_last_id;
	spin_lock_init(&instance->lock);
	instance->call_bytes_max = VEXFS_CALL_BYTES_MAX;
	init_waitqueue_head(&instance->changed);
	init_waitqueue_head(&instance->room);
	list_add_tail(&instance->link, &vexfs_instances);
	return instance;
}

struct vexfs_instance *vexfs_instance_get(const char *name)
{
	struct vexfs_instance *instance;
	size_t bytes = strlen(name);

	if (!bytes || bytes > VEXFS_NAME_BYTES_MAX || strchr(name, '/'))
		return ERR_PTR(-EINVAL);
	mutex_lock(&vexfs_instances_mutex);
	list_for_each_entry(instance, &vexfs_instances, link) {
		if (!strcmp(instance->name, name)) {
			refcount_inc(&instance->references);
			goto out;
		}
	}
	instance = vexfs_instance_make(name);
out:
	mutex_unlock(&vexfs_instances_mutex);
	return instance;
}

void vexfs_instance_put(struct vexfs_instance *instance)
{
	if (!refcount_dec_and_mutex_lock(&instance->references, &vexfs_instances_mutex))
		return;
	list_del(&instance->link);
	mutex_unlock(&vexfs_instances_mutex);
	kfree_rcu(instance, rcu);
}

void vexfs_instance_changes(struct vexfs_instance *instance)
{
	instance->changes++;
	WRITE_ONCE(instance->generation, instance->channel ? instance->changes : 0);
}

static bool vexfs_is_served(struct vexfs_instance *instance)
{
	return READ_ONCE(instance->channel);
}

int vexfs_instance_wait(struct vexfs_instance *instance, unsigned long *left)
{
	long waited;

	waited = wait_event_killable_timeout(instance->changed, vexfs_is_served(instance), *left);
	if (waited < 0)
		return -EINTR;
	if (!waited)
		return -ENOTCONN;
	*left = waited;
	return 0;
}

struct vexfs_instance_state vexfs_instance_state(struct vexfs_instance *instance)
{
	struct vexfs_instance_state state;

	spin_lock(&instance->lock);
	state.served = instance->channel;
	state.epoch = instance->epoch;
	spin_unlock(&instance->lock);
	state.in_work = atomic_read(&instance->in_work);
	return state;
}

int vexfs_instances_each(int (*tell)(struct vexfs_instance *instance, void *data), void *data)
{
	struct vexfs_instance *instance;
	int result = 0;

	mutex_lock(&vexfs_instances_mutex);
	list_for_each_entry(instance, &vexfs_instances, link) {
		result = tell(instance, data);
		if (result)
			break;
	}
	mutex_unlock(&vexfs_instances_mutex);
	return result;
}

static bool vexfs_room_try(struct vexfs_instance *instance)
{
	int in_work = atomic_read(&instance->in_work);

	do {
		if (in_work >= (int)vexfs_max_concurrent_ops())
			return false;
	} while (!atomic_try_cmpxchg(&instance->in_work, &in_work, in_work + 1));
	return true;
}

int vexfs_room_take(struct vexfs_instance *instance, bool wait)
{
	if (vexfs_room_try(instance))
		return 0;
	if (!wait)
		return -EAGAIN;
	return wait_event_killable(instance->room, vexfs_room_try(instance)) ? -EINTR : 0;
}

void vexfs_room_give(struct vexfs_instance *instance)
{
	atomic_dec(&instance->in_work);
	if (wq_has_sleeper(&instance->room))
		wake_up(&instance->room);
}
