// SPDX-License-Identifier: GPL-2.0-only
#include "parameters.h"

#include <linux/cpumask.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "cache.h"

/* Ranges and defaults are those of [module] in vexfsd.toml(5). */
enum { CACHE_SIZE_MB, MAX_CONCURRENT_OPS, BATCH_SIZE, WORKER_THREADS, PREFETCH_ENABLED, COMPRESSION_LEVEL };

static struct vexfs_parameter vexfs_parameters[VEXFS_PARAMETERS] = {
	[CACHE_SIZE_MB] = { "cache_size_mb", 64, 0, 1 << 20, .changed = vexfs_cache_resize },
	[MAX_CONCURRENT_OPS] = { "max_concurrent_ops", 256, 1, 65536 },
	[BATCH_SIZE] = { "batch_size", 10000, 1, 1000000 },
	[WORKER_THREADS] = { "worker_threads", 0, 0, 256 },
	[PREFETCH_ENABLED] = { "prefetch_enabled", 1, 0, 1, .is_boolean = true },
	[COMPRESSION_LEVEL] = { "compression_level", 1, 0, 9 },
};

int vexfs_parameter_set(struct vexfs_parameter *parameter, unsigned int value)
{
	if (value < parameter->min || value > parameter->max)
		return -ERANGE;
	WRITE_ONCE(parameter->value, value);
	if (parameter->changed)
		parameter->changed();
	return 0;
}

static int vexfs_parameter_parse(const struct vexfs_parameter *parameter, const char *text, unsigned int *value)
{
	bool on;
	int error;

	if (!parameter->is_boolean)
		return kstrtouint(text, 0, value);
	error = kstrtobool(text, &on);
	*value = on;
	return error;
}

static int vexfs_parameter_set_text(const char *text, const struct kernel_param *param)
{
	struct vexfs_parameter *parameter = param->arg;
	unsigned int value;
	int error = vexfs_parameter_parse(parameter, text, &value);

	if (!error)
		error = vexfs_parameter_set(parameter, value);
	if (error == -ERANGE)
		pr_err("vexfs_v2: %s=%s is not within %u and %u\n", parameter->name, text, parameter->min,
		       parameter->max);
	return error;
}

static int vexfs_parameter_get_text(char *buffer, const struct kernel_param *param)
{
	const struct vexfs_parameter *parameter = param->arg;
	unsigned int value = READ_ONCE(parameter->value);

	return parameter->is_boolean ? sysfs_emit(buffer, "%c\n", value ? 'Y' : 'N') :
				       sysfs_emit(buffer, "%u\n", value);
}

static const struct kernel_param_ops vexfs_parameter_ops = {
	.set = vexfs_parameter_set_text,
	.get = vexfs_parameter_get_text,
};

#define VEXFS_PARAMETER(name, index, description)						\
	module_param_cb(name, &vexfs_parameter_ops, &vexfs_parameters[index], 0644);		\
	MODULE_PARM_DESC(name, description)

VEXFS_PARAMETER(cache_size_mb, CACHE_SIZE_MB, "MiB of replies to searches that are kept, 0 for none (0 to 1048576)");
VEXFS_PARAMETER(max_concurrent_ops, MAX_CONCURRENT_OPS,
		"Requests of an instance in work at once; further ones wait (1 to 65536)");
VEXFS_PARAMETER(batch_size, BATCH_SIZE, "Most vectors that are handed to the daemon at once (1 to 1000000)");
VEXFS_PARAMETER(worker_threads, WORKER_THREADS,
		"Long requests that a daemon does at once; 0 is one per CPU (0 to 256)");
VEXFS_PARAMETER(prefetch_enabled, PREFETCH_ENABLED, "Whether the beginning of an array is read when it is opened");
VEXFS_PARAMETER(compression_level, COMPRESSION_LEVEL, "Compression of replies that are kept, 0 for none (0 to 9)");

static unsigned int vexfs_parameter_value(unsigned int i)
{
	return READ_ONCE(vexfs_parameters[i].value);
}

struct vexfs_parameter vexfs_parameter_at(unsigned int i)
{
	struct vexfs_parameter parameter = vexfs_parameters[i];

	parameter.value = vexfs_parameter_value(i);
	return parameter;
}

struct vexfs_parameter *vexfs_parameter_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < VEXFS_PARAMETERS; i++)
		if (!strcmp(vexfs_parameters[i].name, name))
			return &vexfs_parameters[i];
	return NULL;
}

unsigned int vexfs_cache_size_mb(void)
{
	return vexfs_parameter_value(CACHE_SIZE_MB);
}

unsigned int vexfs_max_concurrent_ops(void)
{
	return vexfs_parameter_value(MAX_CONCURRENT_OPS);
}

unsigned int vexfs_batch_size(void)
{
	return vexfs_parameter_value(BATCH_SIZE);
}

unsigned int vexfs_worker_threads(void)
{
	unsigned int value = vexfs_parameter_value(WORKER_THREADS);

	return value ? value : num_online_cpus();
}

bool vexfs_prefetch_enabled(void)
{
	return vexfs_parameter_value(PREFETCH_ENABLED);
}

unsigned int vexfs_compression_level(void)
{
	return vexfs_parameter_value(COMPRESSION_LEVEL);
}
