/* SPDX-License-Identifier: MIT */
/* All of libgan. Read the headers in this order: each needs only those before it. */
#ifndef GAN_GAN_H
#define GAN_GAN_H

#include <gan/version.h>
#include <gan/status.h>
#include <gan/context.h>
#include <gan/network.h>
#include <gan/model.h>
#include <gan/loss.h>
#include <gan/optimizer.h>
#include <gan/trainer.h>
#include <gan/unroll.h>
#include <gan/data.h>
#include <gan/metric.h>
#include <gan/image.h>

#endif
