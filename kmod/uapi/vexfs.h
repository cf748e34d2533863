/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What vexfs_v2 and user space agree on.
 *
 * For programs: VEXFS_IOC_CALL
 * ----------------------------
 * An ioctl of a file `call` in a mount. It writes a request and reads what comes of it, in one step: the same bytes
 * as write(2) and read(2) would carry, vexfs-protocol(7). What of the reply has no room is read with read(2).
 *
 *	EMSGSIZE	the request is larger than the daemon takes
 *	EAGAIN		max_concurrent_ops are in work, and the file is O_NONBLOCK
 *	ECONNRESET	the daemon ended while it answered; whether the request was done is not known
 *	ENOTCONN	there is no daemon, and none came for as long as the mount waits (its option park_ms)
 *	ENOTTY		the file is another than `call`
 *
 * A daemon that is there and shows no life for as long as the mount's option hang_ms says counts as none: what it
 * wasn't handed, and what is repeatable, fails with ENOTCONN then, the others with ECONNRESET. It shows life as long as
 * one of its threads waits for requests in VEXFS_IOC_NEXT, whenever one comes there, and where one that has come there
 * had time of a CPU since that was looked at last, which is done each hang_ms without another sign: so a request may take
 * as long as it likes, beside others or while all are at work. One that was told to leave has no limit.
 *
 * A request that says VEXFS_CALL_REPEATABLE, such as a search, is done again by the next daemon, instead of
 * ECONNRESET. It may also be answered from the cache of the module, by a reply that the daemon gave to the same request
 * of the same user, and that is still true. Other operations on files wait in the same way for a daemon, and fail with
 * the same errors.
 *
 * For the daemon: /dev/vexfs
 * --------------------------
 * An open file of the device serves one instance. VEXFS_IOC_SERVE names it; mounts of that name, now and later, are
 * served by whoever has the file open, until it is closed for the last time. There is one such file for an instance
 * at any time (EBUSY).
 *
 * Then as many threads as like call VEXFS_IOC_NEXT, over and over: it takes the reply to a request, if there is one
 * to give, and waits for the next request. A request lies in the buffer as a struct vexfs_request, and behind it
 *
 *	data		data_bytes, what is written
 *	collection	collection_bytes, the name of the node's collection
 *	name		name_bytes, in the directory, or of an attribute
 *	groups		group_count of __u32, the supplementary groups of the caller
 *
 *	EMSGSIZE	the buffer is too small for the request that is next; needed_bytes says what is enough
 *	EINTR		a signal came; the reply was taken
 *	ESHUTDOWN	after VEXFS_IOC_LEAVE, once a reply was taken; there is no next request
 *	EINVAL		the reply is malformed: its client gets EIO
 *
 * One of the threads that wait spins for a moment before it sleeps, where requests have lately come as soon, and so
 * does who waits for a reply; not on a CPU that others want.
 *
 * A reply to a request that isn't there any more, because its client was killed, is dropped, and VEXFS_NEXT_DROPPED
 * says so: nobody will use or release what was opened for it. With VEXFS_NEXT_ONLY_REPLY nothing is waited for: a
 * reply that is given later, by whichever thread.
 *
 * A graceful end is VEXFS_IOC_LEAVE: no more requests are handed out, those that are in work are answered by
 * VEXFS_IOC_NEXT, and those that come wait for the next daemon. When the file is closed with requests in work, those
 * that only look are handed to the next daemon again, and the others fail with ECONNRESET. An open file is opened
 * again by itself with the next daemon; where bytes had been written to it whose effect was not seen yet, the operation
 * that finds this out fails with ECONNRESET, once.
 *
 * What is told before it is asked for
 * -----------------------------------
 * The root and the names below it, which are its collections and what belongs to the tree, the daemon tells by generic
 * netlink, before VEXFS_IOC_SERVE and whenever they change, so that looking them up and listing them asks nobody:
 *
 *	VEXFS_CMD_SET_NAME		CHANNEL, NAME, ENTRY: the name means this directory from now on. Without NAME, ENTRY is
 *					the root's, which has mode 0555 of root's before. Fails with EINVAL where nothing
 *					can be of that kind, and ENOSPC where it isn't among VEXFS_NAMES_MAX that are known
 *	VEXFS_CMD_REMOVE_NAME		CHANNEL, NAME: it means nothing any more; ENOENT where it didn't
 *
 * CHANNEL is a descriptor, in the sender, of the open file of the device: whoever has that may tell, with no capability
 * and in any network namespace, and nobody else (EBADF). When the message is acknowledged, every program sees it. What is
 * told goes with the open file; after VEXFS_IOC_LEAVE it is of no use, and who looks waits for the next daemon, but for
 * the attributes of the root, which stay until then, and statfs(2), which tells of no space.
 *
 * The daemon tells a change before it acknowledges it. Names are listed in the order in which they were told first; those
 * of collections to whom their modes let read, to root, and to the user who opened the device. Below a name, mode and
 * owner of what is VEXFS_ENTRY_LASTING hold until something is told, be it the same; all else is asked for.
 *
 * Files that are passed through
 * -----------------------------
 * The data of a reply to VEXFS_OP_OPEN with VEXFS_OPENED_BACKED say what the file consists of: count bytes that are its
 * first ones, and struct vexfs_piece, one behind another, for those that follow. A piece lies in the daemon's memory
 * where a regular file is mapped shared, of a file system that stands on no other; it is read and spliced from that
 * file from then on, with the rights of whoever opened that, and as long as the file is open here, also when the daemon
 * ends. Pages that are mapped are filled from it. All together they are as large as the entry said. Where a piece is no
 * such memory, the file is read by VEXFS_OP_READ as others are.
 *
 * Replies that are kept
 * ---------------------
 * The first VEXFS_GENERATIONS_BYTES of the open file, mapped shared, are VEXFS_GENERATIONS_MAX
 * numbers of 64 bits, 0 at first. The daemon may say of a reply to VEXFS_OP_CALL that it holds as long as one of them
 * has the value that it had before the request was looked at: VEXFS_REPLY_KEEP, with slot and generation. It changes
 * the number before it acknowledges anything that would change the reply. What is kept goes with the channel.
 *
 * For administrators: generic netlink
 * -----------------------------------
 * The family VEXFS_GENL_NAME. Numbers and names are attributes of enum vexfs_attribute. In network namespaces other than
 * the first, these fail with EPERM.
 *
 *	VEXFS_CMD_GET_INSTANCES		dump: INSTANCE, SERVED, EPOCH, IN_WORK
 *	VEXFS_CMD_GET_MOUNTS		dump: INSTANCE, DEVICE, COUNTERS
 *	VEXFS_CMD_GET_COLLECTIONS	dump: INSTANCE, DEVICE, COLLECTION, COUNTERS, as long as its files are known
 *	VEXFS_CMD_GET_CPUS		dump: INSTANCE, DEVICE, CPU, COUNTERS
 *	VEXFS_CMD_GET_PARAMETERS	dump: PARAMETER, VALUE, MINIMUM, MAXIMUM
 *	VEXFS_CMD_SET_PARAMETER		PARAMETER, VALUE; fails with ENOENT or ERANGE. Needs CAP_NET_ADMIN
 *	VEXFS_CMD_GET_CACHE		CACHE_BYTES, CACHE_ENTRIES, CACHE_EVICTIONS
 *	VEXFS_CMD_EVENT			multicast to VEXFS_GENL_EVENTS: EVENT, INSTANCE, and DEVICE of a mount
 *
 * COUNTERS nests one attribute of 64 bits for each counter, by enum vexfs_counter, and VEXFS_COUNTER_LATENCY, an array:
 * how many requests took less than 2^i microseconds, and not less than half of that.
 *
 * Nodes
 * -----
 * What the daemon says of a node is given back to it whenever the node is meant: kind, point, number and collection.
 * What they mean is the daemon's own, and must mean the same to a later daemon, or be refused with ESTALE, whereupon
 * the name is looked up again. A node is a directory or a file for ever. The root has kind 0 and number 1.
 *
 * All structures have the same layout everywhere, and no padding. Fields and flags that have no meaning are 0, and
 * are refused with EINVAL else.
 */
#ifndef _UAPI_LINUX_VEXFS_H
#define _UAPI_LINUX_VEXFS_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define VEXFS_DEVICE "vexfs"
#define VEXFS_FS_TYPE "vexfs"
#define VEXFS_PROTOCOL_VERSION 2

#define VEXFS_NAME_BYTES_MAX 255
/* Of what one read, write, listing or value of an attribute carries. */
#define VEXFS_TRANSFER_BYTES_MAX (1u << 20)
/* Of a request that VEXFS_IOC_CALL carries, and of the part of its reply that it carries. */
#define VEXFS_CALL_BYTES_MAX (1u << 30)
#define VEXFS_REPLY_BYTES_MAX (1u << 26)
#define VEXFS_GROUPS_MAX 256
/* Below the root. */
#define VEXFS_NAMES_MAX (1u << 20)

/* struct vexfs_call_args.flags */
#define VEXFS_CALL_REPEATABLE (1u << 0)

struct vexfs_call_args {
	__u64 request;		/* address */
	__u64 request_bytes;
	__u64 reply;		/* address */
	__u64 reply_bytes;	/* in: room, out: bytes of the reply that are there */
	__u32 flags;
	__u32 reserved;
};

struct vexfs_serve_args {
	__u32 version;		/* VEXFS_PROTOCOL_VERSION */
	__u32 call_bytes_max;	/* requests of VEXFS_IOC_CALL are refused beyond that */
	__u32 worker_threads;	/* out: how many long requests are to be in work at once; the module's parameter */
	__u32 reserved;
	__u8 instance[256];	/* name with its NUL; the rest is 0 */
};

/* What a request asks for; with the fields of struct vexfs_request that it uses beside those of the node. */
enum vexfs_op {
	VEXFS_OP_LOOKUP = 1,	/* name, not of the root; replies with an entry */
	VEXFS_OP_GETATTR = 2,	/* not of the root and collections; replies with an entry */
	VEXFS_OP_SETATTR = 3,	/* valid, mode, new_uid, new_gid, size, handle or 0; replies with an entry */
	VEXFS_OP_OPEN = 4,	/* flags as of open(2), also of a directory other than the root; replies with opened, and
				   what backs it */
	VEXFS_OP_CREATE = 5,	/* name, mode, flags; replies with an entry and opened */
	VEXFS_OP_READ = 6,	/* handle, offset, size; replies with data and count */
	VEXFS_OP_WRITE = 7,	/* handle, offset, data; replies with count */
	VEXFS_OP_CALL = 8,	/* handle, data, size; replies as to READ */
	VEXFS_OP_FLUSH = 9,	/* handle */
	VEXFS_OP_FSYNC = 10,	/* handle */
	VEXFS_OP_RELEASE = 11,	/* handle; what is replied is not looked at */
	VEXFS_OP_READDIR = 12,	/* handle, offset, size; replies with data: struct vexfs_dirent, one behind another */
	VEXFS_OP_MKDIR = 13,	/* name, mode; replies with an entry */
	VEXFS_OP_RMDIR = 14,	/* name */
	VEXFS_OP_UNLINK = 15,	/* name */
	VEXFS_OP_GETXATTR = 16,	/* name, size; replies with data */
	VEXFS_OP_LISTXATTR = 17,	/* size; replies with data: names that each end with NUL */
	VEXFS_OP_SETXATTR = 18,	/* name, data, flags as of setxattr(2) */
	VEXFS_OP_REMOVEXATTR = 19,	/* name */
	VEXFS_OP_STATFS = 20,	/* replies with data: struct vexfs_space */
};

/* struct vexfs_request.valid: what SETATTR sets. */
#define VEXFS_SET_MODE (1u << 0)
#define VEXFS_SET_UID (1u << 1)
#define VEXFS_SET_GID (1u << 2)
#define VEXFS_SET_SIZE (1u << 3)

struct vexfs_request {
	__u64 id;
	__u32 op;
	__u32 kind;		/* of the node */
	__u64 number;		/* of the node */
	__u64 point;		/* of the node */
	__u64 handle;
	__u64 offset;
	__u64 size;
	__u32 flags;
	__u32 valid;
	__u32 mode;
	__u32 new_uid;
	__u32 new_gid;
	__u32 uid;		/* of the caller, in the first user namespace */
	__u32 gid;
	__u32 data_bytes;
	__u16 collection_bytes;
	__u16 name_bytes;
	__u32 group_count;
};

/* struct vexfs_reply.count of READ and CALL: bytes that were written are not answered, or their reply is not read. */
#define VEXFS_COUNT_MIDWAY 1

/* struct vexfs_entry.flags */
#define VEXFS_ENTRY_LASTING (1u << 0)	/* the name below its directory means this node for ever */
#define VEXFS_ENTRY_COLLECTION (1u << 1)	/* the name, below the root, is that of a collection, which all below belongs to */

struct vexfs_entry {
	__u64 number;		/* of the inode, as programs see it; not 0 */
	__u64 point;
	__u32 kind;
	__u32 flags;
	__u32 mode;		/* S_IFDIR or S_IFREG, and permissions */
	__u32 uid;
	__u32 gid;
	__u32 changed_ns;
	__s64 changed_s;
	__u64 size;
};

/* struct vexfs_opened.flags */
#define VEXFS_OPENED_STREAM (1u << 0)	/* bytes come and go in their order: no offsets */
#define VEXFS_OPENED_CALL (1u << 1)	/* takes VEXFS_IOC_CALL */
#define VEXFS_OPENED_UNCHANGING (1u << 2)	/* what is read once is the same ever after, and can be mapped */
#define VEXFS_OPENED_BACKED (1u << 3)	/* is UNCHANGING, and the reply has data, by which it is read */

/* Of such a file: bytes before the first piece, and pieces. */
#define VEXFS_HEAD_BYTES_MAX 4096
#define VEXFS_PIECES_MAX 4096

struct vexfs_piece {
	__u64 address;		/* in the daemon's memory, where a file is mapped */
	__u64 bytes;		/* more than 0 */
};

struct vexfs_opened {
	__u64 handle;		/* not 0 */
	__u32 flags;
	__u32 row_bytes;	/* of a vector that is written, or 0; a WRITE has at most batch_size of them */
};

/* struct vexfs_reply.flags */
#define VEXFS_REPLY_KEEP (1u << 0)	/* it holds as long as the slot has the generation */

struct vexfs_reply {
	__u64 id;		/* of the request; 0 is no reply */
	__s32 error;		/* an errno, negative, or 0 */
	__u32 data_bytes;
	__u64 data;		/* address */
	__u64 count;
	__u64 generation;
	__u32 slot;
	__u32 flags;
	struct vexfs_opened opened;
	struct vexfs_entry entry;
};

/* What of the device is mapped: numbers that the daemon changes, and the module only reads. */
#define VEXFS_GENERATIONS_MAX 4096
#define VEXFS_GENERATIONS_BYTES (VEXFS_GENERATIONS_MAX * 8)

/* struct vexfs_next_args.flags */
#define VEXFS_NEXT_ONLY_REPLY (1u << 0)
#define VEXFS_NEXT_DROPPED (1u << 1)	/* out */

struct vexfs_next_args {
	struct vexfs_reply reply;
	__u64 buffer;		/* address */
	__u64 buffer_bytes;
	__u64 needed_bytes;	/* out */
	__u32 flags;
	__u32 reserved;
};

struct vexfs_dirent {
	__u64 number;
	__u64 next;		/* offset behind it, greater than that before it */
	__u16 name_bytes;	/* the name follows, and the next entry at a multiple of 8 */
	__u8 directory;
	__u8 reserved[5];
};

struct vexfs_space {
	__u64 block_bytes;
	__u64 blocks;
	__u64 blocks_free;
	__u64 blocks_available;
	__u64 files;
	__u64 files_free;
};

#define VEXFS_GENL_NAME "vexfs"
#define VEXFS_GENL_VERSION 1
#define VEXFS_GENL_EVENTS "events"

enum vexfs_command {
	VEXFS_CMD_UNSPEC,
	VEXFS_CMD_GET_INSTANCES,
	VEXFS_CMD_GET_MOUNTS,
	VEXFS_CMD_GET_COLLECTIONS,
	VEXFS_CMD_GET_CPUS,
	VEXFS_CMD_GET_PARAMETERS,
	VEXFS_CMD_SET_PARAMETER,
	VEXFS_CMD_GET_CACHE,
	VEXFS_CMD_EVENT,
	VEXFS_CMD_SET_NAME,
	VEXFS_CMD_REMOVE_NAME,
};

enum vexfs_attribute {
	VEXFS_ATTR_UNSPEC,
	VEXFS_ATTR_PAD,
	VEXFS_ATTR_INSTANCE,	/* string */
	VEXFS_ATTR_SERVED,	/* u8: 1 while a daemon takes requests */
	VEXFS_ATTR_EPOCH,	/* u64: how many daemons there were */
	VEXFS_ATTR_IN_WORK,	/* u32: requests that max_concurrent_ops counts */
	VEXFS_ATTR_DEVICE,	/* u32: of the mount, as of stat(2)'s st_dev, major << 20 | minor */
	VEXFS_ATTR_COLLECTION,	/* string */
	VEXFS_ATTR_CPU,		/* u32 */
	VEXFS_ATTR_COUNTERS,	/* nested */
	VEXFS_ATTR_PARAMETER,	/* string */
	VEXFS_ATTR_VALUE,	/* u32 */
	VEXFS_ATTR_MINIMUM,	/* u32 */
	VEXFS_ATTR_MAXIMUM,	/* u32 */
	VEXFS_ATTR_CACHE_BYTES,	/* u64 */
	VEXFS_ATTR_CACHE_ENTRIES,	/* u64 */
	VEXFS_ATTR_CACHE_EVICTIONS,	/* u64: replies that made room, for others or for the machine */
	VEXFS_ATTR_EVENT,	/* u32: enum vexfs_event */
	VEXFS_ATTR_CHANNEL,	/* u32: a descriptor */
	VEXFS_ATTR_NAME,	/* string */
	VEXFS_ATTR_ENTRY,	/* struct vexfs_entry */
	__VEXFS_ATTR_END,
};
#define VEXFS_ATTR_MAX (__VEXFS_ATTR_END - 1)

enum vexfs_counter {
	VEXFS_COUNTER_PAD,
	VEXFS_COUNTER_REQUESTS,	/* that the daemon answered, or that failed */
	VEXFS_COUNTER_ERRORS,	/* of those, that failed */
	VEXFS_COUNTER_BYTES_WRITTEN,	/* to the daemon */
	VEXFS_COUNTER_BYTES_READ,	/* from it */
	VEXFS_COUNTER_PARKED,	/* requests that waited for a daemon */
	VEXFS_COUNTER_REPLAYED,	/* that a further daemon got */
	VEXFS_COUNTER_LOST,	/* that failed with ECONNRESET: their daemon ended, or hangs */
	VEXFS_COUNTER_EXPIRED,	/* that failed with ENOTCONN: there was no daemon, or it hangs */
	VEXFS_COUNTER_WAITED,	/* that waited for max_concurrent_ops */
	VEXFS_COUNTER_REFUSED,	/* that failed with EAGAIN for it */
	VEXFS_COUNTER_CACHE_HITS,
	VEXFS_COUNTER_CACHE_MISSES,
	VEXFS_COUNTER_SPUN,	/* requests whose reply came before the caller slept */
	VEXFS_COUNTER_SPUN_IN_VAIN,	/* whose caller slept after all */
	VEXFS_COUNTER_BYTES_PASSED,	/* read and spliced of files that are passed through */
	VEXFS_COUNTER_LATENCY,
	__VEXFS_COUNTER_END,
};
#define VEXFS_COUNTER_MAX (__VEXFS_COUNTER_END - 1)
#define VEXFS_LATENCIES 32

enum vexfs_event {
	VEXFS_EVENT_MOUNT = 1,
	VEXFS_EVENT_UNMOUNT = 2,
	VEXFS_EVENT_DAEMON_LOST = 3,
	VEXFS_EVENT_DAEMON_BACK = 4,
	VEXFS_EVENT_OVERLOAD = 5,	/* max_concurrent_ops are in work, and one more came; at most once a second */
};

#define VEXFS_IOC_MAGIC 0xfa
#define VEXFS_IOC_CALL _IOWR(VEXFS_IOC_MAGIC, 0, struct vexfs_call_args)
#define VEXFS_IOC_SERVE _IOWR(VEXFS_IOC_MAGIC, 16, struct vexfs_serve_args)
#define VEXFS_IOC_NEXT _IOWR(VEXFS_IOC_MAGIC, 17, struct vexfs_next_args)
#define VEXFS_IOC_LEAVE _IO(VEXFS_IOC_MAGIC, 18)

#endif
