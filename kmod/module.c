// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading. */
#include <linux/module.h>

#include "call.h"
#include "channel.h"
#include "node.h"
#include "super.h"

static int __init vexfs_init(void)
{
	int error = vexfs_calls_init();

	if (error)
		return error;
	error = vexfs_inodes_init();
	if (error)
		goto no_inodes;
	error = vexfs_device_init();
	if (error)
		goto no_device;
	error = vexfs_type_init();
	if (error)
		goto no_type;
	return 0;
no_type:
	vexfs_device_exit();
no_device:
	vexfs_inodes_exit();
no_inodes:
	vexfs_calls_exit();
	return error;
}

static void __exit vexfs_exit(void)
{
	vexfs_type_exit();
	vexfs_device_exit();
	vexfs_inodes_exit();
	vexfs_calls_exit();
}

module_init(vexfs_init);
module_exit(vexfs_exit);

MODULE_AUTHOR("VexFS developers");
MODULE_DESCRIPTION("Collections of vectors as a file system, served by vexfsd");
MODULE_LICENSE("GPL");
MODULE_VERSION("2.0.0");
