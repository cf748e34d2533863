/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VEXFS_SUPER_H
#define VEXFS_SUPER_H

int vexfs_type_init(void);
void vexfs_type_exit(void);

#endif
