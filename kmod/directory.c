// SPDX-License-Identifier: GPL-2.0-only
/* Names, and the listing of directories. */
#include <linux/err.h>
#include <linux/namei.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "call.h"
#include "file.h"
#include "names.h"
#include "node.h"

/* The daemon's offsets begin behind "." and "..". */
#define VEXFS_FIRST_OFFSET 2
#define VEXFS_LISTING_BYTES (16 * PAGE_SIZE)
#define VEXFS_LASTING ((void *)1)	/* dentry.d_fsdata of a name that means the same for ever */

static int vexfs_lookup_told(struct inode *root, const char *name, struct vexfs_entry *entry, u64 *generation)
{
	struct vexfs_told told;
	int error = vexfs_told_find(root, name, &told);

	if (error)
		return error;
	*entry = told.entry;
	*generation = told.generation;
	return 0;
}

/* What a name means, and since when. */
static int vexfs_lookup_ask(struct inode *directory, const struct qstr *name, struct vexfs_entry *entry,
			    u64 *generation)
{
	struct vexfs_call *call;
	int error;

	if (name->len > VEXFS_NAME_BYTES_MAX)
		return -ENAMETOOLONG;
	if (vexfs_is_root(directory))
		return vexfs_lookup_told(directory, name->name, entry, generation);
	*generation = vexfs_generation_of(directory->i_sb);
	call = vexfs_node_call(VEXFS_OP_LOOKUP, directory, name->name);
	if (IS_ERR(call))
		return PTR_ERR(call);
	call->repeatable = true;
	error = vexfs_node_run(directory, call);
	*entry = call->entry;
	vexfs_call_put(call);
	return error;
}

static void vexfs_dentry_note(struct dentry *dentry, const struct vexfs_entry *entry)
{
	dentry->d_fsdata = entry->flags & VEXFS_ENTRY_LASTING ? VEXFS_LASTING : NULL;
	dentry->d_time = 0;
}

/* A name below the root means the same as long as nothing else is told. */
static void vexfs_dentry_stamp(struct dentry *dentry, struct inode *directory, u64 generation)
{
	if (vexfs_is_root(directory))
		WRITE_ONCE(dentry->d_time, (unsigned long)generation);
}

static bool vexfs_dentry_holds(const struct dentry *dentry)
{
	unsigned long generation = (unsigned long)vexfs_generation_of(dentry->d_sb);

	return READ_ONCE(dentry->d_fsdata) == VEXFS_LASTING ||
	       (generation && READ_ONCE(dentry->d_time) == generation);
}

static struct dentry *vexfs_lookup(struct inode *directory, struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = NULL;
	struct vexfs_entry entry;
	u64 generation;
	int error = vexfs_lookup_ask(directory, &dentry->d_name, &entry, &generation);

	if (!error) {
		inode = vexfs_inode_get(directory, &dentry->d_name, &entry, generation);
		vexfs_dentry_note(dentry, &entry);
		vexfs_dentry_stamp(dentry, directory, generation);
	} else if (error != -ENOENT) {
		return ERR_PTR(error);
	}
	return d_splice_alias(inode, dentry);
}

/* The directory of a dentry and its name, which a rename in between can't change: there is none. */
static int vexfs_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct vexfs_entry entry;
	struct dentry *parent;
	u64 generation;
	int error;

	if (d_really_is_negative(dentry))
		return 0;
	if (vexfs_dentry_holds(dentry))
		return 1;
	if (flags & LOOKUP_RCU)
		return -ECHILD;
	parent = dget_parent(dentry);
	error = vexfs_lookup_ask(d_inode(parent), &dentry->d_name, &entry, &generation);
	if (!error) {
		error = vexfs_inode_update(d_inode(dentry), &entry, generation);
		if (!error)
			vexfs_dentry_stamp(dentry, d_inode(parent), generation);
		else if (error != -ESTALE)
			error = -EIO;
	}
	dput(parent);
	if (error == -ENOENT)
		return 0;
	return error == -ESTALE ? 0 : error ? error : 1;
}

const struct dentry_operations vexfs_dentry_operations = {
	.d_revalidate = vexfs_revalidate,
};

static struct vexfs_call *vexfs_making_call(u32 op, struct inode *directory, struct dentry *dentry, umode_t mode)
{
	struct vexfs_call *call = vexfs_node_call(op, directory, dentry->d_name.name);

	if (!IS_ERR(call))
		call->header.mode = mode & (S_ISVTX | 0777);
	return call;
}

static int vexfs_mkdir(struct mnt_idmap *idmap, struct inode *directory, struct dentry *dentry, umode_t mode)
{
	struct vexfs_call *call = vexfs_making_call(VEXFS_OP_MKDIR, directory, dentry, mode);
	struct dentry *alias;
	struct inode *inode;
	int error;

	if (IS_ERR(call))
		return PTR_ERR(call);
	error = vexfs_node_run(directory, call);
	if (!error) {
		inode = vexfs_inode_get(directory, &dentry->d_name, &call->entry, 0);
		vexfs_dentry_note(dentry, &call->entry);
		/* A daemon may say of a directory that is there that it is new: it must not be in two places. */
		d_drop(dentry);
		alias = d_splice_alias(inode, dentry);
		error = PTR_ERR_OR_ZERO(alias);
		if (!error)
			dput(alias);
	}
	vexfs_call_put(call);
	return error;
}

static int vexfs_remove(u32 op, struct inode *directory, struct dentry *dentry)
{
	struct vexfs_call *call = vexfs_node_call(op, directory, dentry->d_name.name);
	int error;

	if (IS_ERR(call))
		return PTR_ERR(call);
	error = vexfs_node_run(directory, call);
	if (!error)
		clear_nlink(d_inode(dentry));
	vexfs_call_put(call);
	return error;
}

static int vexfs_rmdir(struct inode *directory, struct dentry *dentry)
{
	return vexfs_remove(VEXFS_OP_RMDIR, directory, dentry);
}

static int vexfs_unlink(struct inode *directory, struct dentry *dentry)
{
	return vexfs_remove(VEXFS_OP_UNLINK, directory, dentry);
}

static int vexfs_create(struct inode *directory, struct dentry *dentry, struct file *file, umode_t mode)
{
	struct vexfs_file *own = vexfs_file_make(directory);
	struct vexfs_call *call;
	struct inode *inode;
	int error;

	if (IS_ERR(own))
		return PTR_ERR(own);
	call = vexfs_making_call(VEXFS_OP_CREATE, directory, dentry, mode);
	if (IS_ERR(call)) {
		vexfs_file_free(directory, own);
		return PTR_ERR(call);
	}
	call->header.flags = file->f_flags & (O_ACCMODE | O_EXCL);
	error = vexfs_node_run(directory, call);
	if (!error)
		error = vexfs_file_begin(own, &call->opened, call->sent_epoch);
	if (error)
		goto failed;
	inode = vexfs_inode_get(directory, &dentry->d_name, &call->entry, 0);
	error = PTR_ERR_OR_ZERO(inode);
	if (!error && !S_ISREG(inode->i_mode)) {
		iput(inode);
		error = -EIO;
	}
	if (error)
		goto failed;
	vexfs_dentry_note(dentry, &call->entry);
	d_instantiate(dentry, inode);
	file->private_data = own;
	file->f_mode |= FMODE_CREATED;
	error = finish_open(file, dentry, vexfs_file_ready);
	if (error)
		goto failed;
	vexfs_call_put(call);
	return 0;
failed:
	vexfs_file_free(directory, own);
	vexfs_call_put(call);
	return error;
}

static int vexfs_atomic_open(struct inode *directory, struct dentry *dentry, struct file *file, unsigned int flags,
			     umode_t mode)
{
	struct dentry *found = NULL;
	int error;

	if (d_in_lookup(dentry)) {
		found = vexfs_lookup(directory, dentry, 0);
		if (IS_ERR(found))
			return PTR_ERR(found);
		if (found)
			dentry = found;
	}
	if (!(flags & O_CREAT) || d_really_is_positive(dentry))
		return finish_no_open(file, found);
	error = vexfs_create(directory, dentry, file, mode);
	dput(found);
	return error;
}

const struct inode_operations vexfs_directory_inode_operations = {
	.lookup = vexfs_lookup,
	.atomic_open = vexfs_atomic_open,
	.mkdir = vexfs_mkdir,
	.rmdir = vexfs_rmdir,
	.unlink = vexfs_unlink,
	.permission = vexfs_permission,
	.getattr = vexfs_getattr,
	.setattr = vexfs_setattr,
	.listxattr = vexfs_listxattr,
};

/* An entry in the bytes that the daemon sent, or NULL where they are no entry. */
static const struct vexfs_dirent *vexfs_listed(const void *bytes, size_t left, size_t *used)
{
	const struct vexfs_dirent *entry = bytes;

	if (left < sizeof(*entry))
		return NULL;
	*used = ALIGN(sizeof(*entry) + entry->name_bytes, 8);
	if (!entry->name_bytes || entry->name_bytes > VEXFS_NAME_BYTES_MAX || *used > left ||
	    memchr(entry + 1, '/', entry->name_bytes) || memchr(entry + 1, 0, entry->name_bytes) ||
	    !entry->number || entry->next > LLONG_MAX - VEXFS_FIRST_OFFSET)
		return NULL;
	return entry;
}

/* 1 where the program takes no more, 0 where there may be more. */
static int vexfs_list(struct dir_context *context, const void *bytes, size_t left)
{
	const struct vexfs_dirent *entry;
	size_t used;

	for (; left; bytes += used, left -= used) {
		entry = vexfs_listed(bytes, left, &used);
		/* Each step goes forward, so that no listing is endless. */
		if (!entry || (loff_t)entry->next + VEXFS_FIRST_OFFSET <= context->pos)
			return -EIO;
		if (!dir_emit(context, (const char *)(entry + 1), entry->name_bytes, entry->number,
			      entry->directory ? DT_DIR : DT_REG))
			return 1;
		context->pos = entry->next + VEXFS_FIRST_OFFSET;
	}
	return 0;
}

static int vexfs_readdir(struct file *file, struct dir_context *context)
{
	struct vexfs_call *call;
	bool more;
	int error;

	if (!dir_emit_dots(file, context))
		return 0;
	do {
		call = vexfs_file_call(VEXFS_OP_READDIR, file);
		if (IS_ERR(call))
			return PTR_ERR(call);
		call->repeatable = true;
		call->header.offset = context->pos - VEXFS_FIRST_OFFSET;
		call->header.size = VEXFS_LISTING_BYTES;
		error = vexfs_span_room(&call->out, VEXFS_LISTING_BYTES);
		if (!error)
			error = vexfs_file_run(file, call);
		more = !error && call->out_bytes;
		if (more)
			error = vexfs_list(context, call->out.memory, call->out_bytes);
		vexfs_call_put(call);
	} while (more && !error);
	return error < 0 ? error : 0;
}

const struct file_operations vexfs_directory_operations = {
	.open = vexfs_file_open,
	.release = vexfs_file_release,
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = vexfs_readdir,
};

/* Who may not read a collection doesn't see it, but for root and the daemon's user. */
static bool vexfs_may_list(const struct vexfs_told *told)
{
	const struct vexfs_entry *entry = &told->entry;
	kuid_t user = current_fsuid();
	umode_t reads = 0004;

	if (!(entry->flags & VEXFS_ENTRY_COLLECTION) || uid_eq(user, GLOBAL_ROOT_UID) || uid_eq(user, told->daemon))
		return true;
	if (uid_eq(user, make_kuid(&init_user_ns, entry->uid)))
		reads = 0400;
	else if (in_group_p(make_kgid(&init_user_ns, entry->gid)))
		reads = 0040;
	return entry->mode & reads;
}

static int vexfs_root_readdir(struct file *file, struct dir_context *context)
{
	struct vexfs_told told;
	int error;

	if (!dir_emit_dots(file, context))
		return 0;
	for (;;) {
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		error = vexfs_told_next(file_inode(file), context->pos - VEXFS_FIRST_OFFSET, &told);
		if (error)
			return error == -ENOENT ? 0 : error;
		context->pos = told.order + VEXFS_FIRST_OFFSET;
		if (vexfs_may_list(&told) &&
		    !dir_emit(context, told.text, told.bytes, told.entry.number, DT_DIR))
			return 0;
		context->pos++;
	}
}

const struct file_operations vexfs_root_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = vexfs_root_readdir,
};
