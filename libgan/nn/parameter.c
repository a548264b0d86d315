/* SPDX-License-Identifier: MIT */
/* Job: parameters by name: find, copy out, set. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "nn/network.h"

void gan__array_copy(gan__array out, gan__array in, int64_t count) {
  if (count <= 0) return;
  if (out.dtype == in.dtype) {
    memmove(out.data, in.data, (size_t)(count * gan__dtype_size(out.dtype)));
  } else if (out.dtype == GAN_F64) {
    for (int64_t i = 0; i < count; i++)
      ((double *)out.data)[i] = ((const float *)in.data)[i];
  } else {
    for (int64_t i = 0; i < count; i++)
      ((float *)out.data)[i] = (float)((const double *)in.data)[i];
  }
}

double gan__array_at(gan__array array, int64_t index) {
  return array.dtype == GAN_F64 ? ((const double *)array.data)[index]
                                : (double)((const float *)array.data)[index];
}

void gan__array_put(gan__array array, int64_t index, double value) {
  if (array.dtype == GAN_F64)
    ((double *)array.data)[index] = value;
  else
    ((float *)array.data)[index] = (float)value;
}

int64_t gan__array_bad(gan__array values, int64_t count, int32_t dtype) {
  for (int64_t i = 0; i < count; i++) {
    double value = values.dtype == GAN_F64 ? ((const double *)values.data)[i]
                                           : ((const float *)values.data)[i];
    if (dtype == GAN_F32) value = (double)(float)value;
    if (!isfinite(value)) return i;
  }
  return -1;
}

/* The number of insertions, deletions and changes that make one text of the other (Levenshtein
 * 1966), of texts below GAN__NAME_MAX. */
static int32_t distance(const char *a, const char *b) {
  int32_t row[GAN__NAME_MAX + 1];
  int32_t length = (int32_t)strlen(b);
  for (int32_t j = 0; j <= length; j++)
    row[j] = j;
  for (int32_t i = 0; a[i]; i++) {
    int32_t diagonal = row[0];
    row[0] = i + 1;
    for (int32_t j = 0; j < length; j++) {
      int32_t change = diagonal + (a[i] != b[j]);
      int32_t other = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
      diagonal = row[j + 1];
      row[j + 1] = change < other ? change : other;
    }
  }
  return row[length];
}

/* Unknown names may be long, or hold anything. */
static void quote(const char *name, char quoted[GAN__NAME_MAX]) {
  int32_t i = 0;
  for (; name[i] && i < GAN__NAME_MAX - 1; i++)
    quoted[i] = name[i] >= 32 && name[i] < 127 ? name[i] : '?';
  quoted[i] = 0;
}

/* The index of the name nearest to `name` among `count`, each `stride` bytes behind the one before.
 */
static int32_t nearest(const char *name, const char *names, uint64_t stride, int32_t count) {
  int32_t best = 0, least = INT32_MAX;
  for (int32_t i = 0; i < count; i++) {
    int32_t steps = distance(name, names + (uint64_t)i * stride);
    if (steps < least) {
      least = steps;
      best = i;
    }
  }
  return best;
}

static gan_status fail_name(const gan_network *network, const char *name) {
  char quoted[GAN__NAME_MAX];
  quote(name, quoted);
  if (network->parameter_count == 0)
    return gan__fail(network->context, GAN_ERROR_NAME,
                     "no parameter is named \"%s\"; the network has none", quoted);
  int32_t best = nearest(quoted, network->parameters[0].name, sizeof *network->parameters,
                         network->parameter_count);
  return gan__fail(network->context, GAN_ERROR_NAME,
                   "no parameter is named \"%s\"; the nearest is \"%s\", one of %d", quoted,
                   network->parameters[best].name, network->parameter_count);
}

gan_status gan__network_find_layer(const gan_network *network, const char *name, int32_t *index) {
  GAN_TRY(gan__network_ready(network));
  int32_t count = (int32_t)network->layer_count;
  for (int32_t i = 0; i < count; i++) {
    if (strcmp(network->layers[i].name, name) != 0) continue;
    *index = i;
    return GAN_OK;
  }
  char quoted[GAN__NAME_MAX];
  quote(name, quoted);
  int32_t best = nearest(quoted, network->layers[0].name, sizeof *network->layers, count);
  return gan__fail(network->context, GAN_ERROR_NAME,
                   "no layer is named \"%s\"; the nearest is \"%s\", one of %d", quoted,
                   network->layers[best].name, count);
}

gan_status gan__network_find(const gan_network *network, const char *name, int64_t count,
                             int32_t *index) {
  GAN_TRY(gan__network_ready(network));
  int32_t i = 0;
  while (i < network->parameter_count && strcmp(network->parameters[i].name, name) != 0)
    i++;
  if (i == network->parameter_count) return fail_name(network, name);
  const gan__shape *shape = &network->parameters[i].shape;
  char text[GAN__SHAPE_TEXT];
  if (count != gan__shape_count(shape))
    return gan__fail(network->context, GAN_ERROR_SHAPE,
                     "parameter %s has shape %s, %lld elements; count is %lld", name,
                     gan__shape_text(text, shape), (long long)gan__shape_count(shape),
                     (long long)count);
  *index = i;
  return GAN_OK;
}

gan_status gan__network_get(const gan_network *network, const char *name, gan__array out,
                            int64_t count) {
  int32_t index;
  GAN_TRY(gan__network_find(network, name, count, &index));
  gan__array in = {network->dtype, network->parameters[index].data};
  gan__array_copy(out, in, count);
  return GAN_OK;
}

gan_status gan__network_set(gan_network *network, const char *name, gan__array values,
                            int64_t count) {
  int32_t index;
  GAN_TRY(gan__network_find(network, name, count, &index));
  int64_t bad = gan__array_bad(values, count, network->dtype);
  char number[32];
  if (bad >= 0)
    return gan__fail(
        network->context, GAN_ERROR_NOT_FINITE,
        "parameter %s: value %lld is %s, which is not a finite %s", name, (long long)bad,
        gan__text_double(number, values.dtype == GAN_F64 ? ((const double *)values.data)[bad]
                                                         : ((const float *)values.data)[bad]),
        gan__dtype_name(network->dtype));
  gan__array out = {network->dtype, network->parameters[index].data};
  gan__array_copy(out, values, count);
  if (index == network->reference) network->reference_given = true;
  network->version++;
  return GAN_OK;
}
