// SPDX-License-Identifier: GPL-2.0-only
/* VEXFS_IOC_CALL: a request and its reply in one step. */
#include <linux/err.h>
#include <linux/uaccess.h>

#include "cache.h"
#include "call.h"
#include "counters.h"
#include "file.h"
#include "node.h"

/* Reads the request, which the key has where it has one. */
static int vexfs_call_fill(struct vexfs_call *call, const struct vexfs_call_args *args,
			   const struct vexfs_cache_key *key)
{
	int error;

	if (!key->memory)
		return vexfs_span_from_user(&call->in, u64_to_user_ptr(args->request), args->request_bytes);
	error = vexfs_span_room(&call->in, args->request_bytes);
	if (!error)
		memcpy(call->in.memory, key->memory + key->request_offset, args->request_bytes);
	return error;
}

/*
 * Makes room for the reply. Programs give much room for little that comes: their pages are pinned only where the
 * last reply was long, and memory is had for what comes else.
 */
static int vexfs_call_room(struct vexfs_call *call, const struct vexfs_call_args *args,
			   const struct vexfs_cache_key *key, const struct vexfs_file *own)
{
	bool kept = key->memory && args->reply_bytes <= VEXFS_CACHED_REPLY_BYTES_MAX;
	bool short_one = !own->long_replies && args->reply_bytes <= VEXFS_TRANSFER_BYTES_MAX;

	if (!kept && !short_one)
		return vexfs_span_for_user(&call->out, u64_to_user_ptr(args->reply), args->reply_bytes);
	vexfs_span_room_later(&call->out, args->reply_bytes);
	return 0;
}

/*
 * Has the daemon answer. A reply is kept where nothing else went through the file meanwhile, so that it is surely
 * the reply to this request; and where no program can have written to it.
 */
static int vexfs_call_ask(struct file *file, struct vexfs_call *call, struct vexfs_call_args *args,
			  struct vexfs_cache_key *key)
{
	struct vexfs_file *own = file->private_data;
	bool alone = atomic_inc_return(&own->active) == 1 && !own->midway && !own->written;
	int begun = atomic_inc_return(&own->begun);
	int error = vexfs_call_fill(call, args, key);

	if (!error)
		error = vexfs_call_room(call, args, key, own);
	if (!error)
		error = vexfs_file_run(file, call);
	if (!error)
		error = vexfs_span_to_user(&call->out, u64_to_user_ptr(args->reply), call->out_bytes);
	args->reply_bytes = call->out_bytes;
	own->long_replies = call->out_bytes >= VEXFS_PINNED_BYTES_MIN;
	own->midway = !error && call->count & VEXFS_COUNT_MIDWAY;
	if (error || own->midway)
		own->written = true;
	else if (key->memory && call->validity.keep && call->out.later && alone && atomic_read(&own->begun) == begun)
		vexfs_cache_keep(key, &call->validity, call->out.memory, call->out_bytes);
	atomic_dec(&own->active);
	return error;
}

/* Has the cache answer. 1 where it did, 0 where it can't; or a negative errno. */
static int vexfs_call_look(struct file *file, struct vexfs_call *call, struct vexfs_call_args *args,
			   struct vexfs_cache_key *key)
{
	const struct vexfs_file *own = file->private_data;
	const struct vexfs_inode *node = vexfs_inode_of(file_inode(file));
	struct vexfs_instance *instance = vexfs_file_instance(file);
	struct vexfs_cached *cached;
	int result = 0;

	if (!call->repeatable || own->midway || own->written)
		return 0;
	result = vexfs_cache_key_read(key, instance, call, u64_to_user_ptr(args->request), args->request_bytes);
	if (result <= 0)
		return result;
	result = 0;
	cached = vexfs_cache_find(instance, key);
	if (cached && vexfs_cached_bytes(cached) <= args->reply_bytes) {
		args->reply_bytes = vexfs_cached_bytes(cached);
		result = vexfs_cached_to_user(cached, u64_to_user_ptr(args->reply));
		if (!result)
			result = 1;
	}
	if (cached)
		vexfs_cached_put(cached);
	vexfs_count(node, result == 1 ? VEXFS_COUNTER_CACHE_HITS : VEXFS_COUNTER_CACHE_MISSES, 1);
	return result;
}

/* A program's memory is pinned only while its request has room among max_concurrent_ops. */
static long vexfs_call(struct file *file, struct vexfs_call_args *args)
{
	struct vexfs_cache_key key = {};
	struct vexfs_call *call = vexfs_file_call(VEXFS_OP_CALL, file);
	long error;

	if (IS_ERR(call))
		return PTR_ERR(call);
	call->repeatable = args->flags & VEXFS_CALL_REPEATABLE;
	call->header.size = args->reply_bytes;
	error = vexfs_call_look(file, call, args, &key);
	if (error)
		goto out;
	error = vexfs_file_take_room(file, !(file->f_flags & O_NONBLOCK));
	if (error)
		goto out;
	error = vexfs_call_ask(file, call, args, &key);
	vexfs_room_give(vexfs_file_instance(file));
out:
	vexfs_cache_key_free(&key);
	vexfs_call_put(call);
	return error < 0 ? error : 0;
}

long vexfs_file_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct vexfs_call_args __user *user = (void __user *)argument;
	struct vexfs_call_args args;
	long error;

	if (command != VEXFS_IOC_CALL || !vexfs_file_is(file, VEXFS_OPENED_CALL))
		return -ENOTTY;
	if ((file->f_mode & (FMODE_READ | FMODE_WRITE)) != (FMODE_READ | FMODE_WRITE))
		return -EBADF;
	if (copy_from_user(&args, user, sizeof(args)))
		return -EFAULT;
	if (args.flags & ~VEXFS_CALL_REPEATABLE || args.reserved)
		return -EINVAL;
	if (args.request_bytes > READ_ONCE(vexfs_file_instance(file)->call_bytes_max))
		return -EMSGSIZE;
	args.reply_bytes = min_t(u64, args.reply_bytes, VEXFS_REPLY_BYTES_MAX);
	error = vexfs_call(file, &args);
	if (!error && put_user(args.reply_bytes, &user->reply_bytes))
		error = -EFAULT;
	return error;
}
