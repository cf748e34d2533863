/* SPDX-License-Identifier: GPL-2.0-only */
/* What those hear of who listen to VEXFS_GENL_EVENTS. */
#ifndef VEXFS_EVENTS_H
#define VEXFS_EVENTS_H

#include "uapi/vexfs.h"

struct vexfs_instance;
struct vexfs_mount;

/* Of an instance, and of a mount where it isn't NULL. May sleep. That nobody hears of it is no error. */
void vexfs_event_tell(enum vexfs_event event, const struct vexfs_instance *instance, const struct vexfs_mount *mount);
/* VEXFS_EVENT_OVERLOAD, unless it was told in this second. */
void vexfs_event_overload(struct vexfs_instance *instance);

#endif
