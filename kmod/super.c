// SPDX-License-Identifier: GPL-2.0-only
/* The file system type: mounting, and what a mount is. */
#include "super.h"

#include <linux/backing-dev.h>
#include <linux/err.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/statfs.h>

#include "call.h"
#include "counters.h"
#include "instance.h"
#include "mounts.h"
#include "node.h"

#define VEXFS_MAGIC 0x53465856	/* "VXFS" */
#define VEXFS_PARK_MS_DEFAULT 30000
#define VEXFS_HANG_MS_DEFAULT 30000

enum { VEXFS_OPTION_PARK_MS, VEXFS_OPTION_HANG_MS };

static const struct fs_parameter_spec vexfs_options[] = {
	fsparam_u32("park_ms", VEXFS_OPTION_PARK_MS),
	fsparam_u32("hang_ms", VEXFS_OPTION_HANG_MS),
	{}
};

static int vexfs_parse_option(struct fs_context *context, struct fs_parameter *parameter)
{
	struct vexfs_mount *mount = context->s_fs_info;
	struct fs_parse_result result;
	int option = fs_parse(context, vexfs_options, parameter, &result);

	if (option < 0)
		return option;
	if (result.uint_32 > INT_MAX)
		return invalf(context, "vexfs: %s is at most %d", parameter->key, INT_MAX);
	if (option == VEXFS_OPTION_PARK_MS)
		mount->park_ms = result.uint_32;
	else
		mount->hang_ms = result.uint_32;
	return 0;
}

static int vexfs_statfs(struct dentry *dentry, struct kstatfs *stat)
{
	struct inode *inode = d_inode(dentry);
	struct vexfs_call *call;
	const struct vexfs_space *space;
	int error;

	stat->f_type = VEXFS_MAGIC;
	stat->f_namelen = VEXFS_NAME_BYTES_MAX;
	stat->f_bsize = PAGE_SIZE;
	/* Without a daemon there is no space: umount(8) asks of which type it is. */
	if (!vexfs_generation_of(dentry->d_sb))
		return 0;
	call = vexfs_node_call(VEXFS_OP_STATFS, inode, NULL);
	if (IS_ERR(call))
		return PTR_ERR(call);
	call->repeatable = true;
	call->header.size = sizeof(*space);
	error = vexfs_span_room(&call->out, sizeof(*space));
	if (!error)
		error = vexfs_node_run(inode, call);
	if (!error && call->out_bytes != sizeof(*space))
		error = -EIO;
	if (!error) {
		space = call->out.memory;
		stat->f_bsize = space->block_bytes;
		stat->f_frsize = space->block_bytes;
		stat->f_blocks = space->blocks;
		stat->f_bfree = space->blocks_free;
		stat->f_bavail = space->blocks_available;
		stat->f_files = space->files;
		stat->f_ffree = space->files_free;
	}
	vexfs_call_put(call);
	return error;
}

static int vexfs_show_options(struct seq_file *file, struct dentry *root)
{
	const struct vexfs_mount *mount = vexfs_mount_of(root->d_sb);

	if (mount->park_ms != VEXFS_PARK_MS_DEFAULT)
		seq_printf(file, ",park_ms=%u", mount->park_ms);
	if (mount->hang_ms != VEXFS_HANG_MS_DEFAULT)
		seq_printf(file, ",hang_ms=%u", mount->hang_ms);
	return 0;
}

static const struct super_operations vexfs_super_operations = {
	.alloc_inode = vexfs_inode_alloc,
	.destroy_inode = vexfs_inode_destroy,
	.free_inode = vexfs_inode_free,
	.drop_inode = generic_drop_inode,
	.statfs = vexfs_statfs,
	.show_options = vexfs_show_options,
};

static int vexfs_fill_super(struct super_block *sb, struct fs_context *context)
{
	struct inode *root;
	int error;

	sb->s_magic = VEXFS_MAGIC;
	sb->s_op = &vexfs_super_operations;
	sb->s_xattr = vexfs_xattr_handlers;
	sb->s_d_op = &vexfs_dentry_operations;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_time_gran = 1;
	sb->s_stack_depth = 1;	/* files that are passed through are those of another one */
	sb->s_flags |= SB_NOSUID | SB_NODEV | SB_NOEXEC | SB_NOATIME;
	sb->s_iflags |= SB_I_NOEXEC | SB_I_NODEV;
	error = super_setup_bdi(sb);
	if (error)
		return error;
	sb->s_bdi->ra_pages = VEXFS_TRANSFER_BYTES_MAX / PAGE_SIZE;
	sb->s_bdi->io_pages = VEXFS_TRANSFER_BYTES_MAX / PAGE_SIZE;
	root = vexfs_root(sb);
	if (!root)
		return -ENOMEM;
	sb->s_root = d_make_root(root);
	if (!sb->s_root)
		return -ENOMEM;
	vexfs_mount_of(sb)->device = sb->s_dev;
	vexfs_mounts_add(vexfs_mount_of(sb));
	return 0;
}

static int vexfs_get_tree(struct fs_context *context)
{
	struct vexfs_mount *mount = context->s_fs_info;
	struct vexfs_instance *instance;

	if (!context->source)
		return invalf(context, "vexfs: name the instance of the daemon as what is mounted");
	instance = vexfs_instance_get(context->source);
	if (IS_ERR(instance))
		return PTR_ERR(instance);
	mount->instance = instance;
	return get_tree_nodev(context, vexfs_fill_super);
}

static void vexfs_mount_free(struct vexfs_mount *mount)
{
	if (!mount)
		return;
	if (mount->instance)
		vexfs_instance_put(mount->instance);
	free_percpu(mount->counters);
	kfree_rcu(mount, rcu);
}

static void vexfs_free_context(struct fs_context *context)
{
	vexfs_mount_free(context->s_fs_info);
}

static const struct fs_context_operations vexfs_context_operations = {
	.free = vexfs_free_context,
	.parse_param = vexfs_parse_option,
	.get_tree = vexfs_get_tree,
};

static int vexfs_init_context(struct fs_context *context)
{
	struct vexfs_mount *mount = kzalloc(sizeof(*mount), GFP_KERNEL_ACCOUNT);

	if (!mount)
		return -ENOMEM;
	mount->counters = alloc_percpu_gfp(struct vexfs_counters, GFP_KERNEL_ACCOUNT);
	if (!mount->counters) {
		kfree(mount);
		return -ENOMEM;
	}
	mount->park_ms = VEXFS_PARK_MS_DEFAULT;
	mount->hang_ms = VEXFS_HANG_MS_DEFAULT;
	INIT_LIST_HEAD(&mount->link);
	mutex_init(&mount->collections_mutex);
	INIT_LIST_HEAD(&mount->collections);
	context->s_fs_info = mount;
	context->ops = &vexfs_context_operations;
	return 0;
}

static void vexfs_kill_super(struct super_block *sb)
{
	struct vexfs_mount *mount = vexfs_mount_of(sb);

	if (mount)
		vexfs_mounts_remove(mount);
	kill_anon_super(sb);
	vexfs_mount_free(mount);
}

static struct file_system_type vexfs_type = {
	.owner = THIS_MODULE,
	.name = VEXFS_FS_TYPE,
	.init_fs_context = vexfs_init_context,
	.parameters = vexfs_options,
	.kill_sb = vexfs_kill_super,
};
MODULE_ALIAS_FS(VEXFS_FS_TYPE);

int vexfs_type_init(void)
{
	return register_filesystem(&vexfs_type);
}

void vexfs_type_exit(void)
{
	unregister_filesystem(&vexfs_type);
}
