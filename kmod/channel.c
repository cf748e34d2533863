// SPDX-License-Identifier: GPL-2.0-only
/* The daemon's side: /dev/vexfs. */
#include "channel.h"

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "call.h"
#include "events.h"
#include "instance.h"
#include "node.h"
#include "parameters.h"
#include "trace.h"

void vexfs_channel_add(struct vexfs_channel *channel, struct vexfs_call *call)
{
	call->header.id = ++channel->last_id;
	call->header.data_bytes = call->in.bytes;
	call->state = VEXFS_CALL_PENDING;
	list_add_tail(&call->pending, &channel->pending);
	if (channel->idle_since_ns)
		vexfs_spin_learn(&channel->spin, ktime_get_ns() - channel->idle_since_ns);
	channel->idle_since_ns = 0;
	if (channel->spinning)
		WRITE_ONCE(channel->spinning, false);
	else
		wake_up(&channel->wait);
}

unsigned long vexfs_channel_silence(struct vexfs_channel *channel, unsigned long limit)
{
	unsigned long silence;

	if (channel->leaving || atomic_read(&channel->waiting))
		return 0;
	silence = jiffies - READ_ONCE(channel->seen_at);
	if (silence < limit || !vexfs_life_works(&channel->life))
		return silence;
	WRITE_ONCE(channel->seen_at, jiffies);
	return 0;
}

bool vexfs_channel_holds(struct vexfs_instance *instance, const struct vexfs_validity *validity)
{
	const struct vexfs_channel *channel;
	bool holds;

	spin_lock(&instance->lock);
	channel = instance->channel;
	holds = channel && validity->epoch == instance->epoch &&
		READ_ONCE(channel->generations[validity->slot]) == validity->generation;
	spin_unlock(&instance->lock);
	return holds;
}

/* What nobody has seen may go to the next daemon, and so may what does no harm when it is done twice. */
static void vexfs_channel_fail_pending(struct vexfs_channel *channel)
{
	struct vexfs_call *call, *next;

	list_for_each_entry_safe(call, next, &channel->pending, pending) {
		list_del_init(&call->pending);
		vexfs_call_finish(call, -VEXFS_ERROR_NEW_DAEMON);
	}
}

/* How a call ends whose daemon has seen it and ended. */
static int vexfs_call_lost(const struct vexfs_call *call)
{
	return call->repeatable ? -VEXFS_ERROR_NEW_DAEMON : -ECONNRESET;
}

static void vexfs_channel_fail_sent(struct vexfs_channel *channel)
{
	struct vexfs_call *call;
	struct hlist_node *next;
	int bucket;

	hash_for_each_safe(channel->sent, bucket, next, call, sent) {
		hash_del(&call->sent);
		vexfs_call_finish(call, vexfs_call_lost(call));
	}
}

/* No more requests go to this channel. Under the instance's lock. */
static void vexfs_channel_leave(struct vexfs_channel *channel)
{
	if (channel->instance->channel == channel) {
		channel->instance->channel = NULL;
		vexfs_instance_changes(channel->instance);
	}
	channel->leaving = true;
	WRITE_ONCE(channel->spinning, false);
	vexfs_channel_fail_pending(channel);
	wake_up_all(&channel->wait);
}

static long vexfs_serve(struct vexfs_channel *channel, struct vexfs_serve_args __user *user)
{
	struct vexfs_serve_args args;
	struct vexfs_instance *instance;
	size_t bytes;
	long error = 0;

	if (copy_from_user(&args, user, sizeof(args)))
		return -EFAULT;
	if (args.version != VEXFS_PROTOCOL_VERSION)
		return -EPROTONOSUPPORT;
	bytes = strnlen(args.instance, sizeof(args.instance));
	if (args.worker_threads || args.reserved || bytes == sizeof(args.instance) ||
	    memchr_inv(args.instance + bytes, 0, sizeof(args.instance) - bytes))
		return -EINVAL;
	args.worker_threads = vexfs_worker_threads();
	if (copy_to_user(user, &args, sizeof(args)))
		return -EFAULT;
	if (mutex_lock_killable(&channel->mutex))
		return -EINTR;
	if (channel->instance) {
		mutex_unlock(&channel->mutex);
		return -EBUSY;
	}
	instance = vexfs_instance_get(args.instance);
	if (IS_ERR(instance)) {
		mutex_unlock(&channel->mutex);
		return PTR_ERR(instance);
	}
	spin_lock(&instance->lock);
	if (instance->served) {
		error = -EBUSY;
	} else {
		channel->seen_at = jiffies;
		instance->served = true;
		instance->call_bytes_max = min_t(u32, args.call_bytes_max, VEXFS_CALL_BYTES_MAX);
		instance->channel = channel;
		vexfs_instance_changes(instance);
		instance->epoch++;
	}
	spin_unlock(&instance->lock);
	if (error) {
		vexfs_instance_put(instance);
	} else {
		/* Pairs with that of vexfs_channel_serves(). */
		smp_store_release(&channel->instance, instance);
		wake_up_all(&instance->changed);
		vexfs_event_tell(VEXFS_EVENT_DAEMON_BACK, instance, NULL);
	}
	mutex_unlock(&channel->mutex);
	return error;
}

static struct vexfs_call *vexfs_channel_find_sent(struct vexfs_channel *channel, u64 id)
{
	struct vexfs_call *call;

	hash_for_each_possible(channel->sent, call, sent, id)
		if (call->header.id == id)
			return call;
	return NULL;
}

/* Into the call's room, or what they tell of. */
static int vexfs_reply_take_data(struct vexfs_call *call, const struct vexfs_reply *reply)
{
	const void __user *data = u64_to_user_ptr(reply->data);
	int error;

	if (call->header.op == VEXFS_OP_OPEN && reply->opened.flags & VEXFS_OPENED_BACKED) {
		call->backing = vexfs_backing_make(data, reply->data_bytes, reply->count);
		error = PTR_ERR_OR_ZERO(call->backing);
		if (error)
			call->backing = NULL;
		return error;
	}
	error = vexfs_span_take(&call->out, data, reply->data_bytes);
	if (!error)
		call->out_bytes = reply->data_bytes;
	return error;
}

/* A reply's data are taken before anybody is told of it. */
static int vexfs_reply_copy(struct vexfs_call *call, const struct vexfs_reply *reply)
{
	bool keep = reply->flags & VEXFS_REPLY_KEEP;
	int error;

	if (reply->error > 0 || reply->error <= -VEXFS_ERROR_MAX || reply->flags & ~VEXFS_REPLY_KEEP ||
	    (keep ? reply->slot >= VEXFS_GENERATIONS_MAX : reply->slot || reply->generation))
		return -EINVAL;
	error = vexfs_reply_take_data(call, reply);
	if (error)
		return error;
	call->count = reply->count;
	call->entry = reply->entry;
	call->opened = reply->opened;
	call->validity = (struct vexfs_validity){
		.keep = keep && !reply->error,
		.slot = reply->slot,
		.generation = reply->generation,
		.epoch = call->sent_epoch,
	};
	return 0;
}

/* 1 where nobody wants the reply any more. */
static int vexfs_channel_reply(struct vexfs_channel *channel, const struct vexfs_reply *reply)
{
	struct vexfs_instance *instance = channel->instance;
	struct vexfs_call *call;
	int error, dropped = 0;

	spin_lock(&instance->lock);
	call = vexfs_channel_find_sent(channel, reply->id);
	if (call) {
		hash_del(&call->sent);
		call->state = VEXFS_CALL_REPLYING;
		vexfs_call_get(call);
	}
	spin_unlock(&instance->lock);
	if (!call)
		return 1;
	error = vexfs_reply_copy(call, reply);
	spin_lock(&instance->lock);
	dropped = call->state == VEXFS_CALL_ABANDONED;
	/* Who is killed in the midst of a copy has made no mistake. */
	vexfs_call_finish(call, !error ? reply->error : fatal_signal_pending(current) ? vexfs_call_lost(call) : -EIO);
	spin_unlock(&instance->lock);
	vexfs_call_put(call);
	return error ? error : dropped;
}

/* The next request with a reference, 0 bytes of room where it needs more; or an error pointer, or NULL for none. */
static struct vexfs_call *vexfs_channel_take(struct vexfs_channel *channel, u64 room, u64 *needed)
{
	struct vexfs_call *call = NULL;

	spin_lock(&channel->instance->lock);
	if (!list_empty(&channel->pending)) {
		call = list_first_entry(&channel->pending, struct vexfs_call, pending);
		*needed = vexfs_call_bytes(call);
		if (*needed > room) {
			/* Another thread may have the room. */
			wake_up(&channel->wait);
			call = ERR_PTR(-EMSGSIZE);
		} else {
			list_del_init(&call->pending);
			call->state = VEXFS_CALL_SENT;
			hash_add(channel->sent, &call->sent, call->header.id);
			vexfs_call_get(call);
		}
	} else if (channel->leaving) {
		call = ERR_PTR(-ESHUTDOWN);
	}
	spin_unlock(&channel->instance->lock);
	return call;
}

static int vexfs_call_give(const struct vexfs_call *call, void __user *to)
{
	const struct vexfs_request *header = &call->header;
	size_t names = header->collection_bytes + header->name_bytes;

	if (copy_to_user(to, header, sizeof(*header)))
		return -EFAULT;
	to += sizeof(*header);
	if (vexfs_span_give(&call->in, to))
		return -EFAULT;
	to += call->in.bytes;
	if (copy_to_user(to, call->names, names))
		return -EFAULT;
	to += names;
	return copy_to_user(to, call->groups, header->group_count * sizeof(*call->groups)) ? -EFAULT : 0;
}

/* A request that doesn't reach the daemon, whose buffer isn't there, or who is killed. */
static void vexfs_channel_undo(struct vexfs_channel *channel, struct vexfs_call *call)
{
	spin_lock(&channel->instance->lock);
	if (call->state == VEXFS_CALL_SENT) {
		hash_del(&call->sent);
		vexfs_call_finish(call, fatal_signal_pending(current) ? -VEXFS_ERROR_NEW_DAEMON : -EIO);
	}
	spin_unlock(&channel->instance->lock);
}

/* There was nothing: one of the threads spins until something comes, or a sleep is better. */
static void vexfs_channel_spin(struct vexfs_channel *channel)
{
	spinlock_t *lock = &channel->instance->lock;
	u64 begun = ktime_get_ns();
	bool alone;

	spin_lock(lock);
	channel->idle_since_ns = begun;
	alone = !channel->spinning && list_empty(&channel->pending) && !channel->leaving &&
		vexfs_spin_pays(&channel->spin);
	if (alone)
		channel->spinning = true;
	spin_unlock(lock);
	if (!alone)
		return;
	vexfs_spin_until(&channel->spin, begun, !READ_ONCE(channel->spinning));
	spin_lock(lock);
	channel->spinning = false;
	spin_unlock(lock);
}

/* The next request, once there is one; as vexfs_channel_take(). */
static struct vexfs_call *vexfs_channel_wait(struct vexfs_channel *channel, u64 room, u64 *needed)
{
	struct vexfs_call *call = vexfs_channel_take(channel, room, needed);
	int error;

	if (call)
		return call;
	atomic_inc(&channel->waiting);
	vexfs_channel_spin(channel);
	error = wait_event_interruptible_exclusive(channel->wait, (call = vexfs_channel_take(channel, room, needed)));
	WRITE_ONCE(channel->seen_at, jiffies);
	atomic_dec(&channel->waiting);
	return error ? ERR_PTR(-EINTR) : call;
}

static long vexfs_channel_fetch(struct vexfs_channel *channel, struct vexfs_next_args *args)
{
	struct vexfs_call *call = vexfs_channel_wait(channel, args->buffer_bytes, &args->needed_bytes);
	long error;

	if (IS_ERR(call))
		return PTR_ERR(call);
	trace_vexfs_request_handed(call, 0);
	error = vexfs_call_give(call, u64_to_user_ptr(args->buffer));
	if (error)
		vexfs_channel_undo(channel, call);
	vexfs_call_put(call);
	return error;
}

static long vexfs_next(struct vexfs_channel *channel, struct vexfs_next_args __user *user)
{
	struct vexfs_next_args args;
	long error = 0;
	u32 asked;

	if (copy_from_user(&args, user, sizeof(args)))
		return -EFAULT;
	if (args.flags & ~VEXFS_NEXT_ONLY_REPLY || args.reserved || args.needed_bytes)
		return -EINVAL;
	error = vexfs_life_join(&channel->life);
	if (error)
		return error;
	WRITE_ONCE(channel->seen_at, jiffies);
	asked = args.flags;
	args.flags = 0;
	if (args.reply.id) {
		error = vexfs_channel_reply(channel, &args.reply);
		if (error < 0)
			return error;
		if (error == 1)
			args.flags = VEXFS_NEXT_DROPPED;
		error = 0;
	}
	if (!(asked & VEXFS_NEXT_ONLY_REPLY))
		error = vexfs_channel_fetch(channel, &args);
	if (put_user(args.flags, &user->flags) || put_user(args.needed_bytes, &user->needed_bytes))
		return -EFAULT;
	return error;
}

static bool vexfs_channel_serves(struct vexfs_channel *channel)
{
	/* Who sees the instance sees what vexfs_serve() did before. */
	return smp_load_acquire(&channel->instance);
}

static long vexfs_device_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct vexfs_channel *channel = file->private_data;
	void __user *user = (void __user *)argument;

	switch (command) {
	case VEXFS_IOC_SERVE:
		return vexfs_serve(channel, user);
	case VEXFS_IOC_NEXT:
		if (!vexfs_channel_serves(channel))
			return -ENOTCONN;
		return vexfs_next(channel, user);
	case VEXFS_IOC_LEAVE:
		if (!vexfs_channel_serves(channel))
			return -ENOTCONN;
		spin_lock(&channel->instance->lock);
		vexfs_channel_leave(channel);
		spin_unlock(&channel->instance->lock);
		return 0;
	default:
		return -ENOTTY;
	}
}

static int vexfs_device_open(struct inode *inode, struct file *file)
{
	struct vexfs_channel *channel = kzalloc(sizeof(*channel), GFP_KERNEL_ACCOUNT);

	if (!channel)
		return -ENOMEM;
	channel->generations = vmalloc_user(VEXFS_GENERATIONS_BYTES);
	if (!channel->generations) {
		kfree(channel);
		return -ENOMEM;
	}
	channel->user = file->f_cred->euid;
	mutex_init(&channel->mutex);
	INIT_LIST_HEAD(&channel->pending);
	channel->names.by_text = RB_ROOT;
	channel->names.by_order = RB_ROOT;
	channel->names.root = vexfs_root_entry;
	hash_init(channel->sent);
	vexfs_life_init(&channel->life);
	init_waitqueue_head(&channel->wait);
	file->private_data = channel;
	return nonseekable_open(inode, file);
}

/* No thread of the daemon's is in an ioctl of this file any more. */
static int vexfs_device_release(struct inode *inode, struct file *file)
{
	struct vexfs_channel *channel = file->private_data;
	struct vexfs_instance *instance = channel->instance;

	if (instance) {
		spin_lock(&instance->lock);
		vexfs_channel_leave(channel);
		vexfs_channel_fail_sent(channel);
		instance->served = false;
		spin_unlock(&instance->lock);
		vexfs_event_tell(VEXFS_EVENT_DAEMON_LOST, instance, NULL);
		vexfs_instance_put(instance);
	}
	vexfs_names_free(&channel->names);
	vexfs_life_free(&channel->life);
	vfree(channel->generations);
	kfree(channel);
	return 0;
}

/* The mapping holds the file, and with it the memory. */
static int vexfs_device_mmap(struct file *file, struct vm_area_struct *area)
{
	struct vexfs_channel *channel = file->private_data;

	if (!(area->vm_flags & VM_SHARED) || area->vm_pgoff || area->vm_end - area->vm_start != VEXFS_GENERATIONS_BYTES)
		return -EINVAL;
	return remap_vmalloc_range(area, channel->generations, 0);
}

static const struct file_operations vexfs_device_operations = {
	.owner = THIS_MODULE,
	.open = vexfs_device_open,
	.release = vexfs_device_release,
	.unlocked_ioctl = vexfs_device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = vexfs_device_mmap,
};

struct vexfs_channel *vexfs_channel_of(struct file *file)
{
	return file->f_op == &vexfs_device_operations ? file->private_data : NULL;
}

static struct miscdevice vexfs_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = VEXFS_DEVICE,
	.fops = &vexfs_device_operations,
	.mode = 0660,
};

int vexfs_device_init(void)
{
	return misc_register(&vexfs_device);
}

void vexfs_device_exit(void)
{
	misc_deregister(&vexfs_device);
}
