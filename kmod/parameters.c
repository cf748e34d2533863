// SPDX-License-Identifier: GPL-2.0-only
#include "parameters.h"

#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

/* A number within its range; another is refused, at load and later. */
struct vexfs_parameter {
	unsigned int value, min, max;
};

static int vexfs_parameter_set(const char *text, const struct kernel_param *param)
{
	struct vexfs_parameter *parameter = param->arg;
	unsigned int value;
	int error = kstrtouint(text, 0, &value);

	if (error)
		return error;
	if (value < parameter->min || value > parameter->max) {
		pr_err("vexfs_v2: %s=%u is not within %u and %u\n", param->name, value, parameter->min,
		       parameter->max);
		return -ERANGE;
	}
	WRITE_ONCE(parameter->value, value);
	return 0;
}

static int vexfs_parameter_get(char *buffer, const struct kernel_param *param)
{
	const struct vexfs_parameter *parameter = param->arg;

	return sysfs_emit(buffer, "%u\n", READ_ONCE(parameter->value));
}

static const struct kernel_param_ops vexfs_parameter_ops = {
	.set = vexfs_parameter_set,
	.get = vexfs_parameter_get,
};

static struct vexfs_parameter max_concurrent_ops = { 256, 1, 65536 };
module_param_cb(max_concurrent_ops, &vexfs_parameter_ops, &max_concurrent_ops, 0644);
MODULE_PARM_DESC(max_concurrent_ops, "Requests of an instance in work at once; further ones wait (1 to 65536)");

static struct vexfs_parameter worker_threads = { 0, 0, 256 };
module_param_cb(worker_threads, &vexfs_parameter_ops, &worker_threads, 0644);
MODULE_PARM_DESC(worker_threads, "Long requests that a daemon does at once; 0 is one per CPU (0 to 256)");

static bool prefetch_enabled = true;
module_param(prefetch_enabled, bool, 0644);
MODULE_PARM_DESC(prefetch_enabled, "Whether the beginning of an array is read when it is opened");

unsigned int vexfs_max_concurrent_ops(void)
{
	return READ_ONCE(max_concurrent_ops.value);
}

unsigned int vexfs_worker_threads(void)
{
	unsigned int value = READ_ONCE(worker_threads.value);

	return value ? value : num_online_cpus();
}

bool vexfs_prefetch_enabled(void)
{
	return READ_ONCE(prefetch_enabled);
}
