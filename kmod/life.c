// SPDX-License-Identifier: GPL-2.0-only
#include "life.h"

#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>

struct vexfs_thread {
	struct hlist_node link;
	struct pid *pid;	/* with a reference */
	u64 ran_ns;		/* as it was looked at last */
};

void vexfs_life_init(struct vexfs_life *life)
{
	spin_lock_init(&life->lock);
	hash_init(life->threads);
}

static void vexfs_thread_remove(struct vexfs_thread *thread)
{
	hash_del(&thread->link);
	put_pid(thread->pid);
	kfree(thread);
}

void vexfs_life_free(struct vexfs_life *life)
{
	struct vexfs_thread *thread;
	struct hlist_node *next;
	int bucket;

	hash_for_each_safe(life->threads, bucket, next, thread, link)
		vexfs_thread_remove(thread);
}

static struct vexfs_thread *vexfs_thread_find(struct vexfs_life *life, const struct pid *pid)
{
	struct vexfs_thread *thread;

	hash_for_each_possible(life->threads, thread, link, (unsigned long)pid)
		if (thread->pid == pid)
			return thread;
	return NULL;
}

/* The time of a CPU that a thread had so far; false where it has ended. */
static bool vexfs_thread_ran(const struct vexfs_thread *thread, u64 *ran_ns)
{
	const struct task_struct *task;

	rcu_read_lock();
	task = pid_task(thread->pid, PIDTYPE_PID);
	if (task)
		*ran_ns = READ_ONCE(task->se.sum_exec_runtime);
	rcu_read_unlock();
	return task;
}

/* There are as many as live, however many come and go. */
static void vexfs_life_bury(struct vexfs_life *life)
{
	struct vexfs_thread *thread;
	struct hlist_node *next;
	u64 ran_ns;
	int bucket;

	hash_for_each_safe(life->threads, bucket, next, thread, link)
		if (!vexfs_thread_ran(thread, &ran_ns))
			vexfs_thread_remove(thread);
}

int vexfs_life_join(struct vexfs_life *life)
{
	struct pid *pid = task_pid(current);
	struct vexfs_thread *thread;
	bool known;

	spin_lock(&life->lock);
	known = vexfs_thread_find(life, pid);
	spin_unlock(&life->lock);
	if (known)
		return 0;
	thread = kzalloc(sizeof(*thread), GFP_KERNEL_ACCOUNT);
	if (!thread)
		return -ENOMEM;
	thread->pid = get_pid(pid);
	thread->ran_ns = current->se.sum_exec_runtime;
	spin_lock(&life->lock);
	vexfs_life_bury(life);
	hash_add(life->threads, &thread->link, (unsigned long)pid);
	spin_unlock(&life->lock);
	return 0;
}

bool vexfs_life_works(struct vexfs_life *life)
{
	struct vexfs_thread *thread;
	bool works = false;
	u64 ran_ns;
	int bucket;

	spin_lock(&life->lock);
	hash_for_each(life->threads, bucket, thread, link) {
		if (!vexfs_thread_ran(thread, &ran_ns) || ran_ns == thread->ran_ns)
			continue;
		thread->ran_ns = ran_ns;
		works = true;
	}
	spin_unlock(&life->lock);
	return works;
}
