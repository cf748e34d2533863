/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's parameters, as they are now. */
#ifndef VEXFS_PARAMETERS_H
#define VEXFS_PARAMETERS_H

#include <linux/types.h>

unsigned int vexfs_cache_size_mb(void);
unsigned int vexfs_max_concurrent_ops(void);
unsigned int vexfs_batch_size(void);
unsigned int vexfs_worker_threads(void);	/* not 0 */
bool vexfs_prefetch_enabled(void);
unsigned int vexfs_compression_level(void);

/* All of them, for whoever shows or sets them by their names. */
struct vexfs_parameter {
	const char *name;
	unsigned int value, min, max;
	bool is_boolean;
	void (*changed)(void);	/* or NULL */
};

#define VEXFS_PARAMETERS 6
/* The i-th, with its value as it is now. */
struct vexfs_parameter vexfs_parameter_at(unsigned int i);
struct vexfs_parameter *vexfs_parameter_find(const char *name);
/* -ERANGE where it is out of its range. */
int vexfs_parameter_set(struct vexfs_parameter *parameter, unsigned int value);

#endif
