/* SPDX-License-Identifier: MIT */
/* Job: the calls of unrolling, measuring and drawing that test_out_of_memory.c makes; included
 * there once, after its helpers. */

/* ---- Unrolled calls. ---- */

static gan_status make_unroll(world *w) {
  gan_unroll *made;
  GAN_TRY(gan_unroll_create(w->context, w->generator, w->discriminator, w->loss,
                            w->generator_optimizer, w->discriminator_optimizer, &made));
  gan_unroll_destroy(made);
  return GAN_OK;
}

static gan_status unroll_batch(world *w) {
  return gan_unroll_set_batch(w->unroll, w->real, WORLD_ROWS);
}

static gan_status unroll_batches(world *w) {
  const gan_batch *batches[] = {w->batch, w->batch};
  return gan_unroll_set_batches(w->unroll, batches, 2);
}

static gan_status unroll_step(world *w) {
  return gan_unroll_step(w->unroll);
}

static gan_status unroll_objective(world *w) {
  double value = -5;
  gan_status status = gan_unroll_objective(w->unroll, &value);
  assert_int_equal(value == -5, status != GAN_OK);
  return status;
}

static gan_status unroll_gradient(world *w) {
  gan_gradient *made;
  float values[4];
  GAN_TRY(gan_unroll_gradient(w->unroll, &made));
  gan_status status = gan_gradient_get(made, "dense_1/bias", values, 4);
  note_numbers(values, 4);
  gan_gradient_destroy(made);
  return status;
}

/* Players of its own, in f64. */
static gan_status check_players(world *w, gan_optimizer *const *optimizers,
                                gan_generator *generator, gan_discriminator *discriminator) {
  gan_unroll *unroll;
  gan_gradient_check report = {.struct_size = sizeof report, .directions = -5};
  GAN_TRY(gan_unroll_create(w->context, generator, discriminator, w->loss, optimizers[0],
                            optimizers[1], &unroll));
  gan_status status = gan_unroll_set_steps(unroll, 1);
  if (status == GAN_OK) status = gan_unroll_set_batch(unroll, w->real, 2);
  if (status == GAN_OK) status = gan_check_gradient(unroll, 1, 1, &report);
  assert_int_equal(report.directions == -5, status != GAN_OK);
  gan_unroll_destroy(unroll);
  return status;
}

static gan_status check_gradient(world *w) {
  gan_generator *generator = NULL;
  gan_discriminator *discriminator = NULL;
  gan_optimizer *optimizers[2] = {NULL, NULL};
  gan_status status = gan_generator_parse(w->context, "f64; latent 1; dense 2", &generator);
  if (status == GAN_OK)
    status = gan_discriminator_parse(w->context, "f64; input 2; dense 1", &discriminator);
  for (int32_t i = 0; i < 2 && status == GAN_OK; i++)
    status = gan_optimizer_create(w->context, GAN_OPTIMIZER_SGD, &optimizers[i]);
  if (status == GAN_OK) status = check_players(w, optimizers, generator, discriminator);
  gan_optimizer_destroy(optimizers[0]);
  gan_optimizer_destroy(optimizers[1]);
  gan_discriminator_destroy(discriminator);
  gan_generator_destroy(generator);
  return status;
}

/* ---- Games. ---- */

static gan_status make_game(world *w) {
  gan_game *made;
  GAN_TRY(gan_game_create_preset(w->context, GAN_F32, GAN_GAME_ROCK_PAPER_SCISSORS, &made));
  gan_game_destroy(made);
  return GAN_OK;
}

/* For a sum of squares, which each player builds with a derivative of its own. */
static int32_t squares(gan_graph *graph, int32_t player, void *user) {
  (void)user;
  int32_t x = gan_graph_parameter(graph, player == 0 ? "x" : "y", "value"), slope;
  if (gan_graph_gradient(graph, gan_graph_dot(graph, x, x), &x, 1, &slope) != GAN_OK) return -1;
  return gan_graph_dot(graph, slope, x);
}

static gan_status seat_player(gan_game *game, world *w, const char *name) {
  static const double start[3] = {1, 2, 3};
  gan_optimizer *optimizer;
  GAN_TRY(gan_optimizer_create(w->context, GAN_OPTIMIZER_OPTIMISTIC_ADAM, &optimizer));
  int32_t before = gan_game_players(game);
  gan_status status = gan_game_add_player(game, name, start, 3, optimizer);
  assert_int_equal(gan_game_players(game), status == GAN_OK ? before + 1 : before);
  gan_optimizer_destroy(optimizer);
  return status;
}

static gan_status play_own_game(world *w) {
  gan_game *made;
  double values[6] = {-5};
  GAN_TRY(gan_game_create(w->context, GAN_F64, &made));
  gan_status status = seat_player(made, w, "x");
  if (status == GAN_OK) status = seat_player(made, w, "y");
  if (status == GAN_OK) status = gan_game_set_objective(made, squares, NULL);
  if (status == GAN_OK) status = gan_game_set_unroll(made, "x", "y", 2);
  if (status == GAN_OK) status = gan_game_step(made, 3);
  if (status == GAN_OK) status = gan_game_get(made, values);
  if (status == GAN_OK) note_numbers((float[]){(float)values[0], (float)values[5]}, 2);
  gan_game_destroy(made);
  return status;
}

static gan_status average_game(world *w) {
  GAN_TRY(gan_game_set_historical_averaging(w->game, "generator", 0.5));
  return gan_game_step(w->game, 1);
}

static gan_status game_field(world *w) {
  double field[2] = {-5, -5};
  gan_status status = gan_game_field(w->game, field);
  assert_int_equal(field[0] == -5, status != GAN_OK);
  return status;
}

static gan_status game_eigenvalues(world *w) {
  double real[2] = {-5, -5}, imaginary[2] = {-5, -5};
  gan_status status = gan_game_eigenvalues(w->game, real, imaginary);
  assert_int_equal(imaginary[1] == -5, status != GAN_OK);
  return status;
}

/* ---- Measures and pictures. ---- */

static gan_status measure_modes(world *w) {
  gan_mode_report report = {.struct_size = sizeof report};
  return gan_metric_modes(w->context, w->real, 6, w->real, 3, 2, 0.1, &report);
}

static gan_status measure_roll(world *w) {
  gan_mode_report report = {.struct_size = sizeof report};
  return gan_metric_swissroll(w->context, w->real, 6, 0.25, 7.5, &report);
}

static gan_status measure_parzen(world *w) {
  gan_parzen_report report = {.struct_size = sizeof report, .mean = -5};
  gan_parzen_data data = {sizeof data, w->real, 6, w->real, 2, w->real, 3, 2};
  double log_densities[3] = {-5};
  gan_status status = gan_metric_parzen(w->context, &data, 0.5, log_densities, &report);
  assert_int_equal(report.mean == -5, status != GAN_OK);
  assert_int_equal(log_densities[0] == -5, status != GAN_OK);
  return status;
}

static gan_status choose_parzen(world *w) {
  gan_parzen_report report = {.struct_size = sizeof report, .mean = -5};
  gan_parzen_data data = {sizeof data, w->real, 6, w->real, 2, w->real, 3, 2};
  double means[10] = {-5};
  gan_status status = gan_metric_parzen_choose(w->context, &data, NULL, 10, means, &report);
  assert_int_equal(report.mean == -5, status != GAN_OK);
  assert_int_equal(means[0] == -5, status != GAN_OK);
  return status;
}

static gan_status measure_divergence(world *w) {
  const double mean[] = {0, 1}, deviation = 1;
  gan_density p = {sizeof p, 1, NULL, mean, &deviation},
              q = {sizeof q, 1, NULL, mean + 1, &deviation};
  gan_divergence_report report = {.struct_size = sizeof report, .js = -5};
  gan_status status = gan_metric_divergence(w->context, &p, &q, &report);
  assert_int_equal(report.js == -5, status != GAN_OK);
  return status;
}

static gan_status measure_distances(world *w) {
  gan_distance_view view = {sizeof view, 10, 1, 2, 0, 0};
  gan_distance_report report = {.struct_size = sizeof report, .mean = -5};
  int64_t counts[2] = {-5, -5};
  gan_status status = gan_metric_distances(w->context, w->real, 6, 2, &view, counts, &report);
  assert_int_equal(report.mean == -5, status != GAN_OK);
  assert_int_equal(counts[0] == -5, status != GAN_OK);
  return status;
}

static gan_status find_clusters(world *w) {
  gan_cluster_view view = {sizeof view, 2, 3, 1};
  gan_cluster_report report = {.struct_size = sizeof report, .mean_square = -5};
  float centroids[4] = {-5};
  gan_status status = gan_metric_kmeans(w->context, w->real, 6, 2, &view, centroids, &report);
  assert_int_equal(report.mean_square == -5, status != GAN_OK);
  assert_int_equal(centroids[0] == -5, status != GAN_OK);
  if (status == GAN_OK) note_numbers(centroids, 4);
  return status;
}

static gan_status draw_sheet(world *w) {
  gan_grid_view view = {sizeof view, 3, 1, 2, 2, 2, 3, 0, 1};
  gan_image *made;
  GAN_TRY(gan_image_grid(w->context, w->real, &view, &made));
  gan_image_destroy(made);
  return GAN_OK;
}

static gan_status draw_points(world *w) {
  gan_scatter_view view = {sizeof view, 32, -2, 2, -2, 2, w->real, 3};
  gan_image *made;
  GAN_TRY(gan_image_scatter(w->context, w->real, 6, &view, &made));
  gan_image_destroy(made);
  return GAN_OK;
}

static gan_status draw_chart(world *w) {
  const double values[] = {1, 4, 2, 8};
  const gan_series series[] = {
      {.struct_size = sizeof *series, .y = values, .count = 4, .name = "line", .ends = 1},
      {.struct_size = sizeof *series, .y = values, .count = 4, .form = GAN_SERIES_BARS}};
  gan_chart_view view = {.struct_size = sizeof view, .width = 200, .height = 150};
  gan_image *made;
  GAN_TRY(gan_image_chart(w->context, series, 2, &view, &made));
  gan_image_destroy(made);
  return GAN_OK;
}

static gan_status draw_table(world *w) {
  const gan_image *panels[] = {w->image, NULL, w->image, w->image};
  const char *rows[] = {"a", "b"}, *columns[] = {"1", "2"};
  gan_panel_view view = {sizeof view, 2, 2, panels, rows, columns, 0};
  gan_image *made;
  GAN_TRY(gan_image_panels(w->context, &view, &made));
  gan_image_destroy(made);
  return GAN_OK;
}

static gan_status write_png(world *w) {
  return gan_image_write_png(w->image, world_path(w, "picture.png"));
}
