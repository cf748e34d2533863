// SPDX-License-Identifier: GPL-2.0-only
#include "mounts.h"

#include <linux/list.h>
#include <linux/mutex.h>

#include "events.h"
#include "node.h"

static LIST_HEAD(vexfs_mounts);
static DEFINE_MUTEX(vexfs_mounts_mutex);	/* guards the list */

void vexfs_mounts_add(struct vexfs_mount *mount)
{
	mutex_lock(&vexfs_mounts_mutex);
	list_add_tail(&mount->link, &vexfs_mounts);
	mutex_unlock(&vexfs_mounts_mutex);
	vexfs_event_tell(VEXFS_EVENT_MOUNT, mount->instance, mount);
}

void vexfs_mounts_remove(struct vexfs_mount *mount)
{
	if (list_empty(&mount->link))
		return;
	mutex_lock(&vexfs_mounts_mutex);
	list_del_init(&mount->link);
	mutex_unlock(&vexfs_mounts_mutex);
	vexfs_event_tell(VEXFS_EVENT_UNMOUNT, mount->instance, mount);
}

int vexfs_mounts_each(int (*tell)(struct vexfs_mount *mount, void *data), void *data)
{
	struct vexfs_mount *mount;
	int result = 0;

	mutex_lock(&vexfs_mounts_mutex);
	list_for_each_entry(mount, &vexfs_mounts, link) {
		result = tell(mount, data);
		if (result)
			break;
	}
	mutex_unlock(&vexfs_mounts_mutex);
	return result;
}
