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

int main(void) {
  gan_context *context = NULL;
  check(NULL, "gan_allocator", READ, sizeof(gan_allocator), use_allocator);
  if (gan_context_create(&context) != GAN_OK) return 1;
  check(context, "gan_mode_report", FILLED, sizeof(gan_mode_report), use_mode_report);
  check(context, "gan_progress", FILLED, sizeof(gan_progress), use_progress);
  check(context, "gan_gradient_check", FILLED, sizeof(gan_gradient_check), use_gradient_check);
  check(context, "gan_grid_view", READ, sizeof(gan_grid_view), use_grid_view);
  check(context, "gan_scatter_view", READ, sizeof(gan_scatter_view), use_scatter_view);
  check(context, "gan_panel_view", READ, sizeof(gan_panel_view), use_panel_view);
  gan_context_destroy(context);
  return failures ? 1 : 0;
}
