/* SPDX-License-Identifier: MIT */
/* All of libgan. Read the headers in this order: each needs only those before it. */
#ifndef GAN_GAN_H
#define GAN_GAN_H

#include <gan/version.h>
#include <gan/status.h>
#include <gan/context.h>
#include <gan/network.h>
#include <gan/layers.h>
#include <gan/parameter.h>
#include <gan/model.h>
#include <gan/graph.h>
#include <gan/graph_ops.h>
#include <gan/loss.h>
#include <gan/optimizer.h>
#include <gan/schedule.h>
#include <gan/trainer.h>
#include <gan/game.h>
#include <gan/unroll.h>
#include <gan/invert.h>
#include <gan/data.h>
#include <gan/metric.h>
#include <gan/image.h>

#endif
