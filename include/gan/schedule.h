/* SPDX-License-Identifier: MIT */
/* The schedule: how players take turns in a step. For trainers, unrolled calls and games. */
#ifndef GAN_SCHEDULE_H
#define GAN_SCHEDULE_H

/* When the players see each other's moves. */
enum {
  GAN_ORDER_ALTERNATING = 1, /* one after the other, each against what the other has become; set at
                                first. The player who unrolls begins, or, when nothing is unrolled,
                                the discriminator; gan_trainer_set_first() chooses another */
  GAN_ORDER_SIMULTANEOUS = 2 /* each against the other's state at the start of the step. With an
                                unrolled discriminator its own move is then the first inner step */
};

/* Which moves share their latent draws. */
enum {
  GAN_NOISE_AUTOMATIC = 1, /* fresh when alternating, shared when simultaneous; set at first */
  GAN_NOISE_FRESH = 2,     /* every move of every player has its own */
  GAN_NOISE_SHARED = 3     /* move i of the generator has those of move i of the discriminator */
};

/* How a step follows the players' gradients. */
enum {
  GAN_METHOD_DESCENT = 1, /* each move one update along its own gradient; set at first */
  /* Every player first updates from where all stand to a look-ahead point; the step is then made
   * from where they stood, with the gradients found there. Both updates are the optimizer's own and
   * advance its moments and count, as both passes advance running statistics, and each has its
   * batch and noise. What is told of losses and norms is that of the second. Players move together,
   * whatever the order, and once a step. (Korpelevich 1976; Gidel et al. 2019, "A Variational
   * Inequality Perspective on Generative Adversarial Networks", algorithm 3.) */
  GAN_METHOD_EXTRAGRADIENT = 2
};

/* What the inner steps of an unrolled player are computed on. */
enum {
  GAN_INNER_SAME = 1, /* the batch and noise of the move that looks through them; set at first */
  GAN_INNER_FRESH = 2 /* each its own */
};

#endif
