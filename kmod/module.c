// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading. */
#include <linux/module.h>

#include "cache.h"
#include "call.h"
#include "channel.h"
#include "netlink.h"
#include "node.h"
#include "super.h"

static const struct {
	int (*init)(void);
	void (*exit)(void);
} vexfs_parts[] = {
	{ vexfs_calls_init, vexfs_calls_exit },
	{ vexfs_inodes_init, vexfs_inodes_exit },
	{ vexfs_cache_init, vexfs_cache_exit },
	{ vexfs_netlink_init, vexfs_netlink_exit },
	{ vexfs_device_init, vexfs_device_exit },
	{ vexfs_type_init, vexfs_type_exit },
};

static void vexfs_parts_exit(unsigned int count)
{
	while (count--)
		vexfs_parts[count].exit();
}

static int __init vexfs_init(void)
{
	unsigned int i;
	int error;

	for (i = 0; i < ARRAY_SIZE(vexfs_parts); i++) {
		error = vexfs_parts[i].init();
		if (error) {
			vexfs_parts_exit(i);
			return error;
		}
	}
	return 0;
}

static void __exit vexfs_exit(void)
{
	vexfs_parts_exit(ARRAY_SIZE(vexfs_parts));
}

module_init(vexfs_init);
module_exit(vexfs_exit);

MODULE_AUTHOR("VexFS developers");
MODULE_DESCRIPTION("Collections of vectors as a file system, served by vexfsd");
MODULE_LICENSE("GPL");
MODULE_VERSION("2.0.0");
