/* SPDX-License-Identifier: MIT */
/* Steps a second of a multilayer GAN of 1,200 units on real digits: both layers of both networks
 * are as wide as in Goodfellow et al. 2014 (the discriminator there is maxout). The same
 * measurement as bench_ring; its products are too large for the caches next to a core. */
#include "compare.h"
#include "measure.h"

static cli_option options[] = {{"--unroll", "0", NULL, 1, 0, "values of K, separated by commas"},
                               {"--data-dir", NULL, NULL, 1, 0, "folder that holds mnist/"},
                               COMPARE_OPTIONS};

static const game_recipe digits = {
    .generator =
        "init he; latent 100 normal; dense 1200 relu; dense 1200 relu;"
        "init xavier; dense 784 sigmoid",
    .discriminator =
        "init he; input 28x28; dense 1200 leaky_relu 0.2; dense 1200 leaky_relu 0.2;"
        "init xavier; dense 1",
    .loss = GAN_LOSS_NON_SATURATING,
    .order = GAN_ORDER_ALTERNATING,
    .inner = GAN_INNER_SAME,
    .generator_rate = 2e-4,
    .discriminator_rate = 2e-4,
    .rows = 100,
    .seed = 1};

static void describe(const cli_option *chosen) {
  (void)chosen;
  bench_number("units", 1200);
  bench_number("rows", (double)digits.rows);
}

int main(int argc, char **argv) {
  char images[4096];
  cli_parse(argc, argv, options, "measures a GAN on MNIST against its matrix products");
  cli_find_data(cli_text(options, "--data-dir"), "mnist/train-images-idx3-ubyte.gz", images,
                sizeof images);
  compared mnist = {.bench = "mnist", .name = "mnist", .recipe = digits, .describe = describe};
  mnist.recipe.digits = images;
  return compare_run(&mnist, options, argc, argv);
}
