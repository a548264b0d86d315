/* SPDX-License-Identifier: MIT */
/* Every call survives the failure of every one of its allocations, once and from there on for ever:
 * it returns GAN_ERROR_MEMORY and has changed nothing, works when it is made again, and leaks
 * nothing. In the end everything has the bits of a run without failures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "world.h"

#define DONE(call) assert_int_equal(call, GAN_OK)

/* What calls have made, as a hash: it must not depend on failures either. */
static uint64_t noted;
static void note(uint64_t hash) {
  noted = gan__join(noted, hash);
}

static void note_numbers(const float *values, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    note(bits);
  }
}

/* ---- Contexts, networks, roles. ---- */

static gan_status set_threads(world *w) {
  int32_t before = gan_context_threads(w->context);
  gan_status status = gan_context_set_threads(w->context, 2);
  assert_int_equal(gan_context_threads(w->context), status == GAN_OK ? 2 : before);
  return status;
}

static gan_status take_blas(world *w) {
  gan_status status = gan_context_take_blas(w->context);
  return status == GAN_ERROR_UNSUPPORTED ? GAN_OK : status;
}

static gan_status parse_network(world *w) {
  static const char text[] =
      "f64; latent 5 uniform -1 2; init orthogonal 0.8; bias normal 0 1; "
      "dense 7 leaky_relu name=first; scale 2; dense 3 softplus; dense 2";
  gan_network *made;
  GAN_TRY(gan_network_parse(w->context, text, &made));
  note(world_network_mark(made));
  gan_network_destroy(made);
  return GAN_OK;
}

/* The first error sticks, also this one: the network cannot be finished then. */
static gan_status build_network(world *w) {
  gan_network *made;
  GAN_TRY(gan_network_create(w->context, GAN_F32, &made));
  int32_t value = gan_network_input(made, 2, (int64_t[]){4, 3});
  for (int32_t i = 0; i < 20; i++)
    value = gan_network_dense(made, gan_network_activation(made, value, 1 + i % 5), 6, NULL);
  gan_status status = gan_network_finish(made, value);
  if (status == GAN_OK) note(world_network_mark(made));
  gan_network_destroy(made);
  return status;
}

static gan_status clone_network(world *w) {
  gan_network *copy;
  GAN_TRY(gan_network_clone(w->network, &copy));
  note(world_network_mark(copy));
  gan_network_destroy(copy);
  return GAN_OK;
}

/* Of a copy, because a start from what was started already has other bits. */
static gan_status start_network(world *w) {
  gan_network *copy;
  GAN_TRY(gan_network_clone(w->network, &copy));
  gan_status status = gan_network_start_from_data(copy, w->real, 4, 1);
  if (status == GAN_OK) note(world_network_mark(copy));
  gan_network_destroy(copy);
  return status;
}

static gan_status find_mean(world *w) {
  float mean[WORLD_WIDTH];
  GAN_TRY(gan_dataset_mean(w->dataset, mean, WORLD_WIDTH));
  note_numbers(mean, WORLD_WIDTH);
  return GAN_OK;
}

static gan_status clone_generator(world *w) {
  gan_generator *copy;
  GAN_TRY(gan_generator_clone(w->generator, &copy));
  note(world_network_mark(gan_generator_network(copy)));
  gan_generator_destroy(copy);
  return GAN_OK;
}

static gan_status clone_discriminator(world *w) {
  gan_discriminator *copy;
  GAN_TRY(gan_discriminator_clone(w->discriminator, &copy));
  note(world_network_mark(gan_discriminator_network(copy)));
  gan_discriminator_destroy(copy);
  return GAN_OK;
}

static gan_status parse_generator(world *w) {
  gan_generator *made;
  GAN_TRY(gan_generator_parse(w->context, "latent 5; dense 4 tanh; dense 2", &made));
  note(world_network_mark(gan_generator_network(made)));
  gan_generator_destroy(made);
  return GAN_OK;
}

static gan_status parse_discriminator(world *w) {
  gan_discriminator *made;
  GAN_TRY(gan_discriminator_parse(w->context, "input 2; dense 4 relu; dense 1", &made));
  note(world_network_mark(gan_discriminator_network(made)));
  gan_discriminator_destroy(made);
  return GAN_OK;
}

static gan_status share_network(world *w) {
  gan_generator *made;
  GAN_TRY(gan_generator_create(w->context, gan_generator_network(w->generator), &made));
  gan_generator_destroy(made);
  return GAN_OK;
}

static gan_status sample(world *w) {
  float rows[200 * WORLD_WIDTH];
  GAN_TRY(gan_generator_sample(w->generator, 200, 9, rows));
  note_numbers(rows, 200 * WORLD_WIDTH);
  return GAN_OK;
}

static gan_status run_f64(world *w) {
  double latents[20 * 3], rows[20 * WORLD_WIDTH];
  for (int32_t i = 0; i < 20 * 3; i++)
    latents[i] = i % 7 - 3;
  return gan_generator_run_f64(w->generator, latents, 20, rows);
}

static gan_status draw_latents(world *w) {
  double rows[30 * 3];
  return gan_generator_latents_f64(w->generator, 30, 2, rows);
}

static gan_status judge(world *w) {
  double rows[20 * WORLD_WIDTH] = {0}, probabilities[20];
  return gan_discriminator_probabilities_f64(w->discriminator, rows, 20, probabilities);
}

static gan_status sample_nan(world *w) {
  float latents[3] = {1, NAN, 2}, rows[WORLD_WIDTH];
  return gan_generator_run(w->generator, latents, 1, rows);
}

/* ---- Data. ---- */

static gan_status use_and_drop(gan_dataset *dataset) {
  float rows[2 * 4] = {0};
  gan_status status = gan_dataset_batch(dataset, 1, 2, rows, NULL);
  if (status == GAN_OK) note_numbers(rows, 2 * gan_dataset_row_width(dataset));
  gan_dataset_destroy(dataset);
  return status;
}

static gan_status make_array(world *w) {
  gan_dataset *made;
  GAN_TRY(gan_dataset_create_array(w->context, w->real, WORLD_SET_ROWS, WORLD_WIDTH, 1, &made));
  return use_and_drop(made);
}

static gan_status make_ring(world *w) {
  gan_dataset *made;
  GAN_TRY(gan_dataset_create_ring(w->context, 8, 2, 0.02, &made));
  return use_and_drop(made);
}

static gan_status make_grid(world *w) {
  gan_dataset *made;
  GAN_TRY(gan_dataset_create_grid(w->context, 5, 2, 0.05, &made));
  return use_and_drop(made);
}

static gan_status make_roll(world *w) {
  gan_dataset *made;
  GAN_TRY(gan_dataset_create_swissroll(w->context, 0.25, 7.5, &made));
  return use_and_drop(made);
}

static int32_t fill(int64_t batch, int64_t rows, float *out, void *user) {
  (void)user;
  for (int64_t i = 0; i < rows * WORLD_WIDTH; i++)
    out[i] = (float)(batch * 10 + i);
  return 0;
}

static gan_status make_called(world *w) {
  gan_dataset *made;
  GAN_TRY(gan_dataset_create_callback(w->context, 1, (int64_t[]){WORLD_WIDTH}, fill, NULL, &made));
  return use_and_drop(made);
}

static gan_status split(world *w) {
  gan_dataset *parts[2];
  GAN_TRY(gan_dataset_split(w->dataset, 2, parts));
  gan_dataset_destroy(parts[0]);
  return use_and_drop(parts[1]);
}

static gan_status set_labels(world *w) {
  static const int32_t labels[WORLD_SET_ROWS] = {0, 1, 2, 0, 1, 2};
  return gan_dataset_set_labels(w->dataset, labels, WORLD_SET_ROWS, 3);
}

static const unsigned char images[28] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0,
                                         0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9};
static const unsigned char labels_file[11] = {0, 0, 8, 1, 0, 0, 0, 3, 1, 0, 2};

static gan_status open_idx(world *w) {
  char path[128], labels_path[128];
  gan_dataset *made;
  snprintf(path, sizeof path, "%s", world_file(w, "images", images, sizeof images));
  snprintf(labels_path, sizeof labels_path, "%s",
           world_file(w, "labels", labels_file, sizeof labels_file));
  GAN_TRY(gan_dataset_open_idx(w->context, path, labels_path, &made));
  return use_and_drop(made);
}

static gan_status open_packed(world *w) {
  gan_dataset *made;
  const char *path = world_path(w, "packed");
  gzFile file = gzopen(path, "wb");
  assert_int_equal(gzwrite(file, images, sizeof images), sizeof images);
  assert_int_equal(gzclose(file), Z_OK);
  GAN_TRY(gan_dataset_open_idx(w->context, path, NULL, &made));
  return use_and_drop(made);
}

static gan_status set_slot(world *w) {
  gan_batch *made;
  GAN_TRY(gan_batch_create(w->context, &made));
  gan_status status = GAN_OK;
  for (int32_t i = 0; i < 20 && status == GAN_OK; i++) {
    char name[16];
    snprintf(name, sizeof name, "slot %d", i);
    status = gan_batch_set(made, name, GAN_F32, w->real, 1, (int64_t[]){3});
    assert_int_equal(gan_batch_count(made), status == GAN_OK ? i + 1 : i);
  }
  gan_batch_destroy(made);
  return status;
}

/* ---- Training. ---- */

static gan_status make_loss(world *w) {
  gan_loss *made;
  GAN_TRY(gan_loss_create(w->context, GAN_LOSS_NON_SATURATING, &made));
  gan_loss_destroy(made);
  return GAN_OK;
}

static gan_status adapt_discriminator(world *w) {
  gan_loss *loss;
  gan_discriminator *made;
  GAN_TRY(gan_loss_create(w->context, GAN_LOSS_MINIBATCH_DISCRIMINATION, &loss));
  gan_status status = gan_discriminator_for_loss(w->discriminator, loss, &made);
  gan_loss_destroy(loss);
  if (status != GAN_OK) return status;
  note(world_network_mark(gan_discriminator_network(made)));
  gan_discriminator_destroy(made);
  return GAN_OK;
}

static gan_status make_optimizer(world *w) {
  gan_optimizer *made;
  GAN_TRY(gan_optimizer_create(w->context, GAN_OPTIMIZER_NESTEROV, &made));
  gan_optimizer_destroy(made);
  return GAN_OK;
}

static gan_status make_trainer(world *w) {
  gan_trainer *made;
  GAN_TRY(gan_trainer_create(w->context, w->generator, w->discriminator, w->loss,
                             w->generator_optimizer, w->discriminator_optimizer, &made));
  gan_trainer_destroy(made);
  return GAN_OK;
}

/* The moments are made anew at the next step. */
static gan_status step_after_reset(world *w) {
  GAN_TRY(gan_optimizer_reset(w->discriminator_optimizer));
  GAN_TRY(gan_optimizer_reset(w->generator_optimizer));
  return gan_trainer_step(w->trainer, w->real, WORLD_ROWS);
}

static gan_status step_unrolled(world *w) {
  GAN_TRY(gan_trainer_set_unroll(w->trainer, 2));
  return gan_trainer_step(w->trainer, w->real, WORLD_ROWS);
}

static gan_status step_other_rows(world *w) {
  return gan_trainer_step(w->trainer, w->real, WORLD_ROWS - 1);
}

static gan_status step_one_player(world *w) {
  return gan_trainer_step_discriminator(w->trainer, w->real, WORLD_ROWS);
}

static gan_status step_generator(world *w) {
  return gan_trainer_step_generator(w->trainer, w->real, WORLD_ROWS);
}

/* In the other type, so that it is converted. */
static gan_status step_converted(world *w) {
  static const double rows[WORLD_ROWS * WORLD_WIDTH] = {1, -1, 2, 0, 1, 1, 0, -2};
  gan_batch *batch;
  GAN_TRY(gan_batch_create(w->context, &batch));
  gan_status status =
      gan_batch_set(batch, "real", GAN_F64, rows, 2, (int64_t[]){WORLD_ROWS, WORLD_WIDTH});
  if (status == GAN_OK)
    status = gan_trainer_step_batch(w->trainer, (const gan_batch *const *)&batch, 1);
  gan_batch_destroy(batch);
  return status;
}

static gan_status step_nan(world *w) {
  float rows[WORLD_ROWS * WORLD_WIDTH] = {1, NAN};
  return gan_trainer_step(w->trainer, rows, WORLD_ROWS);
}

static gan_status average_anew(world *w) {
  GAN_TRY(gan_trainer_set_average(w->trainer, 0));
  return gan_trainer_set_average(w->trainer, 0.5);
}

static gan_status run_on_data(world *w) {
  GAN_TRY(gan_trainer_set_data(w->trainer, w->dataset, 3));
  return gan_trainer_run(w->trainer, 1);
}

static gan_status run_on_callback(world *w) {
  GAN_TRY(gan_trainer_set_data_callback(w->trainer, world_batch, w));
  return gan_trainer_run(w->trainer, 1);
}

static gan_status get_average(world *w) {
  gan_generator *made;
  GAN_TRY(gan_trainer_average(w->trainer, &made));
  note(world_network_mark(gan_generator_network(made)));
  gan_generator_destroy(made);
  return GAN_OK;
}

static gan_status ask_plan_bytes(world *w) {
  int64_t bytes = -1;
  gan_status status = gan_trainer_plan_bytes(w->trainer, 5, &bytes);
  assert_int_equal(bytes == -1, status != GAN_OK);
  return status;
}

static gan_status explain(world *w) {
  const char *text = NULL;
  gan_status status = gan_trainer_explain(w->trainer, WORLD_ROWS, &text);
  assert_int_equal(text != NULL, status == GAN_OK);
  return status;
}

static gan_status graph_text(world *w) {
  const char *text = NULL;
  GAN_TRY(gan_trainer_graph_text(w->trainer, WORLD_ROWS, &text));
  note(gan__hash_text(text));
  return GAN_OK;
}

#include "memory_calls.h"
#include "memory_methods.h"

/* ---- All of them. ---- */

typedef struct call {
  const char *name;
  gan_status (*make)(world *w);
  gan_status end;     /* what it gives when there is memory */
  bool several_calls; /* of which the first may have had its effect when a later one fails */
} call;

#define ROW(function)                                                                              \
  { #function, function, GAN_OK, false }

static const call calls[] = {
    ROW(parse_network),
    {"build_network", build_network, GAN_OK, true},
    ROW(clone_network),
    {"start_network", start_network, GAN_OK, true},
    ROW(find_mean),
    ROW(clone_generator),
    ROW(clone_discriminator),
    ROW(parse_generator),
    ROW(parse_discriminator),
    ROW(share_network),
    ROW(sample),
    ROW(run_f64),
    ROW(draw_latents),
    ROW(judge),
    {"sample_nan", sample_nan, GAN_ERROR_NOT_FINITE, false},
    ROW(make_array),
    ROW(make_ring),
    ROW(make_grid),
    ROW(make_roll),
    ROW(make_called),
    ROW(split),
    ROW(set_labels),
    ROW(open_idx),
    ROW(open_packed),
    ROW(set_slot),
    ROW(make_loss),
    ROW(adapt_discriminator),
    ROW(make_optimizer),
    ROW(make_trainer),
    ROW(step_other_rows),
    {"step_after_reset", step_after_reset, GAN_OK, true},
    {"step_unrolled", step_unrolled, GAN_OK, true},
    ROW(step_one_player),
    ROW(step_generator),
    ROW(step_converted),
    {"step_nan", step_nan, GAN_ERROR_NOT_FINITE, false},
    {"average_anew", average_anew, GAN_OK, true},
    {"run_on_data", run_on_data, GAN_OK, true},
    {"run_on_callback", run_on_callback, GAN_OK, true},
    ROW(get_average),
    ROW(ask_plan_bytes),
    ROW(explain),
    ROW(graph_text),
    ROW(make_unroll),
    ROW(unroll_batch),
    ROW(unroll_step),
    ROW(unroll_objective),
    ROW(unroll_gradient),
    ROW(unroll_batches),
    ROW(unroll_step),
    {"check_gradient", check_gradient, GAN_OK, true},
    {"train_matched", train_matched, GAN_OK, true},
    {"train_minibatch", train_minibatch, GAN_OK, true},
    {"train_classes", train_classes, GAN_OK, true},
    {"train_terms", train_terms, GAN_OK, true},
    {"train_layers", train_layers, GAN_OK, true},
    ROW(make_game),
    {"play_own_game", play_own_game, GAN_OK, true},
    ROW(game_field),
    ROW(game_eigenvalues),
    {"average_game", average_game, GAN_OK, true},
    ROW(game_eigenvalues),
    ROW(measure_modes),
    ROW(measure_roll),
    ROW(measure_parzen),
    ROW(choose_parzen),
    ROW(measure_divergence),
    ROW(measure_distances),
    ROW(find_clusters),
    ROW(draw_sheet),
    ROW(draw_points),
    ROW(draw_chart),
    ROW(draw_table),
    ROW(write_png),
    ROW(set_threads),
    ROW(step_other_rows),
    ROW(sample),
    ROW(take_blas),
};
enum { CALLS = sizeof calls / sizeof *calls };

enum { NEVER, ONCE, FOR_EVER };

/* The number of attempts that failed. */
static int64_t insist(world *w, const call *row, int32_t mode) {
  for (int64_t n = 1;; n++) {
    uint64_t mark = world_mark(w), noted_before = noted, objects = w->context->objects;
    heap_refuse(&w->heap, mode == ONCE ? n : 0, mode == FOR_EVER ? n : 0);
    gan_status status = row->make(w);
    int64_t refused = w->heap.refused;
    heap_refuse(&w->heap, 0, 0);
    if (status == row->end && (refused == 0 || mode == ONCE)) {
      /* Refused and done all the same: it could do without. */
      if (refused == 0) return n - 1;
      noted = noted_before; /* it is made again */
      continue;
    }
    if (status != GAN_ERROR_MEMORY)
      print_message("%s, allocation %lld refused: %s, \"%s\"\n", row->name, (long long)n,
                    gan_status_name(status), gan_context_message(w->context));
    assert_int_equal(status, GAN_ERROR_MEMORY);
    assert_true(refused > 0);
    assert_non_null(strstr(gan_context_message(w->context), "out of memory"));
    assert_true(noted == noted_before);
    bool same = world_mark(w) == mark && w->context->objects == objects;
    if (!row->several_calls && !same)
      print_message("%s, allocation %lld refused: something has changed\n", row->name,
                    (long long)n);
    assert_true(row->several_calls || same);
    w->context->objects = objects; /* those that the first of several calls made are gone */
  }
}

/* Opens a world, makes all calls, closes it. The outcome is the hash of everything. */
static uint64_t outcome(int32_t mode, int64_t *failures) {
  world w = {.folder = ""};
  noted = 0;
  *failures = 0;
  DONE(world_open(&w));
  DONE(world_use(&w));
  for (int32_t i = 0; i < CALLS; i++)
    *failures += insist(&w, &calls[i], mode);
  DONE(world_use(&w));
  note(world_mark(&w));
  world_close(&w);
  assert_int_equal(w.heap.live, 0);
  return noted;
}

static void failures_leave_no_trace(void **state) {
  (void)state;
  int64_t none, once, for_ever;
  uint64_t expected = outcome(NEVER, &none);
  assert_int_equal(none, 0);
  assert_true(outcome(ONCE, &once) == expected);
  assert_true(outcome(FOR_EVER, &for_ever) == expected);
  print_message("%lld failures for once, %lld for ever\n", (long long)once, (long long)for_ever);
  assert_true(once > 1000);
}

/* From the context to the trainer: whatever fails, what is there can be destroyed. */
static void a_world_that_is_not_finished_is_closed(void **state) {
  (void)state;
  for (int32_t mode = ONCE; mode <= FOR_EVER; mode++)
    for (int64_t n = 1;; n++) {
      world w = {.folder = ""};
      heap_refuse(&w.heap, mode == ONCE ? n : 0, mode == FOR_EVER ? n : 0);
      gan_status status = world_open(&w);
      if (status == GAN_OK) status = world_use(&w);
      int64_t refused = w.heap.refused;
      /* A callback of ours passes its own failure on. */
      if (refused > 0 && status != GAN_ERROR_CALLBACK) assert_int_equal(status, GAN_ERROR_MEMORY);
      world_close(&w);
      assert_int_equal(w.heap.live, 0);
      if (refused > 0) continue;
      assert_int_equal(status, GAN_OK);
      assert_true(n > 100);
      break;
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(failures_leave_no_trace),
      cmocka_unit_test(a_world_that_is_not_finished_is_closed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
