/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: a request begins, a daemon gets it, it ends. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vexfs

#if !defined(VEXFS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VEXFS_TRACE_H

#include <linux/tracepoint.h>

#include "call.h"

DECLARE_EVENT_CLASS(vexfs_request,
	TP_PROTO(const struct vexfs_call *call, int error),
	TP_ARGS(call, error),
	TP_STRUCT__entry(
		__field(const void *, call)
		__field(u64, id)
		__field(u64, number)
		__field(u32, op)
		__field(u32, kind)
		__field(size_t, in_bytes)
		__field(size_t, out_bytes)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->call = call;
		__entry->id = call->header.id;
		__entry->number = call->header.number;
		__entry->op = call->header.op;
		__entry->kind = call->header.kind;
		__entry->in_bytes = call->in.bytes;
		__entry->out_bytes = call->out_bytes;
		__entry->error = error;
	),
	TP_printk("call=%p id=%llu op=%u kind=%u number=%llu in=%zu out=%zu error=%d", __entry->call, __entry->id,
		  __entry->op, __entry->kind, __entry->number, __entry->in_bytes, __entry->out_bytes, __entry->error)
);

/* It has no id yet: each daemon gives it another. */
DEFINE_EVENT(vexfs_request, vexfs_request_begin,
	TP_PROTO(const struct vexfs_call *call, int error),
	TP_ARGS(call, error)
);

DEFINE_EVENT(vexfs_request, vexfs_request_handed,
	TP_PROTO(const struct vexfs_call *call, int error),
	TP_ARGS(call, error)
);

DEFINE_EVENT(vexfs_request, vexfs_request_end,
	TP_PROTO(const struct vexfs_call *call, int error),
	TP_ARGS(call, error)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
