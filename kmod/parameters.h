/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's parameters, as they are now. */
#ifndef VEXFS_PARAMETERS_H
#define VEXFS_PARAMETERS_H

#include <linux/types.h>

unsigned int vexfs_max_concurrent_ops(void);
unsigned int vexfs_worker_threads(void);
bool vexfs_prefetch_enabled(void);

#endif
