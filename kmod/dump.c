// SPDX-License-Identifier: GPL-2.0-only
/* Lists by netlink. What is listed may change between two messages: then one is told twice, or not. */
#include <linux/cpumask.h>

#include "collection.h"
#include "counters.h"
#include "instance.h"
#include "mounts.h"
#include "netlink.h"
#include "node.h"
#include "parameters.h"

/* One part of a list: what comes after the first ones, as far as there is room. */
struct vexfs_dump {
	struct sk_buff *message;
	struct netlink_callback *callback;
	long first;	/* how many were told before */
	long seen;
};

static struct vexfs_dump vexfs_dump_begin(struct sk_buff *message, struct netlink_callback *callback)
{
	return (struct vexfs_dump){ .message = message, .callback = callback, .first = callback->args[0] };
}

/* Whether the next one was told before. */
static bool vexfs_dump_skip(struct vexfs_dump *dump)
{
	return dump->seen++ < dump->first;
}

static void *vexfs_dump_put(struct vexfs_dump *dump, u8 command)
{
	return genlmsg_put(dump->message, NETLINK_CB(dump->callback->skb).portid, dump->callback->nlh->nlmsg_seq,
			   &vexfs_family, NLM_F_MULTI, command);
}

/* 1 where there was no room for it. */
static int vexfs_dump_one(struct vexfs_dump *dump, void *header, int error)
{
	if (!header)
		return 1;
	if (error) {
		genlmsg_cancel(dump->message, header);
		return 1;
	}
	genlmsg_end(dump->message, header);
	dump->callback->args[0]++;
	return 0;
}

static int vexfs_dump_end(const struct vexfs_dump *dump, int full)
{
	return full && !dump->message->len ? -EMSGSIZE : dump->message->len;
}

static int vexfs_dump_instance(struct vexfs_instance *instance, void *data)
{
	struct vexfs_dump *dump = data;
	struct sk_buff *message = dump->message;
	struct vexfs_instance_state state;
	void *header;

	if (vexfs_dump_skip(dump))
		return 0;
	state = vexfs_instance_state(instance);
	header = vexfs_dump_put(dump, VEXFS_CMD_GET_INSTANCES);
	return vexfs_dump_one(dump, header,
			      header && (nla_put_string(message, VEXFS_ATTR_INSTANCE, instance->name) ||
					 nla_put_u8(message, VEXFS_ATTR_SERVED, state.served) ||
					 nla_put_u64_64bit(message, VEXFS_ATTR_EPOCH, state.epoch, VEXFS_ATTR_PAD) ||
					 nla_put_u32(message, VEXFS_ATTR_IN_WORK, state.in_work)));
}

int vexfs_dump_instances(struct sk_buff *message, struct netlink_callback *callback)
{
	struct vexfs_dump dump = vexfs_dump_begin(message, callback);

	return vexfs_dump_end(&dump, vexfs_instances_each(vexfs_dump_instance, &dump));
}

static int vexfs_put_counters(struct sk_buff *message, const struct vexfs_counters *counters)
{
	struct nlattr *nest = nla_nest_start(message, VEXFS_ATTR_COUNTERS);
	unsigned int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = VEXFS_COUNTER_REQUESTS; i < VEXFS_COUNTER_LATENCY; i++)
		if (nla_put_u64_64bit(message, i, counters->counts[i], VEXFS_COUNTER_PAD))
			return -EMSGSIZE;
	if (nla_put(message, VEXFS_COUNTER_LATENCY, sizeof(counters->latencies), counters->latencies))
		return -EMSGSIZE;
	nla_nest_end(message, nest);
	return 0;
}

static int vexfs_put_mount(struct sk_buff *message, const struct vexfs_mount *mount)
{
	return nla_put_string(message, VEXFS_ATTR_INSTANCE, mount->instance->name) ||
	       nla_put_u32(message, VEXFS_ATTR_DEVICE, mount->device);
}

static int vexfs_dump_mount(struct vexfs_mount *mount, void *data)
{
	struct vexfs_dump *dump = data;
	struct vexfs_counters sum = {};
	void *header;

	if (vexfs_dump_skip(dump))
		return 0;
	vexfs_counters_sum(&sum, mount->counters);
	header = vexfs_dump_put(dump, VEXFS_CMD_GET_MOUNTS);
	return vexfs_dump_one(dump, header,
			      header && (vexfs_put_mount(dump->message, mount) ||
					 vexfs_put_counters(dump->message, &sum)));
}

int vexfs_dump_mounts(struct sk_buff *message, struct netlink_callback *callback)
{
	struct vexfs_dump dump = vexfs_dump_begin(message, callback);

	return vexfs_dump_end(&dump, vexfs_mounts_each(vexfs_dump_mount, &dump));
}

static int vexfs_dump_collection(struct vexfs_dump *dump, const struct vexfs_mount *mount,
				 const struct vexfs_collection *collection)
{
	struct vexfs_counters sum = {};
	void *header;

	if (vexfs_dump_skip(dump))
		return 0;
	vexfs_counters_sum(&sum, collection->counters);
	header = vexfs_dump_put(dump, VEXFS_CMD_GET_COLLECTIONS);
	return vexfs_dump_one(dump, header,
			      header && (vexfs_put_mount(dump->message, mount) ||
					 nla_put_string(dump->message, VEXFS_ATTR_COLLECTION, collection->name) ||
					 vexfs_put_counters(dump->message, &sum)));
}

static int vexfs_dump_collections_of(struct vexfs_mount *mount, void *data)
{
	struct vexfs_collection *collection;
	int full = 0;

	mutex_lock(&mount->collections_mutex);
	list_for_each_entry(collection, &mount->collections, link) {
		full = vexfs_dump_collection(data, mount, collection);
		if (full)
			break;
	}
	mutex_unlock(&mount->collections_mutex);
	return full;
}

int vexfs_dump_collections(struct sk_buff *message, struct netlink_callback *callback)
{
	struct vexfs_dump dump = vexfs_dump_begin(message, callback);

	return vexfs_dump_end(&dump, vexfs_mounts_each(vexfs_dump_collections_of, &dump));
}

static int vexfs_dump_cpu(struct vexfs_dump *dump, const struct vexfs_mount *mount, int cpu)
{
	struct vexfs_counters sum = {};
	void *header;

	if (vexfs_dump_skip(dump))
		return 0;
	vexfs_counters_add(&sum, mount->counters, cpu);
	header = vexfs_dump_put(dump, VEXFS_CMD_GET_CPUS);
	return vexfs_dump_one(dump, header,
			      header && (vexfs_put_mount(dump->message, mount) ||
					 nla_put_u32(dump->message, VEXFS_ATTR_CPU, cpu) ||
					 vexfs_put_counters(dump->message, &sum)));
}

static int vexfs_dump_cpus_of(struct vexfs_mount *mount, void *data)
{
	int cpu, full = 0;

	for_each_possible_cpu(cpu) {
		full = vexfs_dump_cpu(data, mount, cpu);
		if (full)
			break;
	}
	return full;
}

int vexfs_dump_cpus(struct sk_buff *message, struct netlink_callback *callback)
{
	struct vexfs_dump dump = vexfs_dump_begin(message, callback);

	return vexfs_dump_end(&dump, vexfs_mounts_each(vexfs_dump_cpus_of, &dump));
}

static int vexfs_dump_parameter(struct vexfs_dump *dump, unsigned int i)
{
	struct vexfs_parameter parameter = vexfs_parameter_at(i);
	struct sk_buff *message = dump->message;
	void *header;

	if (vexfs_dump_skip(dump))
		return 0;
	header = vexfs_dump_put(dump, VEXFS_CMD_GET_PARAMETERS);
	return vexfs_dump_one(dump, header,
			      header && (nla_put_string(message, VEXFS_ATTR_PARAMETER, parameter.name) ||
					 nla_put_u32(message, VEXFS_ATTR_VALUE, parameter.value) ||
					 nla_put_u32(message, VEXFS_ATTR_MINIMUM, parameter.min) ||
					 nla_put_u32(message, VEXFS_ATTR_MAXIMUM, parameter.max)));
}

int vexfs_dump_parameters(struct sk_buff *message, struct netlink_callback *callback)
{
	struct vexfs_dump dump = vexfs_dump_begin(message, callback);
	int full = 0;
	unsigned int i;

	for (i = 0; i < VEXFS_PARAMETERS && !full; i++)
		full = vexfs_dump_parameter(&dump, i);
	return vexfs_dump_end(&dump, full);
}
