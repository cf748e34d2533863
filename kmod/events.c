// SPDX-License-Identifier: GPL-2.0-only
#include "events.h"

#include <linux/jiffies.h>
#include <net/genetlink.h>

#include "instance.h"
#include "netlink.h"
#include "node.h"

static int vexfs_event_write(struct sk_buff *message, enum vexfs_event event, const struct vexfs_instance *instance,
			     const struct vexfs_mount *mount)
{
	void *header = genlmsg_put(message, 0, 0, &vexfs_family, 0, VEXFS_CMD_EVENT);

	if (!header || nla_put_u32(message, VEXFS_ATTR_EVENT, event) ||
	    nla_put_string(message, VEXFS_ATTR_INSTANCE, instance->name) ||
	    (mount && nla_put_u32(message, VEXFS_ATTR_DEVICE, mount->device)))
		return -EMSGSIZE;
	genlmsg_end(message, header);
	return 0;
}

void vexfs_event_tell(enum vexfs_event event, const struct vexfs_instance *instance, const struct vexfs_mount *mount)
{
	struct sk_buff *message = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!message)
		return;
	if (vexfs_event_write(message, event, instance, mount))
		nlmsg_free(message);
	else
		genlmsg_multicast(&vexfs_family, message, 0, 0, GFP_KERNEL);
}

void vexfs_event_overload(struct vexfs_instance *instance)
{
	unsigned long told_at = READ_ONCE(instance->overload_told_at);
	unsigned long now = jiffies ? jiffies : 1;

	if (told_at && time_before(now, told_at + HZ))
		return;
	if (cmpxchg(&instance->overload_told_at, told_at, now) == told_at)
		vexfs_event_tell(VEXFS_EVENT_OVERLOAD, instance, NULL);
}
