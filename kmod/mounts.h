/* SPDX-License-Identifier: GPL-2.0-only */
/* All mounts, for whoever tells of them. */
#ifndef VEXFS_MOUNTS_H
#define VEXFS_MOUNTS_H

struct vexfs_mount;

void vexfs_mounts_add(struct vexfs_mount *mount);
/* Does nothing where it was not added. */
void vexfs_mounts_remove(struct vexfs_mount *mount);
/* Calls it for each mount until it returns other than 0, and returns that. It may not add or remove one. */
int vexfs_mounts_each(int (*tell)(struct vexfs_mount *mount, void *data), void *data);

#endif
