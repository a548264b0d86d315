/* SPDX-License-Identifier: MIT */
/* Steps a second of the unrolled ring at several K, against the bare matrix products of its own
 * plan: each product of the graph as one sgemm on whole matrices, one after the other, in the same
 * run. Prints one JSON line a measurement; rounds alternate between the two, so that both see the
 * same machine. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "graph/graph.h"
#include "kern/blas.h"
#include "plan/plan.h"
#include "train/session.h"
#include "train/trainer.h"

enum { ROUNDS = 5, ROWS = 512 };

/* The bare products get OpenBLAS's own threads; the plan's panels one thread a call. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));

static cli_option options[] = {
    {"--setup", "paper", "paper|notebook", 1, 0, "networks and rates"},
    {"--unroll", "0,1,5,10", NULL, 1, 0, "values of K, separated by commas"},
    {"--seconds", "1", NULL, 1, 3600, "of each measurement"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {NULL, NULL, NULL, 1, 0, NULL}};

typedef struct product {
  bool transpose_a, transpose_b;
  int64_t m, n, k, lda, ldb;
} product;

/* The matrix products of the plan, in order. Returns their number. */
static int64_t products_of(const gan__graph *graph, product *products, int64_t room) {
  int64_t count = 0;
  for (gan__id id = 0; id < graph->count; id++) {
    const gan__node *node = gan__node_at(graph, id);
    if (node->op != GAN__OP_MATMUL || node->shape.rank != 2 || count == room) continue;
    const gan__shape *a = &gan__node_at(graph, gan__node_input(graph, id, 0))->shape;
    const gan__shape *b = &gan__node_at(graph, gan__node_input(graph, id, 1))->shape;
    bool ta = gan__node_attrs(graph, id)[0] != 0, tb = gan__node_attrs(graph, id)[1] != 0;
    products[count++] = (product){.transpose_a = ta,
                                  .transpose_b = tb,
                                  .m = node->shape.dims[0],
                                  .n = node->shape.dims[1],
                                  .k = a->dims[ta ? 0 : 1],
                                  .lda = a->dims[1],
                                  .ldb = b->dims[1]};
  }
  return count;
}

typedef struct bench {
  gan_context *context;
  gan_trainer *trainer;
  gan_dataset *data;
  product *products;
  int64_t product_count;
  float *a, *b, *c;
  double flops; /* of the products */
} bench;

static gan_optimizer *adam(gan_context *context, double rate) {
  gan_optimizer *optimizer;
  cli_check(context, gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &optimizer));
  cli_check(context, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, rate));
  cli_check(context, gan_optimizer_set(optimizer, GAN_BETA1, 0.5));
  return optimizer;
}

static void begin(bench *x, int32_t unroll) {
  bool paper = !strcmp(cli_text(options, "--setup"), "paper");
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_loss *loss;
  gan_context *c;
  cli_check(NULL, gan_context_create(&c));
  gan_context_take_blas(c);
  cli_check(c, gan_context_set_threads(c, (int32_t)cli_integer(options, "--threads")));
  cli_check(c, gan_dataset_create_ring(c, 8, paper ? 2 : 1, paper ? 0.02 : 0.01, &x->data));
  const char *g = paper ? "init orthogonal 0.8; latent 256 normal; dense 128 relu; dense 128 relu;"
                          "dense 2"
                        : "init orthogonal 1.4; latent 256 normal; dense 128 tanh; dense 128 tanh;"
                          "dense 2";
  const char *d = paper ? "init orthogonal 0.8; input 2; scale 0.25; dense 128 relu; dense 1"
                        : "init orthogonal 1.4; input 2; dense 128 tanh; dense 128 tanh; dense 1";
  cli_check(c, gan_generator_parse(c, g, &generator));
  cli_check(c, gan_discriminator_parse(c, d, &discriminator));
  cli_check(c, gan_loss_create(c, GAN_LOSS_MINIMAX, &loss));
  gan_optimizer *og = adam(c, paper ? 1e-4 : 1e-3), *od = adam(c, 1e-4);
  cli_check(c, gan_trainer_create(c, generator, discriminator, loss, og, od, &x->trainer));
  cli_check(c, gan_trainer_set_unroll(x->trainer, unroll));
  cli_check(
      c, gan_trainer_set_order(x->trainer, paper ? GAN_ORDER_ALTERNATING : GAN_ORDER_SIMULTANEOUS));
  cli_check(c, gan_trainer_set_data(x->trainer, x->data, ROWS));
  cli_check(c, gan_trainer_run(x->trainer, 3)); /* compiles, and warms up */
  gan_generator_destroy(generator);
  gan_discriminator_destroy(discriminator);
  gan_loss_destroy(loss);
  gan_optimizer_destroy(og);
  gan_optimizer_destroy(od);
  x->context = c;
}

static void end(bench *x) {
  gan_trainer_destroy(x->trainer);
  gan_dataset_destroy(x->data);
  gan_context_destroy(x->context);
}

static double steps_per_second(bench *x) {
  double start = cli_seconds(), limit = (double)cli_integer(options, "--seconds");
  int64_t steps = 0;
  for (; cli_seconds() - start < limit; steps += 5)
    cli_check(x->context, gan_trainer_run(x->trainer, 5));
  return (double)steps / (cli_seconds() - start);
}

static double products_per_second(bench *x, int32_t threads) {
  if (openblas_set_num_threads) openblas_set_num_threads(threads);
  double start = cli_seconds(), limit = (double)cli_integer(options, "--seconds");
  int64_t times = 0;
  for (; cli_seconds() - start < limit; times++)
    for (int64_t i = 0; i < x->product_count; i++) {
      const product *p = &x->products[i];
      gan__sgemm(p->transpose_a, p->transpose_b, p->m, p->n, p->k, 1, x->a, p->lda, x->b, p->ldb, 0,
                 x->c, p->n);
    }
  if (openblas_set_num_threads) openblas_set_num_threads(1);
  return (double)times / (cli_seconds() - start);
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void measure(int32_t unroll) {
  bench x = {0};
  begin(&x, unroll);
  gan__plan *plan;
  cli_check(x.context, gan__trainer_plan(x.trainer, ROWS, &plan));
  const gan__graph *graph = gan__plan_graph(plan);
  x.products = calloc(graph->count, sizeof *x.products);
  x.a = calloc(1 << 20, sizeof *x.a);
  x.b = calloc(1 << 20, sizeof *x.b);
  x.c = calloc(1 << 20, sizeof *x.c);
  x.product_count = products_of(graph, x.products, (int64_t)graph->count);
  for (int64_t i = 0; i < x.product_count; i++)
    x.flops += 2.0 * (double)x.products[i].m * (double)x.products[i].n * (double)x.products[i].k;
  double steps[ROUNDS], bare[ROUNDS], bare_one[ROUNDS];
  for (int round = 0; round < ROUNDS; round++) {
    steps[round] = steps_per_second(&x);
    bare[round] = products_per_second(&x, gan_context_threads(x.context));
    bare_one[round] = products_per_second(&x, 1);
  }
  qsort(steps, ROUNDS, sizeof *steps, compare_doubles);
  qsort(bare, ROUNDS, sizeof *bare, compare_doubles);
  qsort(bare_one, ROUNDS, sizeof *bare_one, compare_doubles);
  printf(
      "{\"bench\": \"ring\", \"version\": \"%s\", \"setup\": \"%s\", \"unroll\": %d, "
      "\"threads\": %d, \"steps_per_second\": %.1f, \"steps_min\": %.1f, \"steps_max\": %.1f, "
      "\"bare_products_per_second\": %.1f, \"bare_one_thread\": %.1f, \"ratio\": %.3f, \"gflop\": "
      "%.3f, \"products\": %lld, "
      "\"nodes\": %llu, \"blas\": \"%s\"}\n",
      gan_version(), cli_text(options, "--setup"), unroll, gan_context_threads(x.context),
      steps[ROUNDS / 2], steps[0], steps[ROUNDS - 1], bare[ROUNDS / 2], bare_one[ROUNDS / 2],
      steps[ROUNDS / 2] / bare[ROUNDS / 2], x.flops * 1e-9, (long long)x.product_count,
      (unsigned long long)graph->count, gan_context_blas(x.context));
  fflush(stdout);
  free(x.products);
  free(x.a);
  free(x.b);
  free(x.c);
  end(&x);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "measures the unrolled ring against its bare matrix products");
  for (const char *at = cli_text(options, "--unroll"); *at;) {
    char *end_of;
    long unroll = strtol(at, &end_of, 10);
    if (end_of == at || unroll < 0 || unroll > 1000 || (*end_of && *end_of != ',')) {
      fprintf(stderr, "--unroll %s: numbers from 0 to 1000, separated by commas\n", at);
      return 2;
    }
    measure((int32_t)unroll);
    at = *end_of ? end_of + 1 : end_of;
  }
  return 0;
}
