// SPDX-License-Identifier: GPL-2.0-only
/* Changes of attributes, and extended attributes. */
#include <linux/err.h>
#include <linux/stat.h>
#include <linux/xattr.h>

#include "call.h"
#include "file.h"
#include "node.h"

static int vexfs_setattr_fill(struct vexfs_request *header, const struct iattr *attributes)
{
	if (attributes->ia_valid & ATTR_MODE) {
		header->valid |= VEXFS_SET_MODE;
		header->mode = attributes->ia_mode & (S_ISVTX | 0777);
	}
	if (attributes->ia_valid & ATTR_UID) {
		header->valid |= VEXFS_SET_UID;
		header->new_uid = from_kuid(&init_user_ns, attributes->ia_uid);
	}
	if (attributes->ia_valid & ATTR_GID) {
		header->valid |= VEXFS_SET_GID;
		header->new_gid = from_kgid(&init_user_ns, attributes->ia_gid);
	}
	if (attributes->ia_valid & ATTR_SIZE) {
		header->valid |= VEXFS_SET_SIZE;
		header->size = attributes->ia_size;
	}
	return header->valid;
}

/* The open file that is to be cut, where it is one of ours. */
static struct file *vexfs_file_cut(const struct inode *inode, const struct iattr *attributes)
{
	if (!(attributes->ia_valid & ATTR_FILE) || !(attributes->ia_valid & ATTR_SIZE) ||
	    file_inode(attributes->ia_file) != inode)
		return NULL;
	return attributes->ia_file;
}

/* Times are the daemon's own: that they are set is no error, and changes nothing. */
int vexfs_setattr(struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attributes)
{
	struct inode *inode = d_inode(dentry);
	struct file *file = vexfs_file_cut(inode, attributes);
	struct vexfs_call *call;
	int error = vexfs_inode_refresh(inode);

	if (!error)
		error = setattr_prepare(idmap, dentry, attributes);
	if (error)
		return error;
	call = vexfs_node_call(VEXFS_OP_SETATTR, inode, NULL);
	if (IS_ERR(call))
		return PTR_ERR(call);
	if (!vexfs_setattr_fill(&call->header, attributes))
		error = 0;
	else if (file)
		error = vexfs_file_run(file, call);
	else
		error = vexfs_node_run(inode, call);
	if (!error && call->header.valid)
		error = vexfs_inode_update(inode, &call->entry, 0);
	if (!error && file)
		((struct vexfs_file *)file->private_data)->written = true;
	vexfs_call_put(call);
	return error;
}

/* A value's or a list's bytes, or how many there are where size is 0. */
static ssize_t vexfs_xattr_read(u32 op, struct inode *inode, const char *name, void *value, size_t size)
{
	struct vexfs_call *call = vexfs_node_call(op, inode, name);
	ssize_t done;

	if (IS_ERR(call))
		return PTR_ERR(call);
	call->repeatable = true;
	call->header.size = min_t(size_t, size ? size : VEXFS_TRANSFER_BYTES_MAX, VEXFS_TRANSFER_BYTES_MAX);
	done = vexfs_span_room(&call->out, call->header.size);
	if (!done)
		done = vexfs_node_run(inode, call);
	if (!done) {
		done = call->out_bytes;
		if (size)
			memcpy(value, call->out.memory, done);
	}
	vexfs_call_put(call);
	return done;
}

ssize_t vexfs_listxattr(struct dentry *dentry, char *list, size_t size)
{
	return vexfs_xattr_read(VEXFS_OP_LISTXATTR, d_inode(dentry), NULL, list, size);
}

static int vexfs_xattr_get(const struct xattr_handler *handler, struct dentry *dentry, struct inode *inode,
			   const char *name, void *value, size_t size)
{
	return vexfs_xattr_read(VEXFS_OP_GETXATTR, inode, xattr_full_name(handler, name), value, size);
}

static int vexfs_xattr_set(const struct xattr_handler *handler, struct mnt_idmap *idmap, struct dentry *dentry,
			   struct inode *inode, const char *name, const void *value, size_t size, int flags)
{
	u32 op = value ? VEXFS_OP_SETXATTR : VEXFS_OP_REMOVEXATTR;
	struct vexfs_call *call = vexfs_node_call(op, inode, xattr_full_name(handler, name));
	int error;

	if (IS_ERR(call))
		return PTR_ERR(call);
	error = vexfs_span_room(&call->in, size);
	if (!error) {
		if (size)
			memcpy(call->in.memory, value, size);
		call->header.flags = flags;
		error = vexfs_node_run(inode, call);
	}
	vexfs_call_put(call);
	return error;
}

static const struct xattr_handler vexfs_user_xattr = {
	.prefix = XATTR_USER_PREFIX,
	.get = vexfs_xattr_get,
	.set = vexfs_xattr_set,
};

VEXFS_XATTR_HANDLERS vexfs_xattr_handlers[] = {
	&vexfs_user_xattr,
	NULL,
};
