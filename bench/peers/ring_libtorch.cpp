/* SPDX-License-Identifier: MIT */
/* The unrolled ring in libtorch, step for step as ring_torch.py; options, states' files and pipe as
 * in ring_side.py. */
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using torch::Tensor;

namespace {

const int64_t rows = 512, latent = 256, modes = 8;
const double beta1 = 0.5, beta2 = 0.999, epsilon = 1e-8;

struct setup_row {
  std::vector<int64_t> widths[2]; /* of generator, discriminator, input first */
  bool tanh;                      /* else relu */
  double scale;                   /* of the discriminator's input */
  double rates[2];
  double radius, deviation, gain;
  bool alternating, fresh;
};

const std::map<std::string, setup_row> setups = {
    {"notebook",
     {{{latent, 128, 128, 2}, {2, 128, 128, 1}},
      true,
      1,
      {1e-3, 1e-4},
      1,
      0.01,
      1.4,
      false,
      false}},
    {"paper",
     {{{latent, 128, 128, 2}, {2, 128, 1}}, false, 0.25, {1e-4, 1e-4}, 2, 0.02, 0.8, true, true}},
};

setup_row setup;
int64_t unroll = 5;
bool joined = false;
std::vector<std::vector<int64_t>> shapes[2]; /* of the parameters: weight, bias, ... */
std::vector<int64_t> sizes[2];
Tensor centres, signs;

struct player {
  Tensor parameters, first, second; /* flat */
  double updates = 0;
};

struct move {
  Tensor real, latents;
};

void prepare() {
  for (int who = 0; who < 2; who++)
    for (size_t i = 0; i + 1 < setup.widths[who].size(); i++) {
      int64_t before = setup.widths[who][i], after = setup.widths[who][i + 1];
      shapes[who].push_back({before, after});
      shapes[who].push_back({after});
      sizes[who].push_back(before * after);
      sizes[who].push_back(after);
    }
  Tensor angles = torch::arange(modes) * (2 * M_PI / static_cast<double>(modes));
  centres = setup.radius * torch::stack({angles.cos(), angles.sin()}, 1);
  signs = torch::cat({-torch::ones({rows, 1}), torch::ones({rows, 1})});
}

Tensor network(int who, const Tensor &flat, Tensor x) {
  std::vector<Tensor> parts = flat.split_with_sizes(sizes[who]);
  for (size_t i = 0; i < parts.size(); i += 2) {
    x = torch::addmm(parts[i + 1], x, parts[i].view(shapes[who][i]));
    if (i + 2 < parts.size()) x = setup.tanh ? torch::tanh(x) : torch::relu(x);
  }
  return x;
}

Tensor judge(const Tensor &flat, const Tensor &x) {
  return network(1, flat, setup.scale == 1 ? x : x * setup.scale);
}

/* -E log s(D(real)) - E log(1 - s(D(fake))) */
Tensor cost(const Tensor &flat, const Tensor &real, const Tensor &fake) {
  if (joined)
    return torch::softplus(judge(flat, torch::cat({real, fake})) * signs).sum()
           / static_cast<double>(rows);
  return torch::softplus(-judge(flat, real)).mean() + torch::softplus(judge(flat, fake)).mean();
}

double rate_of(int who, double updates) {
  return setup.rates[who] * std::sqrt(1 - std::pow(beta2, updates))
         / (1 - std::pow(beta1, updates));
}

/* One step of Adam that gradients can pass through. */
player inner_step(const player &at, const Tensor &real, const Tensor &fake) {
  Tensor gradient =
      torch::autograd::grad({cost(at.parameters, real, fake)}, {at.parameters}, {}, true, true)[0];
  player next;
  next.updates = at.updates + 1;
  next.first = torch::lerp(at.first, gradient, 1 - beta1);
  next.second = torch::addcmul(at.second * beta2, gradient, gradient, 1 - beta2);
  next.parameters = torch::addcdiv(at.parameters, next.first, next.second.sqrt() + epsilon,
                                   -rate_of(1, next.updates));
  return next;
}

/* The same in place. */
void apply(int who, player &p, const Tensor &gradient) {
  torch::NoGradGuard guard;
  p.updates += 1;
  p.first.lerp_(gradient, 1 - beta1);
  p.second.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
  p.parameters.addcdiv_(p.first, p.second.sqrt().add_(epsilon), -rate_of(who, p.updates));
}

Tensor leaf(const Tensor &x) {
  return x.detach().requires_grad_();
}

/* The generator's gradient; *moved: the discriminator after the first inner step. */
Tensor look_ahead(const player &generator, const player &discriminator,
                  const std::vector<move> &moves, player *moved) {
  Tensor theta = leaf(generator.parameters);
  Tensor real = moves[0].real, fake = network(0, theta, moves[0].latents);
  player at = discriminator;
  at.parameters = leaf(discriminator.parameters);
  for (int64_t k = 0; k < unroll; k++) {
    if (setup.fresh) {
      const move &inner = moves[static_cast<size_t>(2 + k)];
      at = inner_step(at, inner.real, network(0, theta, inner.latents));
    } else {
      at = inner_step(at, real, fake);
    }
    if (k == 0) *moved = at;
  }
  Tensor gradient = torch::autograd::grad({-cost(at.parameters, real, fake)}, {theta})[0];
  moved->parameters = moved->parameters.detach();
  moved->first = moved->first.detach();
  moved->second = moved->second.detach();
  return gradient;
}

/* How many pairs of rows and latents a step needs. */
size_t move_count() {
  if (!setup.alternating) return 1;
  return static_cast<size_t>(2 + (setup.fresh ? unroll : 0));
}

void step_together(player &generator, player &discriminator, const std::vector<move> &moves) {
  Tensor gradient;
  if (unroll > 0) {
    player moved;
    gradient = look_ahead(generator, discriminator, moves, &moved);
    discriminator = moved;
  } else {
    Tensor theta = leaf(generator.parameters), phi = leaf(discriminator.parameters);
    Tensor value = cost(phi, moves[0].real, network(0, theta, moves[0].latents));
    std::vector<Tensor> both = torch::autograd::grad({value}, {theta, phi});
    gradient = -both[0];
    apply(1, discriminator, both[1]);
  }
  apply(0, generator, gradient);
}

void move_discriminator(const player &generator, player &discriminator, const move &given) {
  Tensor fake;
  {
    torch::NoGradGuard guard;
    fake = network(0, generator.parameters, given.latents);
  }
  Tensor phi = leaf(discriminator.parameters);
  apply(1, discriminator, torch::autograd::grad({cost(phi, given.real, fake)}, {phi})[0]);
}

/* The generator first where it looks ahead, else the discriminator. */
void step_in_turn(player &generator, player &discriminator, const std::vector<move> &moves) {
  if (unroll > 0) {
    player moved;
    apply(0, generator, look_ahead(generator, discriminator, moves, &moved));
    move_discriminator(generator, discriminator, moves[1]);
    return;
  }
  move_discriminator(generator, discriminator, moves[1]);
  Tensor theta = leaf(generator.parameters);
  Tensor loss =
      -torch::softplus(judge(discriminator.parameters, network(0, theta, moves[0].latents))).mean();
  apply(0, generator, torch::autograd::grad({loss}, {theta})[0]);
}

void step(player &generator, player &discriminator, const std::vector<move> &moves) {
  setup.alternating ? step_in_turn(generator, discriminator, moves)
                    : step_together(generator, discriminator, moves);
}

move draw() {
  Tensor mode = torch::randint(modes, {rows}, torch::kLong);
  Tensor noise = torch::randn({rows, 2});
  return {centres.index_select(0, mode).add_(noise, setup.deviation), torch::randn({rows, latent})};
}

/* Orthogonal weights, no biases. */
player start(int who) {
  std::vector<Tensor> parts;
  for (const std::vector<int64_t> &shape : shapes[who]) {
    Tensor part = torch::zeros(shape);
    if (shape.size() == 2) torch::nn::init::orthogonal_(part, setup.gain);
    parts.push_back(part.flatten());
  }
  player p;
  p.parameters = torch::cat(parts);
  p.first = torch::zeros_like(p.parameters);
  p.second = torch::zeros_like(p.parameters);
  return p;
}

Tensor read(std::ifstream &file, int64_t count) {
  Tensor values = torch::empty({count}, torch::kDouble);
  file.read(static_cast<char *>(values.data_ptr()), count * 8);
  if (!file) throw std::runtime_error("the state's file is too short");
  return values.to(torch::get_default_dtype());
}

void write(std::ofstream &file, const Tensor &values) {
  Tensor doubles = values.to(torch::kDouble).contiguous();
  file.write(static_cast<const char *>(doubles.data_ptr()), doubles.numel() * 8);
}

void check(const std::string &before, const std::string &after) {
  std::ifstream in(before, std::ios::binary);
  player players[2];
  for (int who = 0; who < 2; who++) {
    int64_t count = 0;
    for (int64_t size : sizes[who])
      count += size;
    players[who].parameters = read(in, count);
    players[who].first = read(in, count);
    players[who].second = read(in, count);
    players[who].updates = read(in, 1).item<double>();
  }
  std::vector<move> moves(std::max<size_t>(2, move_count()));
  for (move &m : moves) {
    m.real = read(in, rows * 2).view({rows, 2});
    m.latents = read(in, rows * latent).view({rows, latent});
  }
  step(players[0], players[1], moves);
  std::ofstream out(after, std::ios::binary);
  for (const player &p : players) {
    write(out, p.parameters);
    write(out, p.first);
    write(out, p.second);
    write(out, torch::tensor({p.updates}, torch::kDouble));
  }
  if (!out) throw std::runtime_error("the state could not be written");
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void serve() {
  player generator = start(0), discriminator = start(1);
  std::vector<move> moves(move_count());
  auto one = [&]() {
    for (move &m : moves)
      m = draw();
    step(generator, discriminator, moves);
  };
  one();
  std::printf("first libtorch %s\n", TORCH_VERSION);
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    double limit, begin = now(), seconds = 0;
    int64_t steps = 0;
    if (std::sscanf(line.c_str(), "run %lf", &limit) != 1) continue;
    for (; seconds < limit; seconds = now() - begin, steps += 5)
      for (int i = 0; i < 5; i++)
        one();
    std::printf("%lld %.9f\n", static_cast<long long>(steps), seconds);
    std::fflush(stdout);
  }
}

} // namespace

int main(int argc, char **argv) {
  std::string name = "notebook", before, after;
  int threads = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string option = argv[i], value = argv[i + 1];
    if (option == "--setup") name = value;
    if (option == "--unroll") unroll = std::atoi(value.c_str());
    if (option == "--threads") threads = std::atoi(value.c_str());
    if (option == "--variant") joined = value == "joined";
    if (option == "--type" && value == "f64")
      torch::set_default_dtype(caffe2::TypeMeta::Make<double>());
    if (option == "--check" && i + 2 < argc) {
      before = value;
      after = argv[++i + 1];
    }
  }
  setup = setups.at(name);
  torch::set_num_threads(threads);
  at::globalContext().setFlushDenormal(true);
  prepare();
  before.empty() ? serve() : check(before, after);
  return 0;
}
