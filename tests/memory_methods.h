/* SPDX-License-Identifier: MIT */
/* Job: trainers of every loss and method that test_out_of_memory.c makes; included there once,
 * after its helpers. */

/* A trainer of its own on a text for each network; `prepare` may add to the loss. */
typedef struct recipe {
  int32_t loss, optimizer;
  const char *generator, *discriminator;
  gan_status (*prepare)(gan_loss *loss);
  bool all_settings; /* extragradient, consensus, averages */
} recipe;

typedef struct crew {
  gan_generator *generator;
  gan_discriminator *given, *discriminator; /* the latter with what the loss needs */
  gan_loss *loss;
  gan_optimizer *optimizers[2];
  gan_trainer *trainer;
} crew;

static gan_status open_crew(world *w, const recipe *r, crew *c) {
  GAN_TRY(gan_generator_parse(w->context, r->generator, &c->generator));
  GAN_TRY(gan_discriminator_parse(w->context, r->discriminator, &c->given));
  GAN_TRY(gan_loss_create(w->context, r->loss, &c->loss));
  if (r->prepare) GAN_TRY(r->prepare(c->loss));
  if (r->loss == GAN_LOSS_MINIBATCH_DISCRIMINATION) GAN_TRY(gan_loss_set(c->loss, GAN_KERNELS, 3));
  GAN_TRY(gan_discriminator_for_loss(c->given, c->loss, &c->discriminator));
  for (int32_t i = 0; i < 2; i++)
    GAN_TRY(gan_optimizer_create(w->context, r->optimizer, &c->optimizers[i]));
  return gan_trainer_create(w->context, c->generator, c->discriminator, c->loss, c->optimizers[0],
                            c->optimizers[1], &c->trainer);
}

static void close_crew(crew *c) {
  gan_trainer_destroy(c->trainer);
  gan_optimizer_destroy(c->optimizers[0]);
  gan_optimizer_destroy(c->optimizers[1]);
  gan_loss_destroy(c->loss);
  gan_discriminator_destroy(c->discriminator);
  gan_discriminator_destroy(c->given);
  gan_generator_destroy(c->generator);
}

static gan_status choose_settings(crew *c) {
  GAN_TRY(gan_trainer_set_method(c->trainer, GAN_METHOD_EXTRAGRADIENT));
  GAN_TRY(gan_trainer_set_consensus(c->trainer, 0.5));
  GAN_TRY(gan_trainer_set_average(c->trainer, 0.5));
  return gan_trainer_set_player_average(c->trainer, "discriminator", 0.25);
}

/* Rows for all slots that a loss may want. */
static gan_status fill_batch(world *w, gan_batch *batch) {
  static const int32_t labels[3] = {2, 0, 1};
  GAN_TRY(gan_batch_set(batch, "real", GAN_F32, w->real, 2, (int64_t[]){WORLD_ROWS, 2}));
  GAN_TRY(gan_batch_set(batch, "labelled", GAN_F32, w->real, 2, (int64_t[]){3, 2}));
  return gan_batch_set(batch, "labels", GAN_I32, labels, 1, (int64_t[]){3});
}

/* A step, and judgement by what the discriminator has become. A step that fails moves nobody. */
static gan_status use_crew(world *w, crew *c, const recipe *r, gan_batch *batch) {
  float logits[WORLD_ROWS * 3];
  gan_discriminator *average;
  if (r->all_settings) GAN_TRY(choose_settings(c));
  GAN_TRY(fill_batch(w, batch));
  uint64_t mark = world_network_mark(gan_generator_network(c->generator));
  gan_status status = gan_trainer_step_batch(c->trainer, (const gan_batch *const *)&batch, 1);
  bool moved = mark != world_network_mark(gan_generator_network(c->generator));
  assert_int_equal(moved, status == GAN_OK);
  GAN_TRY(status);
  GAN_TRY(gan_discriminator_run(c->discriminator, w->real, WORLD_ROWS, logits));
  GAN_TRY(gan_discriminator_features(c->discriminator, "input", w->real, WORLD_ROWS, logits));
  if (r->all_settings) {
    GAN_TRY(gan_trainer_average_discriminator(c->trainer, &average));
    gan_discriminator_destroy(average);
  }
  note(world_network_mark(gan_generator_network(c->generator)));
  note(world_network_mark(gan_discriminator_network(c->discriminator)));
  return GAN_OK;
}

static gan_status train_by(world *w, const recipe *r) {
  crew c = {NULL};
  gan_batch *batch = NULL;
  gan_status status = open_crew(w, r, &c);
  if (status == GAN_OK) status = gan_batch_create(w->context, &batch);
  if (status == GAN_OK) status = use_crew(w, &c, r, batch);
  gan_batch_destroy(batch);
  close_crew(&c);
  return status;
}

#define SMALL_G "latent 2; dense 3 tanh; dense 2"
#define SMALL_D "input 2; dense 3 tanh; dense 1"

static gan_status train_matched(world *w) {
  return train_by(w, &(recipe){.loss = GAN_LOSS_FEATURE_MATCHING,
                               .optimizer = GAN_OPTIMIZER_SGD,
                               .generator = SMALL_G,
                               .discriminator = SMALL_D});
}

static gan_status train_minibatch(world *w) {
  return train_by(w, &(recipe){.loss = GAN_LOSS_MINIBATCH_DISCRIMINATION,
                               .optimizer = GAN_OPTIMIZER_MOMENTUM,
                               .generator = SMALL_G,
                               .discriminator = SMALL_D});
}

static gan_status train_classes(world *w) {
  return train_by(w, &(recipe){.loss = GAN_LOSS_SEMI_SUPERVISED,
                               .optimizer = GAN_OPTIMIZER_RMSPROP,
                               .generator = SMALL_G,
                               .discriminator = "input 2; dense 3 tanh; dense 3"});
}

static int32_t mean_gap(gan_graph *g, void *user) {
  (void)user;
  int32_t real = gan_graph_mean_all(g, gan_graph_logits(g, GAN_ROWS_REAL));
  return gan_graph_sub(g, gan_graph_mean_all(g, gan_graph_logits(g, GAN_ROWS_FAKE)), real);
}

static gan_status add_terms(gan_loss *loss) {
  GAN_TRY(gan_loss_add_term(loss, "generator", -1, mean_gap, NULL));
  GAN_TRY(gan_loss_add_feature_matching(loss, "dense_1", GAN_FEATURES_ABSOLUTE, 1));
  GAN_TRY(gan_loss_add_term(loss, "discriminator", 1, mean_gap, NULL));
  GAN_TRY(gan_loss_set_historical_averaging(loss, "generator", 1));
  return gan_loss_set_historical_averaging(loss, "discriminator", 1);
}

static gan_status train_terms(world *w) {
  return train_by(w, &(recipe){.loss = GAN_LOSS_TERMS,
                               .optimizer = GAN_OPTIMIZER_OPTIMISTIC,
                               .generator = SMALL_G,
                               .discriminator = SMALL_D,
                               .prepare = add_terms,
                               .all_settings = true});
}

static gan_status train_layers(world *w) {
  return train_by(w, &(recipe){.loss = GAN_LOSS_MINIMAX,
                               .optimizer = GAN_OPTIMIZER_OPTIMISTIC_ADAM,
                               .generator =
                                   "reference 2; latent 2 + 2 categorical; dense 3; batch_norm; "
                                   "elu; dense 3; virtual_batch_norm; dense 2",
                               .discriminator = "input 2; noise 0.1; weight_norm on; maxout 3 2; "
                                                "dropout 0.9; layer_norm; dense 1"});
}
