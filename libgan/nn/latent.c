/* SPDX-License-Identifier: MIT */
/* Job: the latent of a generator: parts of several distributions, drawn in graphs and by the host.
 */
#include "base/hash.h"
#include "nn/layer_rules.h"

gan_status gan__latent_check(gan_network *network, gan__latent *part) {
  static const gan__layer latent = {.name = "latent", .kind = GAN__LAYER_LATENT};
  GAN_TRY(gan__layer_check_size(network, &latent, "size", part->size));
  if (part->kind < GAN_LATENT_NORMAL || part->kind > GAN_LATENT_CATEGORICAL)
    return gan__network_fail(
        network, "latent", GAN_ERROR_ARGUMENT,
        "distribution is %d; allowed are 1 (normal), 2 (uniform) and 3 (categorical)", part->kind);
  if (part->kind == GAN_LATENT_CATEGORICAL && part->size > GAN__CLASSES_MAX)
    return gan__network_fail(network, "latent", GAN_ERROR_LIMIT,
                             "size is %lld; a categorical latent has at most %d classes",
                             (long long)part->size, GAN__CLASSES_MAX);
  if (part->kind != GAN_LATENT_UNIFORM) {
    part->low = part->high = 0; /* so that equal settings have equal bits */
    return GAN_OK;
  }
  GAN_TRY(gan__layer_check_number(network, &latent, "low", part->low));
  GAN_TRY(gan__layer_check_number(network, &latent, "high", part->high));
  char low[32], high[32];
  if (!(part->low < part->high))
    return gan__network_fail(network, "latent", GAN_ERROR_ARGUMENT,
                             "low is %s and high %s; low must be below high",
                             gan__text_double(low, part->low), gan__text_double(high, part->high));
  return GAN_OK;
}

static gan_status add_part(gan_network *network, gan__latent *part) {
  GAN_TRY(gan__network_open(network));
  if (network->layer_count != 1 || network->layers[0].kind != GAN__LAYER_LATENT)
    return gan__network_fail(network, "", GAN_ERROR_STATE,
                             "a latent grows while it is the only layer; the network has %llu",
                             (unsigned long long)network->layer_count);
  if (network->latent_count == GAN__LATENTS_MAX)
    return gan__network_fail(network, "latent", GAN_ERROR_LIMIT, "it has at most %d parts",
                             GAN__LATENTS_MAX);
  gan__layer *layer = &network->layers[0];
  GAN_TRY(gan__latent_check(network, part));
  GAN_TRY(gan__layer_check_size(network, layer, "the size of all parts", layer->size + part->size));
  network->latents[network->latent_count++] = *part;
  layer->size += part->size;
  layer->shape = gan__shape_make(1, &layer->size);
  return GAN_OK;
}

int32_t gan__network_add_latent(gan_network *network, gan__latent part) {
  return add_part(network, &part) == GAN_OK ? 0 : -1;
}

/* ---- Draws. ---- */

/* One-hot rows [N, K]: the class is the whole part of u K, u uniform in (0, 1) for every row. In
 * f32 too u K stays below K: u is at most 1 - 2^-24, so u K is at least half a unit in the last
 * place below K, where it rounds to a number below K. */
static gan__id draw_categorical(const gan_network *network, gan__graph *graph,
                                const gan__shape *shape, uint64_t site) {
  int64_t dims[2] = {shape->dims[0], 1};
  gan__shape column = gan__shape_make(2, dims);
  gan__id unit = gan__op_uniform(graph, network->dtype, &column, site);
  gan__id place =
      gan__op_broadcast_to(graph, gan__op_scale(graph, unit, (double)shape->dims[1]), shape);
  gan__id class = gan__op_iota(graph, network->dtype, shape, 1);
  gan__id reached = gan__op_compare(graph, class, GAN__LESS_EQUAL, place);
  gan__id next = gan__op_shift(graph, class, 1);
  return gan__op_mul(graph, reached, gan__op_compare(graph, place, GAN__LESS, next));
}

static gan__id draw(const gan_network *network, gan__graph *graph, const gan__latent *part,
                    int64_t rows, uint64_t site) {
  int64_t dims[2] = {rows, part->size};
  gan__shape shape = gan__shape_make(2, dims);
  if (part->kind == GAN_LATENT_NORMAL) return gan__op_normal(graph, network->dtype, &shape, site);
  if (part->kind == GAN_LATENT_CATEGORICAL) return draw_categorical(network, graph, &shape, site);
  gan__id unit = gan__op_uniform(graph, network->dtype, &shape, site);
  return gan__op_shift(graph, gan__op_scale(graph, unit, part->high - part->low), part->low);
}

gan__id gan__network_latent(const gan_network *network, gan__graph *graph, int64_t rows,
                            uint64_t site) {
  GAN__CHECK(network->latent_count > 0);
  if (network->latent_count == 1) return draw(network, graph, network->latents, rows, site);
  gan__id parts[GAN__LATENTS_MAX];
  for (int32_t i = 0; i < network->latent_count; i++)
    parts[i] = draw(network, graph, &network->latents[i], rows, gan__join(site, (uint64_t)i));
  return gan__op_concat(graph, parts, network->latent_count, 1);
}

void gan__network_fill_latent(const gan_network *network, gan__stream stream, int64_t rows,
                              gan__array out) {
  int64_t at = 0;
  for (int64_t row = 0; row < rows; row++)
    for (int32_t i = 0; i < network->latent_count; i++) {
      const gan__latent *part = &network->latents[i];
      bool categorical = part->kind == GAN_LATENT_CATEGORICAL;
      int64_t chosen = categorical ? (int64_t)gan__stream_below(&stream, (uint64_t)part->size) : -1;
      for (int64_t k = 0; k < part->size; k++, at++) {
        double value = categorical ? k == chosen : 0;
        if (part->kind == GAN_LATENT_NORMAL) value = gan__stream_normal(&stream);
        if (part->kind == GAN_LATENT_UNIFORM)
          value = part->low + (part->high - part->low) * gan__stream_uniform(&stream);
        gan__array_put(out, at, value);
      }
    }
}
