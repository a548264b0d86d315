/* SPDX-License-Identifier: MIT */
/* The trainer: a generator and a discriminator as the two players of a game, step by step. */
#ifndef GAN_TRAINER_H
#define GAN_TRAINER_H

#include <stdint.h>

#include <gan/data.h>
#include <gan/loss.h>
#include <gan/model.h>
#include <gan/optimizer.h>
#include <gan/schedule.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Trains two networks against each other, alternating as in Goodfellow et al. 2014, algorithm 1,
 * and with one player unrolled, if wanted, as in Metz et al. 2017. A step computes everything new
 * first; only when all of it is finite does it replace the old, so that whatever a failing step
 * returns, the networks, optimizers, averages and counters are as they were before it. A step whose
 * kind and number of rows occurred before allocates nothing.
 *
 * The players have names, "generator" and "discriminator". Random draws depend on the trainer's
 * seed, the generator and the number of steps made, on nothing else. */
typedef struct gan_trainer gan_trainer;

/* What the last step saw. Of several moves of a player in one step, the last one counts; values of
 * a player who did not move stay as they were, 0 at first. */
typedef struct gan_progress {
  uint64_t struct_size; /* sizeof(gan_progress) of the caller, set before gan_trainer_progress() */
  int64_t step;         /* steps made so far */
  double discriminator_loss;          /* before the move, as are the following */
  double generator_loss;              /* with an unrolled discriminator: after its K steps */
  double real_logit_mean;             /* of the discriminator's move: mean over the real rows */
  double fake_logit_mean;             /* and over the generated ones */
  double discriminator_gradient_norm; /* Euclidean, over all parameters */
  double generator_gradient_norm;
} gan_progress;

/* ---- Life and settings. Settings act from the next step on. ---- */

/* Makes a trainer. All handles are of `context`; both networks have parameters and compute in the
 * same type; the generator makes rows of the shape that the discriminator takes, or one of the two
 * shapes is flat; the two optimizers are different handles. The trainer shares the parts: they may
 * be destroyed before it. Its seed is the context's. The caller owns *trainer. GAN_ERROR_ARGUMENT,
 * GAN_ERROR_CONTEXT, GAN_ERROR_SHAPE, GAN_ERROR_STATE (an optimizer that has moments of another
 * network), GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_trainer_create(gan_context *context, gan_generator *generator,
                                      gan_discriminator *discriminator, gan_loss *loss,
                                      gan_optimizer *generator_optimizer,
                                      gan_optimizer *discriminator_optimizer,
                                      gan_trainer **trainer);

/* Frees a trainer, not from within its callback; NULL is ignored. Since 0.1. */
GAN_API void gan_trainer_destroy(gan_trainer *trainer);

/* K, 0 to 10000, 0 at first: the generator (or whom gan_trainer_set_unroll_player() names) descends
 * the total derivative of its loss at the other player's parameters after K steps of that player's
 * own optimizer from its live state, second-order terms included. The inner steps are then
 * forgotten. (Metz et al. 2017, section 2.2.) GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_trainer_set_unroll(gan_trainer *trainer, int32_t steps);

/* The name of the player who looks ahead; the other one is unrolled. "generator" at first.
 * GAN_ERROR_NAME. Since 0.1. */
GAN_API gan_status gan_trainer_set_unroll_player(gan_trainer *trainer, const char *player);

/* 1 leaves out how the unrolled parameters depend on the mover's, that is the second term of
 * equation 12 of Metz et al. 2017: for comparison. 0 at first. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_trainer_set_approximate(gan_trainer *trainer, int32_t approximate);

/* What the inner steps are computed on: GAN_INNER_SAME or GAN_INNER_FRESH. GAN_ERROR_ARGUMENT.
 * Since 0.1. */
GAN_API gan_status gan_trainer_set_inner_batches(gan_trainer *trainer, int32_t inner);

/* When the players see each other's moves: GAN_ORDER_ALTERNATING or GAN_ORDER_SIMULTANEOUS.
 * GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_trainer_set_order(gan_trainer *trainer, int32_t order);

/* The name of the player who moves first when alternating; NULL for the default, see
 * GAN_ORDER_ALTERNATING. GAN_ERROR_NAME. Since 0.1. */
GAN_API gan_status gan_trainer_set_first(gan_trainer *trainer, const char *player);

/* How many moves a player makes in one step, 1 to 1000, 1 at first. GAN_ERROR_NAME,
 * GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_trainer_set_steps(gan_trainer *trainer, const char *player, int32_t steps);

/* Which moves share their latent draws: GAN_NOISE_AUTOMATIC, GAN_NOISE_FRESH or GAN_NOISE_SHARED.
 * GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_trainer_set_noise(gan_trainer *trainer, int32_t noise);

/* How a step follows the gradients: GAN_METHOD_... Steps fail with GAN_ERROR_STATE where
 * extragradient meets more than one move of a player. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_trainer_set_method(gan_trainer *trainer, int32_t method);

/* Consensus: adds weight * the gradient of |v|^2 / 2 to every player's gradient, where v joins the
 * gradients of both players' objectives, taken on the mover's batch and noise. 0, as at first, for
 * none. Works with any order, method and optimizer; inner steps of an unrolled player are without
 * it. (Mescheder et al. 2017, "The Numerics of GANs", section 4: weight 10 with RMSProp at 1e-4.)
 * GAN_ERROR_ARGUMENT below 0 or above 1e30. Since 0.1. */
GAN_API gan_status gan_trainer_set_consensus(gan_trainer *trainer, double weight);

/* Keeps a moving average of the generator's parameters: after each step that moves it, average :=
 * decay * average + (1 - decay) * parameters, without the bias of its start. 0 < decay < 1; 0, as
 * at first, keeps none and forgets. GAN_ERROR_ARGUMENT, GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_trainer_set_average(gan_trainer *trainer, double decay);

/* The same for the player of that name. GAN_ERROR_NAME besides. Since 0.1. */
GAN_API gan_status gan_trainer_set_player_average(gan_trainer *trainer, const char *player,
                                                  double decay);

/* The most bytes that the plan of a step may take, as gan_trainer_plan_bytes() counts them; 0, as
 * at first, for no cap. Where it would need more, intermediate values are computed again instead of
 * kept, above all those of the inner steps of an unrolled player: the step takes longer and gives
 * the same bits. A cap below what is possible makes the following steps and
 * gan_trainer_plan_bytes() fail with GAN_ERROR_LIMIT, and the message names the smallest possible;
 * it depends on the rows, the settings and the number of threads. All plans of the trainer keep to
 * the cap together: where steps of several kinds do not fit at once, each allocates anew. After a
 * bad value the message may then name the first bad result instead of its origin. Parameters,
 * moments, batches and the description of the plan do not count. GAN_ERROR_ARGUMENT below 0.
 * Since 0.1. */
GAN_API gan_status gan_trainer_set_memory_cap(gan_trainer *trainer, int64_t bytes);

/* The seed of the noise. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_trainer_set_seed(gan_trainer *trainer, uint64_t seed);

/* Called after every committed step; `progress` lives during the call. Non-zero ends the call that
 * trains with GAN_ERROR_CANCELLED. It may use every handle, settings included, but must neither
 * make steps of this trainer (GAN_ERROR_STATE) nor destroy it. */
typedef int32_t (*gan_trainer_callback)(const gan_progress *progress, void *user);

/* Sets the callback; NULL for none. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_trainer_set_callback(gan_trainer *trainer, gan_trainer_callback callback,
                                            void *user);

/* ---- Steps. All give GAN_ERROR_ARGUMENT, GAN_ERROR_SHAPE, GAN_ERROR_NAME (no slot "real"),
 * GAN_ERROR_STATE, GAN_ERROR_LIMIT, GAN_ERROR_MEMORY and
 * GAN_ERROR_NOT_FINITE: the message names the first bad value; nothing is changed;
 * GAN_ERROR_CANCELLED: nothing is changed when gan_context_cancel() was called, and the step is
 * made when the callback said so. ---- */

/* One step on `batch`, [rows, input shape of the discriminator], as many generated rows as real
 * ones. It serves every move of the step. Any number of rows will do, such as a smaller last batch:
 * losses are means over the rows given; each number needs its own plan, of which the last 8 are
 * kept. Since 0.1. */
GAN_API gan_status gan_trainer_step(gan_trainer *trainer, const float *batch, int64_t rows);

/* The same from the slots "real" of batches [count]: GAN_F32 or GAN_F64, [rows, ...] with rows that
 * fit the discriminator's input or are flat, the same number in each. With GAN_LOSS_SEMI_SUPERVISED
 * also "labelled", such rows in any number, and "labels", GAN_I32 [labelled rows]. count is 1 (it
 * serves every move) or gan_trainer_batches(). Since 0.1. */
GAN_API gan_status gan_trainer_step_batch(gan_trainer *trainer, const gan_batch *const *batches,
                                          int32_t count);

/* One move of the discriminator alone; counts as a step. Since 0.1. */
GAN_API gan_status gan_trainer_step_discriminator(gan_trainer *trainer, const float *batch,
                                                  int64_t rows);

/* One move of the generator alone; counts as a step. `batch` may be NULL where its objective needs
 * no real rows: nothing is unrolled, and no features are matched. Since 0.1. */
GAN_API gan_status gan_trainer_step_generator(gan_trainer *trainer, const float *batch,
                                              int64_t rows);

/* One move of one player, by name, on batches as above: count is 1, or as many as that move can
 * use. Since 0.1. */
GAN_API gan_status gan_trainer_step_player(gan_trainer *trainer, const char *player,
                                           const gan_batch *const *batches, int32_t count);

/* How many different real batches a step can use, at least 1; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_trainer_batches(const gan_trainer *trainer);

/* The data of gan_trainer_run(): batches of `rows` rows from `dataset`, which is borrowed and must
 * outlive its use; NULL for none. Batches are taken by number, one after the other, so the rows
 * that fill no batch at the end of an epoch are left out of it. GAN_ERROR_ARGUMENT,
 * GAN_ERROR_SHAPE, GAN_ERROR_CONTEXT. Since 0.1. */
GAN_API gan_status gan_trainer_set_data(gan_trainer *trainer, gan_dataset *dataset, int64_t rows);

/* The labelled rows of gan_trainer_run(), with GAN_LOSS_SEMI_SUPERVISED: batches of `rows` rows and
 * their labels beside each batch of the data, borrowed as above; NULL for none. Its classes are at
 * most the discriminator's logits. GAN_ERROR_STATE with another loss; errors as above. Since 0.1.
 */
GAN_API gan_status gan_trainer_set_labelled_data(gan_trainer *trainer, gan_dataset *dataset,
                                                 int64_t rows);

/* Fills the slots of `batch` for batch number `index`; the array is read before the next
 * call. Non-zero ends the run with GAN_ERROR_CALLBACK. */
typedef int32_t (*gan_batch_callback)(int64_t index, gan_batch *batch, void *user);

/* The same with a function that provides each batch; NULL for none. GAN_ERROR_ARGUMENT,
 * GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_trainer_set_data_callback(gan_trainer *trainer, gan_batch_callback callback,
                                                 void *user);

/* Makes `steps` (>= 0) steps on the data set before. Stops at the first that fails, those before it
 * stay. GAN_ERROR_STATE without data; errors of the data. Since 0.1. */
GAN_API gan_status gan_trainer_run(gan_trainer *trainer, int64_t steps);

/* ---- Questions. ---- */

/* Steps made, moves of one player alone included; 0 for NULL. Since 0.1. */
GAN_API int64_t gan_trainer_steps(const gan_trainer *trainer);

/* What the last step saw; only fields within progress->struct_size are written. GAN_ERROR_ARGUMENT.
 * Since 0.1. */
GAN_API gan_status gan_trainer_progress(const gan_trainer *trainer, gan_progress *progress);

/* The number of players; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_trainer_players(const gan_trainer *trainer);

/* The name of player `player` (from 0), static; NULL out of range. Since 0.1. */
GAN_API const char *gan_trainer_player_name(const gan_trainer *trainer, int32_t player);

/* Makes a generator of its own with the averaged parameters. The caller owns *generator.
 * GAN_ERROR_STATE when nothing has been averaged, GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_trainer_average(gan_trainer *trainer, gan_generator **generator);

/* The same for the discriminator. Since 0.1. */
GAN_API gan_status gan_trainer_average_discriminator(gan_trainer *trainer,
                                                     gan_discriminator **discriminator);

/* The memory of the plan for so many rows, workspaces of all threads included: where the trainer
 * has data set, the plan of gan_trainer_run(), else that of gan_trainer_step(). The plan is made if
 * there is none, so asking is also how to plan before a clock starts; its memory is allocated by
 * the first step only. GAN_ERROR_LIMIT under a memory cap that is too small. Since 0.1. */
GAN_API gan_status gan_trainer_plan_bytes(gan_trainer *trainer, int64_t rows, int64_t *bytes);

/* That plan as stable text: what runs in which order, by which kernels, and why; how many
 * floating-point operations that is and how many bytes it moves. Once it has run also how long the
 * parts of the last run took. Owned by the trainer, valid until its next call. Since 0.1. */
GAN_API gan_status gan_trainer_explain(gan_trainer *trainer, int64_t rows, const char **text);

/* Its graph as stable text, one line a node. Ownership as above. Since 0.1. */
GAN_API gan_status gan_trainer_graph_text(gan_trainer *trainer, int64_t rows, const char **text);

#ifdef __cplusplus
}
#endif

#endif
