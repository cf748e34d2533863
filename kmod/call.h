/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A request to the daemon and its reply. Whoever asks makes a call, fills its header and spans, runs it, which waits
 * killably, looks at what came, and puts it. The daemon's threads hold references while they copy.
 */
#ifndef VEXFS_CALL_H
#define VEXFS_CALL_H

#include <linux/cred.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/wait.h>

#include "backing.h"
#include "cache.h"
#include "instance.h"
#include "span.h"
#include "uapi/vexfs.h"

/* An error that never reaches programs: the daemon that the call's handle is of is gone. */
#define VEXFS_ERROR_NEW_DAEMON 4000
/* Errors of the daemon's are below. */
#define VEXFS_ERROR_MAX 512

enum vexfs_call_state {
	VEXFS_CALL_IDLE,	/* not with the daemon */
	VEXFS_CALL_PENDING,	/* in the channel's list of what is to be handed out */
	VEXFS_CALL_SENT,	/* in the channel's table of what is handed out */
	VEXFS_CALL_REPLYING,	/* in neither: a thread of the daemon's copies the reply */
	VEXFS_CALL_ABANDONED,	/* nobody waits for it any more */
	VEXFS_CALL_DONE,
};

struct vexfs_call {
	refcount_t references;
	enum vexfs_call_state state;	/* guarded by the instance's lock */
	struct list_head pending;
	struct hlist_node sent;
	wait_queue_head_t done;

	/* What the daemon gets, in one piece. */
	struct vexfs_request header;
	char names[2 * VEXFS_NAME_BYTES_MAX];	/* collection, name */

	struct vexfs_span in;		/* what is written */
	struct vexfs_span out;		/* room for what is read */
	u64 epoch;			/* of the daemon that the header's handle is of; 0 where there is no handle */
	u64 sent_epoch;			/* of the daemon that got it last */
	struct vexfs_channel *channel;	/* of that one; it is there until the call is done */
	bool repeatable;		/* another daemon may do it again */
	bool nobody_waits;		/* the list or table owns the reference */
	bool parked;			/* it has waited for a daemon */
	bool spun;			/* its caller spun for the reply */
	bool slept;			/* and slept */
	unsigned int sendings;		/* how many daemons got it; more than 1 where it was safe */

	int error;
	u64 count;
	size_t out_bytes;
	struct vexfs_validity validity;	/* of the reply, where it may be kept */
	struct vexfs_entry entry;
	struct vexfs_opened opened;
	struct vexfs_backing *backing;	/* of what is opened, or NULL */

	gid_t *groups;
};

int vexfs_calls_init(void);
void vexfs_calls_exit(void);

/* On behalf of a user; names of NULL are none, -ENAMETOOLONG where they are too long. Or an error pointer. */
struct vexfs_call *vexfs_call_make(u32 op, const struct cred *cred, const char *collection, const char *name);
void vexfs_call_get(struct vexfs_call *call);
void vexfs_call_put(struct vexfs_call *call);
size_t vexfs_call_bytes(const struct vexfs_call *call);	/* as it is handed out */

/*
 * Waits for a daemon, at most park_ms, and for the reply, as long as the daemon shows life within hang_ms, 0 for ever.
 * 0, or the error of the reply, or a negative errno: -VEXFS_ERROR_NEW_DAEMON, where the call has an epoch and the
 * daemon isn't that of it any more.
 */
int vexfs_call_run(struct vexfs_instance *instance, struct vexfs_call *call, unsigned int park_ms,
		   unsigned int hang_ms);
/* Sends a call that nobody waits for, and puts it. Where there is no such daemon any more, it is just put. */
void vexfs_call_send(struct vexfs_instance *instance, struct vexfs_call *call);
/* A call comes to its end, or its nobody-waits reference is put. Under the instance's lock. */
void vexfs_call_finish(struct vexfs_call *call, int error);

#endif
