// SPDX-License-Identifier: GPL-2.0-only
#include "call.h"

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uidgid.h>

#include "channel.h"

static struct kmem_cache *vexfs_call_cache;

int vexfs_calls_init(void)
{
	const size_t given = offsetof(struct vexfs_call, header);
	const size_t given_bytes = offsetofend(struct vexfs_call, names) - given;

	vexfs_call_cache = kmem_cache_create_usercopy("vexfs_call", sizeof(struct vexfs_call), 0, SLAB_ACCOUNT, given,
						      given_bytes, NULL);
	return vexfs_call_cache ? 0 : -ENOMEM;
}

void vexfs_calls_exit(void)
{
	kmem_cache_destroy(vexfs_call_cache);
}

/* Who may do everything needs no groups. */
static int vexfs_call_take_groups(struct vexfs_call *call, const struct cred *cred)
{
	const struct group_info *info = cred->group_info;
	unsigned int count = min_t(unsigned int, info->ngroups, VEXFS_GROUPS_MAX);
	unsigned int i;

	if (!count || uid_eq(cred->fsuid, GLOBAL_ROOT_UID))
		return 0;
	call->groups = kmalloc_array(count, sizeof(*call->groups), GFP_KERNEL_ACCOUNT);
	if (!call->groups)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		call->groups[i] = from_kgid_munged(&init_user_ns, info->gid[i]);
	call->header.group_count = count;
	return 0;
}

static int vexfs_call_take_names(struct vexfs_call *call, const char *collection, const char *name)
{
	size_t collection_bytes = collection ? strlen(collection) : 0;
	size_t name_bytes = name ? strlen(name) : 0;

	if (collection_bytes > VEXFS_NAME_BYTES_MAX || name_bytes > VEXFS_NAME_BYTES_MAX)
		return -ENAMETOOLONG;
	if (collection_bytes)
		memcpy(call->names, collection, collection_bytes);
	if (name_bytes)
		memcpy(call->names + collection_bytes, name, name_bytes);
	call->header.collection_bytes = collection_bytes;
	call->header.name_bytes = name_bytes;
	return 0;
}

struct vexfs_call *vexfs_call_make(u32 op, const struct cred *cred, const char *collection, const char *name)
{
	struct vexfs_call *call = kmem_cache_zalloc(vexfs_call_cache, GFP_KERNEL);
	int error;

	if (!call)
		return ERR_PTR(-ENOMEM);
	refcount_set(&call->references, 1);
	init_waitqueue_head(&call->done);
	INIT_LIST_HEAD(&call->pending);
	call->header.op = op;
	call->header.uid = from_kuid_munged(&init_user_ns, cred->fsuid);
	call->header.gid = from_kgid_munged(&init_user_ns, cred->fsgid);
	error = vexfs_call_take_names(call, collection, name);
	if (!error)
		error = vexfs_call_take_groups(call, cred);
	if (error) {
		vexfs_call_put(call);
		return ERR_PTR(error);
	}
	return call;
}

void vexfs_call_get(struct vexfs_call *call)
{
	refcount_inc(&call->references);
}

void vexfs_call_put(struct vexfs_call *call)
{
	if (!refcount_dec_and_test(&call->references))
		return;
	vexfs_span_free(&call->in);
	vexfs_span_free(&call->out);
	vexfs_backing_free(call->backing);
	kfree(call->groups);
	kmem_cache_free(vexfs_call_cache, call);
}

size_t vexfs_call_bytes(const struct vexfs_call *call)
{
	const struct vexfs_request *header = &call->header;

	return sizeof(*header) + call->in.bytes + header->collection_bytes + header->name_bytes +
	       header->group_count * sizeof(*call->groups);
}

void vexfs_call_finish(struct vexfs_call *call, int error)
{
	if (call->nobody_waits) {
		call->state = VEXFS_CALL_DONE;
		vexfs_call_put(call);
		return;
	}
	if (call->state == VEXFS_CALL_ABANDONED)
		return;
	call->error = error;
	WRITE_ONCE(call->state, VEXFS_CALL_DONE);
	wake_up(&call->done);
}

/* Hands it to the daemon that serves. -EAGAIN where none does, or -VEXFS_ERROR_NEW_DAEMON. */
static int vexfs_call_submit(struct vexfs_instance *instance, struct vexfs_call *call)
{
	int error = 0;

	spin_lock(&instance->lock);
	if (!instance->channel)
		error = -EAGAIN;
	else if (call->epoch && call->epoch != instance->epoch)
		error = -VEXFS_ERROR_NEW_DAEMON;
	if (!error) {
		call->sent_epoch = instance->epoch;
		call->channel = instance->channel;
		vexfs_channel_add(instance->channel, call);
	}
	spin_unlock(&instance->lock);
	return error;
}

static bool vexfs_is_done(struct vexfs_instance *instance, struct vexfs_call *call)
{
	bool done;

	spin_lock(&instance->lock);
	done = call->state == VEXFS_CALL_DONE;
	spin_unlock(&instance->lock);
	return done;
}

/* Takes it back from the daemon. Under the instance's lock; it isn't done. */
static void vexfs_call_abandon(struct vexfs_call *call)
{
	if (call->state == VEXFS_CALL_PENDING)
		list_del_init(&call->pending);
	else if (call->state == VEXFS_CALL_SENT)
		hlist_del_init(&call->sent);
	call->state = VEXFS_CALL_ABANDONED;
}

/* 0 where it is done in this moment, else -EINTR, and nobody waits for it any more. */
static int vexfs_call_kill(struct vexfs_instance *instance, struct vexfs_call *call)
{
	int error = 0;

	spin_lock(&instance->lock);
	if (call->state != VEXFS_CALL_DONE) {
		vexfs_call_abandon(call);
		error = -EINTR;
	}
	spin_unlock(&instance->lock);
	return error;
}

/*
 * For how many jiffies more a daemon of which nothing is seen is waited for, which are none where it is done. Or that
 * it hangs, and nobody waits for it any more: what it hasn't got, or only looks, is as where there is none.
 */
static long vexfs_call_patience(struct vexfs_instance *instance, struct vexfs_call *call, unsigned long limit)
{
	unsigned long silence;
	long left = 0;

	spin_lock(&instance->lock);
	if (call->state == VEXFS_CALL_REPLYING) {
		left = limit;	/* bytes go where the program wants them; it mustn't go on before they are there */
	} else if (call->state != VEXFS_CALL_DONE) {
		silence = vexfs_channel_silence(call->channel, limit);
		if (silence < limit) {
			left = limit - silence;
		} else {
			left = call->state == VEXFS_CALL_PENDING || call->repeatable ? -ENOTCONN : -ECONNRESET;
			vexfs_call_abandon(call);
		}
	}
	spin_unlock(&instance->lock);
	return left;
}

/* Sleeps until the reply is there, as long as the daemon shows life. */
static int vexfs_call_sleep(struct vexfs_instance *instance, struct vexfs_call *call, unsigned int hang_ms)
{
	unsigned long limit = hang_ms ? max(msecs_to_jiffies(hang_ms), 1UL) : MAX_SCHEDULE_TIMEOUT;
	long waited, left = limit;

	do {
		waited = wait_event_killable_timeout(call->done, vexfs_is_done(instance, call), left);
		if (waited < 0)
			return vexfs_call_kill(instance, call);
		left = waited ? 0 : vexfs_call_patience(instance, call, limit);
	} while (left > 0);
	return left;
}

/* Waits for the reply: a moment without sleep, where that has paid lately. */
static int vexfs_call_wait(struct vexfs_instance *instance, struct vexfs_call *call, unsigned int hang_ms)
{
	struct vexfs_spin *spin = &instance->spins[call->header.op];
	u64 begun = ktime_get_ns();
	int error;

	if (vexfs_spin_pays(spin)) {
		call->spun = true;
		vexfs_spin_until(spin, begun, READ_ONCE(call->state) == VEXFS_CALL_DONE);
	}
	if (vexfs_is_done(instance, call)) {
		vexfs_spin_learn(spin, ktime_get_ns() - begun);
		return 0;
	}
	call->slept = true;
	error = vexfs_call_sleep(instance, call, hang_ms);
	vexfs_spin_learn(spin, ktime_get_ns() - begun);
	return error;
}

int vexfs_call_run(struct vexfs_instance *instance, struct vexfs_call *call, unsigned int park_ms,
		   unsigned int hang_ms)
{
	unsigned long left = msecs_to_jiffies(park_ms);
	int error;

	for (;;) {
		error = vexfs_call_submit(instance, call);
		if (error == -EAGAIN) {
			call->parked = true;
			error = vexfs_instance_wait(instance, &left);
			if (error)
				return error;
			continue;
		}
		if (error)
			return error;
		call->sendings++;
		error = vexfs_call_wait(instance, call, hang_ms);
		if (error)
			return error;
		if (call->error != -VEXFS_ERROR_NEW_DAEMON || call->epoch)
			return call->error;
	}
}

void vexfs_call_send(struct vexfs_instance *instance, struct vexfs_call *call)
{
	call->nobody_waits = true;
	if (vexfs_call_submit(instance, call))
		vexfs_call_put(call);
}
