/* SPDX-License-Identifier: MIT */
/* Public structs of another size than ours: a longer one (of a newer caller) works and keeps what
 * we do not know; one that is too short, or says nothing of its size, is refused and nothing is
 * made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gan/gan.h>

static int failures;

static void expect(int good, const char *type, uint64_t size, const char *what) {
  if (good) return;
  failures++;
  fprintf(stderr, "%s of %llu bytes: %s\n", type, (unsigned long long)size, what);
}

/* What a later version of the library might append. */
typedef struct tail {
  uint64_t words[4];
} tail;

static const tail untouched = {{0xA5A5A5A5A5A5A5A5u, 1, 2, 3}};

/* Calls the library once with the struct as set up and struct_size = size. */
typedef gan_status (*attempt)(gan_context *context, uint64_t size, int *made);

enum { READ, FILLED };

static void check(gan_context *context, const char *type, int role, uint64_t known, attempt call) {
  const uint64_t good[] = {known, known + sizeof(tail)};
  const uint64_t bad[] = {0, 1, sizeof(uint64_t), known - 1};
  for (int i = 0; i < 2; i++) {
    int made = 0;
    gan_status status = call(context, good[i], &made);
    expect(status == GAN_OK, type, good[i], context ? gan_context_message(context) : "is refused");
    expect(made, type, good[i], "gives nothing");
  }
  for (int i = 0; i < 4; i++) {
    int made = 0;
    gan_status status = call(context, bad[i], &made);
    if (role == FILLED && status == GAN_OK && bad[i] >= sizeof(uint64_t)) continue;
    expect(status == GAN_ERROR_ARGUMENT, type, bad[i], "is not refused");
    expect(!made, type, bad[i], "is refused but gives something");
  }
}

/* A struct that the library fills: `memory` is all FILLING but its size. */
enum { FILLING = 0x5A };

static void prepare(void *memory, uint64_t bytes, uint64_t size) {
  memset(memory, FILLING, (size_t)bytes);
  memcpy(memory, &size, sizeof size);
}

/* Nothing beyond its size may have been written, nor the size itself. */
static void inspect(const void *memory, uint64_t bytes, const char *type, uint64_t size) {
  const unsigned char *byte = memory;
  int kept = memcmp(memory, &size, sizeof size) == 0;
  expect(kept, type, size, "has lost its size");
  for (uint64_t at = size < sizeof size ? sizeof size : size; kept && at < bytes; at++)
    kept = byte[at] == FILLING;
  expect(kept, type, size, "is written beyond its end");
}

static void *allocate(uint64_t size, uint64_t alignment, void *user) {
  ++*(int *)user;
  return aligned_alloc((size_t)alignment, (size_t)((size + alignment - 1) / alignment * alignment));
}

static void release(void *memory, void *user) {
  --*(int *)user;
  free(memory);
}

static gan_status use_allocator(gan_context *context, uint64_t size, int *made) {
  int live = 0;
  gan_context *fresh = NULL;
  struct {
    gan_allocator now;
    tail later;
  } given = {{.struct_size = size, .allocate = allocate, .release = release, .user = &live},
             untouched};
  (void)context;
  gan_status status = gan_context_create_with(&given.now, &fresh);
  *made = fresh && live > 0;
  gan_context_destroy(fresh);
  expect(live == 0, "gan_allocator", size, "is not given all its blocks back");
  return status;
}

static gan_status use_mode_report(gan_context *context, uint64_t size, int *made) {
  const float samples[] = {0, 0, 1, 0}, centres[] = {0, 0, 1, 0};
  struct {
    gan_mode_report now;
    tail later;
  } report;
  prepare(&report, sizeof report, size);
  gan_status status = gan_metric_modes(context, samples, 2, centres, 2, 2, 0.1, &report.now);
  *made = report.now.samples == 2 && report.now.modes == 2;
  inspect(&report, sizeof report, "gan_mode_report", size);
  return status;
}

static gan_status use_parzen(gan_context *context, uint64_t data_size, uint64_t size, int *made) {
  const float rows[] = {0, 1};
  struct {
    gan_parzen_data now;
    tail later;
  } data = {{data_size, rows, 2, NULL, 0, rows, 2, 1}, untouched};
  struct {
    gan_parzen_report now;
    tail later;
  } report;
  prepare(&report, sizeof report, size);
  gan_status status = gan_metric_parzen(context, &data.now, 1, NULL, &report.now);
  *made = report.now.width == 1 && report.now.width_index == 0;
  inspect(&report, sizeof report, "gan_parzen_report", size);
  return status;
}

static gan_status use_parzen_data(gan_context *context, uint64_t size, int *made) {
  return use_parzen(context, size, sizeof(gan_parzen_report), made);
}

static gan_status use_parzen_report(gan_context *context, uint64_t size, int *made) {
  return use_parzen(context, sizeof(gan_parzen_data), size, made);
}

static gan_status use_logit_report(gan_context *context, uint64_t size, int *made) {
  const float logits[] = {0, 1};
  struct {
    gan_logit_report now;
    tail later;
  } report;
  prepare(&report, sizeof report, size);
  gan_status status = gan_metric_logits(context, logits, 2, logits, 2, &report.now);
  *made = report.now.kl == 0.5;
  inspect(&report, sizeof report, "gan_logit_report", size);
  return status;
}

static gan_status use_divergence(gan_context *context, uint64_t density_size, uint64_t size,
                                 int *made) {
  const double mean[] = {0, 2}, one = 1;
  struct {
    gan_density now;
    tail later;
  } density = {{density_size, 1, NULL, mean, &one}, untouched};
  gan_density other = {sizeof other, 1, NULL, mean + 1, &one};
  struct {
    gan_divergence_report now;
    tail later;
  } report;
  prepare(&report, sizeof report, size);
  gan_status status = gan_metric_divergence(context, &density.now, &other, &report.now);
  *made = report.now.kl > 1.9 && report.now.kl < 2.1;
  inspect(&report, sizeof report, "gan_divergence_report", size);
  return status;
}

static gan_status use_density(gan_context *context, uint64_t size, int *made) {
  return use_divergence(context, size, sizeof(gan_divergence_report), made);
}

static gan_status use_divergence_report(gan_context *context, uint64_t size, int *made) {
  return use_divergence(context, sizeof(gan_density), size, made);
}

static gan_status use_distances(gan_context *context, uint64_t view_size, uint64_t size,
                                int *made) {
  const float rows[] = {0, 1};
  struct {
    gan_distance_view now;
    tail later;
  } view = {{view_size, 3, 1, 0, 0, 0}, untouched};
  struct {
    gan_distance_report now;
    tail later;
  } report;
  prepare(&report, sizeof report, size);
  gan_status status = gan_metric_distances(context, rows, 2, 1, &view.now, NULL, &report.now);
  *made = report.now.median == 1;
  inspect(&report, sizeof report, "gan_distance_report", size);
  return status;
}

static gan_status use_distance_view(gan_context *context, uint64_t size, int *made) {
  return use_distances(context, size, sizeof(gan_distance_report), made);
}

static gan_status use_distance_report(gan_context *context, uint64_t size, int *made) {
  return use_distances(context, sizeof(gan_distance_view), size, made);
}

static gan_status use_clusters(gan_context *context, uint64_t view_size, uint64_t size, int *made) {
  const float rows[] = {0, 2};
  float centroids[1];
  struct {
    gan_cluster_view now;
    tail later;
  } view = {{view_size, 1, 2, 1}, untouched};
  struct {
    gan_cluster_report now;
    tail later;
  } report;
  prepare(&report, sizeof report, size);
  gan_status status = gan_metric_kmeans(context, rows, 2, 1, &view.now, centroids, &report.now);
  *made = report.now.mean_square == 1;
  inspect(&report, sizeof report, "gan_cluster_report", size);
  return status;
}

static gan_status use_cluster_view(gan_context *context, uint64_t size, int *made) {
  return use_clusters(context, size, sizeof(gan_cluster_report), made);
}

static gan_status use_cluster_report(gan_context *context, uint64_t size, int *made) {
  return use_clusters(context, sizeof(gan_cluster_view), size, made);
}

/* A small game in double, for the structs that trainers fill. */
typedef struct game {
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_loss *loss;
  gan_optimizer *optimizers[2];
  gan_trainer *trainer;
  gan_unroll *unroll;
} game;

static gan_status make_game(gan_context *context, game *made) {
  gan_status status =
      gan_generator_parse(context, "f64; latent 2 normal; dense 3", &made->generator);
  if (status == GAN_OK)
    status = gan_discriminator_parse(context, "f64; input 3; dense 1", &made->discriminator);
  if (status == GAN_OK) status = gan_loss_create(context, GAN_LOSS_MINIMAX, &made->loss);
  for (int i = 0; i < 2; i++)
    if (status == GAN_OK)
      status = gan_optimizer_create(context, GAN_OPTIMIZER_SGD, &made->optimizers[i]);
  if (status == GAN_OK)
    status = gan_trainer_create(context, made->generator, made->discriminator, made->loss,
                                made->optimizers[0], made->optimizers[1], &made->trainer);
  if (status == GAN_OK)
    status = gan_unroll_create(context, made->generator, made->discriminator, made->loss,
                               made->optimizers[0], made->optimizers[1], &made->unroll);
  return status;
}

static void drop_game(game *made) {
  gan_unroll_destroy(made->unroll);
  gan_trainer_destroy(made->trainer);
  for (int i = 0; i < 2; i++)
    gan_optimizer_destroy(made->optimizers[i]);
  gan_loss_destroy(made->loss);
  gan_discriminator_destroy(made->discriminator);
  gan_generator_destroy(made->generator);
}

static const float rows[2 * 3] = {1, 2, 3, 4, 5, 6};

static gan_status use_progress(gan_context *context, uint64_t size, int *made) {
  game played = {0};
  struct {
    gan_progress now;
    tail later;
  } progress;
  prepare(&progress, sizeof progress, size);
  gan_status status = make_game(context, &played);
  if (status == GAN_OK) status = gan_trainer_step(played.trainer, rows, 2);
  if (status == GAN_OK) status = gan_trainer_progress(played.trainer, &progress.now);
  *made = progress.now.step == 1;
  inspect(&progress, sizeof progress, "gan_progress", size);
  drop_game(&played);
  return status;
}

static gan_status use_gradient_check(gan_context *context, uint64_t size, int *made) {
  game played = {0};
  struct {
    gan_gradient_check now;
    tail later;
  } report;
  prepare(&report, sizeof report, size);
  gan_status status = make_game(context, &played);
  if (status == GAN_OK) status = gan_unroll_set_batch(played.unroll, rows, 2);
  if (status == GAN_OK) status = gan_check_gradient(played.unroll, 1, 1, &report.now);
  *made = report.now.directions == 1;
  inspect(&report, sizeof report, "gan_gradient_check", size);
  drop_game(&played);
  return status;
}

static gan_status keep(gan_status status, gan_image *image, int *made) {
  *made = image != NULL;
  gan_image_destroy(image);
  return status;
}

static gan_status use_grid_view(gan_context *context, uint64_t size, int *made) {
  const float pixels[4] = {0, 1, 0, 1};
  gan_image *image = NULL;
  struct {
    gan_grid_view now;
    tail later;
  } view = {{.struct_size = size,
             .count = 1,
             .channels = 1,
             .height = 2,
             .width = 2,
             .columns = 1,
             .scale = 1,
             .low = 0,
             .high = 1},
            untouched};
  gan_status status = gan_image_grid(context, pixels, &view.now, &image);
  return keep(status, image, made);
}

static gan_status use_scatter_view(gan_context *context, uint64_t size, int *made) {
  const float points[4] = {0, 0, 1, 1};
  gan_image *image = NULL;
  struct {
    gan_scatter_view now;
    tail later;
  } view = {{.struct_size = size, .size = 32, .x_low = -1, .x_high = 1, .y_low = -1, .y_high = 1},
            untouched};
  gan_status status = gan_image_scatter(context, points, 2, &view.now, &image);
  return keep(status, image, made);
}

static gan_status use_series(gan_context *context, uint64_t size, int *made) {
  const double values[2] = {1, 2};
  const gan_chart_view view = {.struct_size = sizeof view, .width = 128, .height = 96};
  gan_image *image = NULL;
  struct {
    gan_series now;
    tail later;
  } series[2] = {{{.struct_size = size, .y = values, .count = 2}, untouched},
                 {{.struct_size = size, .y = values, .count = 2}, untouched}};
  /* Two are found by the size of the first, so sizes that are none of this array are for one. */
  int64_t count = size == sizeof series[0] ? 2 : 1;
  gan_status status = gan_image_chart(context, &series[0].now, count, &view, &image);
  return keep(status, image, made);
}

static gan_status use_chart_view(gan_context *context, uint64_t size, int *made) {
  const double values[2] = {1, 2};
  const gan_series series = {.struct_size = sizeof series, .y = values, .count = 2};
  gan_image *image = NULL;
  struct {
    gan_chart_view now;
    tail later;
  } view = {{.struct_size = size, .width = 128, .height = 96}, untouched};
  gan_status status = gan_image_chart(context, &series, 1, &view.now, &image);
  return keep(status, image, made);
}

static gan_status use_panel_view(gan_context *context, uint64_t size, int *made) {
  const gan_image *const panels[1] = {NULL};
  gan_image *image = NULL, *panel = NULL;
  struct {
    gan_panel_view now;
    tail later;
  } view = {{.struct_size = size, .rows = 1, .columns = 1, .panels = panels}, untouched};
  const gan_image *one[1];
  if (gan_image_create(context, 8, 8, 3, &panel) != GAN_OK) return GAN_ERROR_INTERNAL;
  one[0] = panel;
  view.now.panels = one;
  gan_status status = gan_image_panels(context, &view.now, &image);
  gan_image_destroy(panel);
  return keep(status, image, made);
}

static gan_status use_inversion(gan_context *context, uint64_t size, int *made) {
  gan_generator *generator = NULL;
  float latents[2 * 2], errors[2] = {-1, -1};
  struct {
    gan_inversion now;
    tail later;
  } given = {{.struct_size = size, .starts = 1, .evaluations = 2}, untouched};
  gan_status status = gan_generator_parse(context, "latent 2; dense 3", &generator);
  if (status == GAN_OK)
    status = gan_generator_invert(generator, &given.now, rows, 2, latents, errors);
  *made = errors[0] >= 0 && errors[1] >= 0;
  gan_generator_destroy(generator);
  return status;
}

int main(void) {
  gan_context *context = NULL;
  check(NULL, "gan_allocator", READ, sizeof(gan_allocator), use_allocator);
  if (gan_context_create(&context) != GAN_OK) return 1;
  check(context, "gan_mode_report", FILLED, sizeof(gan_mode_report), use_mode_report);
  check(context, "gan_parzen_data", READ, sizeof(gan_parzen_data), use_parzen_data);
  check(context, "gan_parzen_report", FILLED, sizeof(gan_parzen_report), use_parzen_report);
  check(context, "gan_logit_report", FILLED, sizeof(gan_logit_report), use_logit_report);
  check(context, "gan_density", READ, sizeof(gan_density), use_density);
  check(context, "gan_divergence_report", FILLED, sizeof(gan_divergence_report),
        use_divergence_report);
  check(context, "gan_distance_view", READ, sizeof(gan_distance_view), use_distance_view);
  check(context, "gan_distance_report", FILLED, sizeof(gan_distance_report), use_distance_report);
  check(context, "gan_cluster_view", READ, sizeof(gan_cluster_view), use_cluster_view);
  check(context, "gan_cluster_report", FILLED, sizeof(gan_cluster_report), use_cluster_report);
  check(context, "gan_progress", FILLED, sizeof(gan_progress), use_progress);
  check(context, "gan_inversion", READ, sizeof(gan_inversion), use_inversion);
  check(context, "gan_gradient_check", FILLED, sizeof(gan_gradient_check), use_gradient_check);
  check(context, "gan_grid_view", READ, sizeof(gan_grid_view), use_grid_view);
  check(context, "gan_scatter_view", READ, sizeof(gan_scatter_view), use_scatter_view);
  check(context, "gan_series", READ, sizeof(gan_series), use_series);
  check(context, "gan_chart_view", READ, sizeof(gan_chart_view), use_chart_view);
  check(context, "gan_panel_view", READ, sizeof(gan_panel_view), use_panel_view);
  gan_context_destroy(context);
  return failures ? 1 : 0;
}
