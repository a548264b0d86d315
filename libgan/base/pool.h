/* SPDX-License-Identifier: MIT */
/* Job: a pool of threads that take numbered tasks; which thread takes which never changes a bit. */
#ifndef GAN__BASE_POOL_H
#define GAN__BASE_POOL_H

#include "base/context.h"

/* One task. `worker` is below the pool's thread count and names the caller's private workspace. */
typedef void (*gan__task)(void *data, int32_t task, int32_t worker);

/* Makes a pool of `threads` (>= 1), the calling thread included; 1 starts none. */
gan_status gan__pool_create(gan_context *context, int32_t threads, gan__pool **pool);

/* Stops and joins the workers; NULL is ignored. */
void gan__pool_destroy(gan_context *context, gan__pool *pool);

int32_t gan__pool_threads(const gan__pool *pool);

/* How many CPUs the process may run on: 1 to 256. */
int32_t gan__pool_cpus(void);

/* Runs tasks 0 .. count-1 and returns when all are done. No allocation; called by one thread at a
 * time. Tasks are taken in increasing order by whichever thread is free. */
void gan__pool_run(gan__pool *pool, gan__task task, void *data, int32_t count);

#endif
