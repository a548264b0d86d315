/* SPDX-License-Identifier: MIT */
/* Job: the life of a network: made, finished (parameters allocated and filled), shared, copied. */
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "nn/initialise.h"
#include "nn/layer.h"

/* Every network has streams of its own, in the order in which objects are made. */
static void identify(gan_network *network) {
  network->seed = network->context->seed;
  network->index = network->context->objects++;
  network->site = gan__join(gan__hash_text("network"), network->index);
}

gan_status gan__network_create(gan_context *context, int32_t dtype, gan_network **network) {
  gan_network *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  made->context = context;
  made->references = 1;
  made->dtype = dtype;
  made->output = made->reference = -1;
  made->weight = (gan__initialiser){.kind = GAN_INIT_XAVIER};
  made->bias = (gan__initialiser){.kind = GAN_INIT_CONSTANT};
  made->reference_rows = GAN__REFERENCE_ROWS;
  identify(made);
  *network = made;
  return GAN_OK;
}

void gan__network_ref(gan_network *network) {
  network->references++;
}

void gan__network_unref(gan_network *network) {
  if (!network || --network->references > 0) return;
  gan_context *context = network->context;
  gan__release(context, network->layers);
  gan__release(context, network->parameters);
  gan__release(context, network->storage);
  gan__release(context, network->pointers);
  gan__release(context, network->text);
  gan__release(context, network);
}

gan_status gan__network_ready(const gan_network *network) {
  if (network->frozen) return GAN_OK;
  if (network->status != GAN_OK)
    return gan__fail(network->context, GAN_ERROR_STATE, "the network could not be built: %s",
                     network->message);
  return gan__fail(network->context, GAN_ERROR_STATE,
                   "the network is not finished; gan_network_finish does it");
}

gan_status gan__network_usable(const gan_network *network) {
  GAN_TRY(gan__network_ready(network));
  if (network->reference < 0 || network->reference_given) return GAN_OK;
  return gan__fail(network->context, GAN_ERROR_STATE,
                   "the network's virtual batch norm needs a reference batch: set parameter \"%s\" "
                   "to %lld rows of the data",
                   network->parameters[network->reference].name,
                   (long long)network->parameters[network->reference].shape.dims[0]);
}

/* One block for all values, so that copies are one memcpy; pointers into it. */
static gan_status allocate_values(gan_network *network) {
  gan_context *context = network->context;
  network->storage = gan__allocate(context, (uint64_t)network->parameter_bytes, 1);
  if (!network->storage) return GAN_ERROR_MEMORY;
  network->pointers =
      gan__allocate(context, (uint64_t)network->parameter_count, sizeof *network->pointers);
  if (!network->pointers) return GAN_ERROR_MEMORY;
  int64_t offset = 0;
  for (int32_t i = 0; i < network->parameter_count; i++) {
    gan__parameter *parameter = &network->parameters[i];
    int64_t bytes = gan__shape_count(&parameter->shape) * gan__dtype_size(network->dtype);
    parameter->data = network->pointers[i] = network->storage + offset;
    offset += (bytes + GAN__ALIGNMENT - 1) / GAN__ALIGNMENT * GAN__ALIGNMENT;
  }
  GAN__CHECK(offset == network->parameter_bytes);
  return GAN_OK;
}

static gan_status initialise_values(gan_network *network) {
  for (int32_t i = 0; i < network->parameter_count; i++) {
    const gan__parameter *parameter = &network->parameters[i];
    gan__stream stream = gan__stream_make(network->seed, parameter->name, network->index);
    GAN_TRY(gan__initialise(network->context, &parameter->initialiser, stream, &parameter->shape,
                            (gan__array){network->dtype, parameter->data}));
  }
  for (uint64_t i = 0; i < network->layer_count; i++) {
    const gan__layer *layer = &network->layers[i];
    const gan__layer_row *row = &gan__layer_rows[layer->kind];
    if (row->begin) GAN_TRY(row->begin(network, layer));
  }
  return GAN_OK;
}

static gan_status write_text(gan_network *network) {
  gan__text text;
  gan__text_init(&text, network->context);
  gan__network_print(network, &text);
  if (text.status != GAN_OK) {
    gan_status status = text.status;
    gan__text_finish(&text);
    return status;
  }
  network->text = text.data;
  return GAN_OK;
}

/* Marks what the output depends on, from the last layer to the first: inputs have smaller numbers.
 */
static gan_status check_reached(const gan_network *network, int32_t output) {
  bool reached[GAN__LAYERS_MAX] = {false};
  reached[output] = true;
  for (int32_t i = (int32_t)network->layer_count - 1; i >= 0; i--) {
    const gan__layer *layer = &network->layers[i];
    if (!reached[i])
      return gan__fail(network->context, GAN_ERROR_ARGUMENT,
                       "layer %s does not lead to the output, value %d (%s)", layer->name, output,
                       network->layers[output].name);
    for (int32_t k = 0; k < layer->input_count; k++)
      reached[layer->inputs[k]] = true;
  }
  return GAN_OK;
}

/* Back to what it was before gan__network_finish. */
static void undo_finish(gan_network *network) {
  for (int32_t i = 0; i < network->parameter_count; i++)
    network->parameters[i].data = NULL;
  gan__release(network->context, network->storage);
  gan__release(network->context, network->pointers);
  gan__release(network->context, network->text);
  network->storage = NULL;
  network->pointers = NULL;
  network->text = NULL;
}

gan_status gan__network_finish(gan_network *network, int32_t value) {
  gan_context *context = network->context;
  if (network->status != GAN_OK) return gan__fail(context, network->status, "%s", network->message);
  if (network->frozen)
    return gan__fail(context, GAN_ERROR_STATE, "the network is finished already");
  if (value < 0 || (uint64_t)value >= network->layer_count)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "the output is value %d, which does not exist; the network has %llu values",
                     value, (unsigned long long)network->layer_count);
  GAN_TRY(check_reached(network, value));
  gan_status status = allocate_values(network);
  if (status == GAN_OK) status = initialise_values(network);
  if (status == GAN_OK) status = write_text(network);
  if (status != GAN_OK) {
    undo_finish(network);
    return status;
  }
  network->output = value;
  network->frozen = true;
  return GAN_OK;
}

gan_status gan__network_create_vector(gan_context *context, int32_t dtype, int64_t size,
                                      gan_network **network) {
  gan_network *made;
  GAN_TRY(gan__network_create(context, dtype, &made));
  gan_status status = gan__reserve(context, &made->parameters, &made->parameter_capacity, 1,
                                   sizeof *made->parameters);
  if (status == GAN_OK) {
    made->parameters[made->parameter_count++] =
        (gan__parameter){.name = "value", .shape = gan__shape_make(1, &size)};
    int64_t bytes = size * gan__dtype_size(dtype);
    made->parameter_bytes = (bytes + GAN__ALIGNMENT - 1) / GAN__ALIGNMENT * GAN__ALIGNMENT;
    status = allocate_values(made);
  }
  if (status != GAN_OK) {
    gan__network_unref(made);
    return status;
  }
  memset(made->storage, 0, (size_t)made->parameter_bytes);
  made->frozen = true;
  *network = made;
  return GAN_OK;
}

/* Layers and parameters of a finished network into an empty one. */
static gan_status copy_network(const gan_network *network, gan_network *copy) {
  gan_context *context = network->context;
  copy->layers = gan__allocate(context, network->layer_count, sizeof *copy->layers);
  copy->parameters = copy->layers ? gan__allocate(context, (uint64_t)network->parameter_count,
                                                  sizeof *copy->parameters)
                                  : NULL;
  if (!copy->parameters) return GAN_ERROR_MEMORY;
  memcpy(copy->layers, network->layers, network->layer_count * sizeof *copy->layers);
  if (network->parameter_count)
    memcpy(copy->parameters, network->parameters,
           (size_t)network->parameter_count * sizeof *copy->parameters);
  copy->layer_count = copy->layer_capacity = network->layer_count;
  copy->parameter_count = network->parameter_count;
  copy->parameter_capacity = (uint64_t)network->parameter_count;
  copy->parameter_bytes = network->parameter_bytes;
  GAN_TRY(allocate_values(copy));
  memcpy(copy->storage, network->storage, (size_t)network->parameter_bytes);
  copy->text = gan__copy_text(context, network->text);
  return copy->text ? GAN_OK : GAN_ERROR_MEMORY;
}

gan_status gan__network_clone(const gan_network *network, gan_network **copy) {
  GAN_TRY(gan__network_ready(network));
  gan_network *made = gan__allocate(network->context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  made->context = network->context;
  made->references = 1;
  made->dtype = network->dtype;
  made->output = network->output;
  made->reference = network->reference;
  made->reference_rows = network->reference_rows;
  made->reference_given = network->reference_given;
  made->weight_norm = network->weight_norm;
  made->latent_count = network->latent_count;
  memcpy(made->latents, network->latents, sizeof made->latents);
  made->weight = network->weight;
  made->bias = network->bias;
  gan_status status = copy_network(network, made);
  if (status != GAN_OK) {
    gan__network_unref(made);
    return status;
  }
  identify(made);
  made->frozen = true;
  *copy = made;
  return GAN_OK;
}
