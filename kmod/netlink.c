// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

#include <net/sock.h>

#include "cache.h"
#include "parameters.h"
#include "uapi/vexfs.h"

/* None of the parameters' names is longer. */
#define VEXFS_PARAMETER_BYTES_MAX 63

/* The family is in all network namespaces, for daemons that have one of their own; this is not. */
static int vexfs_first_namespace(const struct net *net, struct netlink_ext_ack *extack)
{
	if (net_eq(net, &init_net))
		return 0;
	NL_SET_ERR_MSG(extack, "this is told in the first network namespace alone");
	return -EPERM;
}

/* No attribute at all. */
static const struct nla_policy vexfs_no_policy[VEXFS_ATTR_MAX + 1];

static const struct nla_policy vexfs_parameter_policy[VEXFS_ATTR_MAX + 1] = {
	[VEXFS_ATTR_PARAMETER] = { .type = NLA_NUL_STRING, .len = VEXFS_PARAMETER_BYTES_MAX },
	[VEXFS_ATTR_VALUE] = { .type = NLA_U32 },
};

static const struct nla_policy vexfs_name_policy[VEXFS_ATTR_MAX + 1] = {
	[VEXFS_ATTR_CHANNEL] = { .type = NLA_U32 },
	[VEXFS_ATTR_NAME] = { .type = NLA_NUL_STRING, .len = VEXFS_NAME_BYTES_MAX },
	[VEXFS_ATTR_ENTRY] = NLA_POLICY_EXACT_LEN(sizeof(struct vexfs_entry)),
};

static int vexfs_set_parameter(struct sk_buff *message, struct genl_info *info)
{
	struct nlattr *name = info->attrs[VEXFS_ATTR_PARAMETER];
	struct nlattr *value = info->attrs[VEXFS_ATTR_VALUE];
	struct vexfs_parameter *parameter;
	int error = vexfs_first_namespace(genl_info_net(info), info->extack);

	if (error)
		return error;
	if (GENL_REQ_ATTR_CHECK(info, VEXFS_ATTR_PARAMETER) || GENL_REQ_ATTR_CHECK(info, VEXFS_ATTR_VALUE))
		return -EINVAL;
	parameter = vexfs_parameter_find(nla_data(name));
	if (!parameter) {
		NL_SET_ERR_MSG_ATTR(info->extack, name, "the module has no such parameter");
		return -ENOENT;
	}
	error = vexfs_parameter_set(parameter, nla_get_u32(value));
	if (error)
		NL_SET_ERR_MSG_ATTR(info->extack, value, "the value is out of the parameter's range");
	return error;
}

static int vexfs_cache_write(struct sk_buff *message, struct genl_info *info)
{
	struct vexfs_cache_usage used = vexfs_cache_usage();
	void *header = genlmsg_put_reply(message, info, &vexfs_family, 0, VEXFS_CMD_GET_CACHE);

	if (!header || nla_put_u64_64bit(message, VEXFS_ATTR_CACHE_BYTES, used.bytes, VEXFS_ATTR_PAD) ||
	    nla_put_u64_64bit(message, VEXFS_ATTR_CACHE_ENTRIES, used.entries, VEXFS_ATTR_PAD) ||
	    nla_put_u64_64bit(message, VEXFS_ATTR_CACHE_EVICTIONS, used.evictions, VEXFS_ATTR_PAD))
		return -EMSGSIZE;
	genlmsg_end(message, header);
	return 0;
}

static int vexfs_get_cache(struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *message;
	int error = vexfs_first_namespace(genl_info_net(info), info->extack);

	if (error)
		return error;
	message = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!message)
		return -ENOMEM;
	error = vexfs_cache_write(message, info);
	if (error) {
		nlmsg_free(message);
		return error;
	}
	return genlmsg_reply(message, info);
}

static int vexfs_dump_start(struct netlink_callback *callback)
{
	return vexfs_first_namespace(sock_net(callback->skb->sk), callback->extack);
}

#define VEXFS_DUMP(command, function)		\
	{					\
		.cmd = command,			\
		.start = vexfs_dump_start,	\
		.dumpit = function,		\
		.policy = vexfs_no_policy,	\
		.maxattr = VEXFS_ATTR_MAX,	\
	}

static const struct genl_ops vexfs_commands[] = {
	VEXFS_DUMP(VEXFS_CMD_GET_INSTANCES, vexfs_dump_instances),
	VEXFS_DUMP(VEXFS_CMD_GET_MOUNTS, vexfs_dump_mounts),
	VEXFS_DUMP(VEXFS_CMD_GET_COLLECTIONS, vexfs_dump_collections),
	VEXFS_DUMP(VEXFS_CMD_GET_CPUS, vexfs_dump_cpus),
	VEXFS_DUMP(VEXFS_CMD_GET_PARAMETERS, vexfs_dump_parameters),
	{
		.cmd = VEXFS_CMD_SET_PARAMETER,
		.flags = GENL_ADMIN_PERM,
		.doit = vexfs_set_parameter,
		.policy = vexfs_parameter_policy,
		.maxattr = VEXFS_ATTR_MAX,
	},
	{
		.cmd = VEXFS_CMD_GET_CACHE,
		.doit = vexfs_get_cache,
		.policy = vexfs_no_policy,
		.maxattr = VEXFS_ATTR_MAX,
	},
	{
		.cmd = VEXFS_CMD_SET_NAME,
		.doit = vexfs_set_name,
		.policy = vexfs_name_policy,
		.maxattr = VEXFS_ATTR_MAX,
	},
	{
		.cmd = VEXFS_CMD_REMOVE_NAME,
		.doit = vexfs_remove_name,
		.policy = vexfs_name_policy,
		.maxattr = VEXFS_ATTR_MAX,
	},
};

static const struct genl_multicast_group vexfs_groups[] = {
	{ .name = VEXFS_GENL_EVENTS },
};

struct genl_family vexfs_family __ro_after_init = {
	.name = VEXFS_GENL_NAME,
	.version = VEXFS_GENL_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	.ops = vexfs_commands,
	.n_ops = ARRAY_SIZE(vexfs_commands),
	.resv_start_op = VEXFS_CMD_REMOVE_NAME + 1,
	.mcgrps = vexfs_groups,
	.n_mcgrps = ARRAY_SIZE(vexfs_groups),
};

int vexfs_netlink_init(void)
{
	return genl_register_family(&vexfs_family);
}

void vexfs_netlink_exit(void)
{
	genl_unregister_family(&vexfs_family);
}
