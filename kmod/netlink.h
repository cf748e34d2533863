/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family: what an administrator sees and sets, and what daemons tell. */
#ifndef VEXFS_NETLINK_H
#define VEXFS_NETLINK_H

#include <net/genetlink.h>

extern struct genl_family vexfs_family;

int vexfs_netlink_init(void);
void vexfs_netlink_exit(void);

/* dump.c: a message for each instance, mount, collection, CPU of a mount, parameter. */
int vexfs_dump_instances(struct sk_buff *message, struct netlink_callback *callback);
int vexfs_dump_mounts(struct sk_buff *message, struct netlink_callback *callback);
int vexfs_dump_collections(struct sk_buff *message, struct netlink_callback *callback);
int vexfs_dump_cpus(struct sk_buff *message, struct netlink_callback *callback);
int vexfs_dump_parameters(struct sk_buff *message, struct netlink_callback *callback);

/* tell.c: what a daemon does. */
int vexfs_set_name(struct sk_buff *message, struct genl_info *info);
int vexfs_remove_name(struct sk_buff *message, struct genl_info *info);

#endif
