/* SPDX-License-Identifier: MIT */
/* Data: batches of named arrays, and data sets that hand out shuffled batches. */
#ifndef GAN_DATA_H
#define GAN_DATA_H

#include <stdint.h>

#include <gan/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Batches: what one step is given. ---- */

/* Named slots ("real", "labels", ...), each an array in the caller's memory whose first dimension
 * counts its rows. Slots need not have equal numbers of rows. Nothing is copied: the arrays must
 * stay valid while a call uses the batch. */
typedef struct gan_batch gan_batch;

/* Makes a batch without slots. The caller owns *batch and destroys it before the context.
 * GAN_ERROR_ARGUMENT, GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_batch_create(gan_context *context, gan_batch **batch);

/* Frees a batch, not the arrays; NULL is ignored. Since 0.1. */
GAN_API void gan_batch_destroy(gan_batch *batch);

/* Puts the array at `data` into the slot `name`, which is made if there is none of that name (at
 * most 256). `name`: 1 to 63 bytes of UTF-8 without control characters. `dtype`: GAN_F32, GAN_F64
 * or GAN_I32; `data` is aligned for it and borrowed. `dims` has `rank` (1 to 6) sizes, rows first,
 * each at least 1. The first call for a name allocates, later ones do not. GAN_ERROR_ARGUMENT,
 * GAN_ERROR_LIMIT, GAN_ERROR_MEMORY; the batch is then as it was. Since 0.1. */
GAN_API gan_status gan_batch_set(gan_batch *batch, const char *name, int32_t dtype,
                                 const void *data, int32_t rank, const int64_t *dims);

/* Takes all slots out; their room is kept for new ones. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_batch_clear(gan_batch *batch);

/* The number of slots, in the order in which they were first set; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_batch_count(const gan_batch *batch);

/* The name of slot `slot` (from 0), valid until the batch changes; NULL out of range. Since 0.1. */
GAN_API const char *gan_batch_name(const gan_batch *batch, int32_t slot);

/* The element type of a slot; 0 out of range. Since 0.1. */
GAN_API int32_t gan_batch_dtype(const gan_batch *batch, int32_t slot);

/* The number of dimensions of a slot; 0 out of range. Since 0.1. */
GAN_API int32_t gan_batch_rank(const gan_batch *batch, int32_t slot);

/* One dimension of a slot, axis 0 being its rows; 0 out of range. Since 0.1. */
GAN_API int64_t gan_batch_dim(const gan_batch *batch, int32_t slot, int32_t axis);

/* The array of a slot, the caller's own pointer; NULL out of range. Since 0.1. */
GAN_API const void *gan_batch_data(const gan_batch *batch, int32_t slot);

/* ---- Data sets: where batches come from. ---- */

/* Rows of equal shape, a finite number of them in memory or an endless number made when asked for.
 * What batch number i holds depends on the set, its seed, i and the batch's rows alone, not on what
 * was asked before, so a run can stop and resume anywhere. Used by one thread at a time. */
typedef struct gan_dataset gan_dataset;

/* A set of `rows` rows of `width` floats each, [rows, width], at `data`. With copy 0 the array is
 * borrowed and must outlive the set and all its parts; with 1 it is copied. At most 2^32 - 1 rows.
 * The caller owns *dataset and destroys it before the context. GAN_ERROR_ARGUMENT, GAN_ERROR_LIMIT,
 * GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_dataset_create_array(gan_context *context, const float *data, int64_t rows,
                                            int64_t width, int32_t copy, gan_dataset **dataset);

/* The same for rows of any shape and of `dtype` GAN_F32 or GAN_F64: dims[0] is the number of rows,
 * dims[1 .. rank-1] the shape of each; rank 2 to 6. Since 0.1. */
GAN_API gan_status gan_dataset_create_tensor(gan_context *context, int32_t dtype, const void *data,
                                             int32_t rank, const int64_t *dims, int32_t copy,
                                             gan_dataset **dataset);

/* An endless set of points [2] from `modes` Gaussians of equal weight: mode i has its centre at
 * radius * (cos, sin)(2 pi i / modes) and the standard deviation `deviation` in both directions.
 * The label of a point is its mode. 1 to 65536 modes; radius and deviation 0 to 1e30. (Metz et al.
 * 2017, "Unrolled Generative Adversarial Networks", appendix A: 8 modes, radius 2, deviation 0.02.)
 * GAN_ERROR_ARGUMENT, GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_dataset_create_ring(gan_context *context, int32_t modes, double radius,
                                           double deviation, gan_dataset **dataset);

/* The same with side * side centres (1 to 256 a side) on a square grid around 0, `spacing` apart;
 * mode i lies in column i % side and row i / side, both counted upwards. (Lin et al. 2018,
 * "PacGAN": side 5, spacing 2, deviation 0.05.) Since 0.1. */
GAN_API gan_status gan_dataset_create_grid(gan_context *context, int32_t side, double spacing,
                                           double deviation, gan_dataset **dataset);

/* An endless set of points [2] on a swiss roll, ((t cos t, t sin t) + noise n) / scale with n from
 * N(0, I) and t uniform from 1.5 pi to 4.5 pi. Uniform in t, so the inner turn is denser: over 25
 * arcs of equal length the points themselves have a reverse KL of 0.044. (Gulrajani et al. 2017,
 * "Improved Training of Wasserstein GANs", toy code: noise 0.25, scale 7.5.) No labels. noise 0 to
 * 1e30, scale 1e-6 to 1e30. GAN_ERROR_ARGUMENT, GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_dataset_create_swissroll(gan_context *context, double noise, double scale,
                                                gan_dataset **dataset);

/* Reads an IDX file, the format of MNIST, plain or compressed with gzip. The first of its 2 to 6
 * dimensions counts the rows. Unsigned bytes stay bytes and are mapped to a range
 * (gan_dataset_set_range); the other element types keep their values. `labels_path`: an IDX file of
 * one unsigned byte a row, or NULL. The files are read here and closed. At most 4 GiB of elements,
 * inflated. GAN_ERROR_FILE when the system refuses; GAN_ERROR_FORMAT when a file is not what it
 * should be: not IDX, cut off, too long, corrupt, with a NaN or an infinity; GAN_ERROR_SHAPE when
 * the two have not equally many rows; GAN_ERROR_LIMIT; GAN_ERROR_MEMORY. The message tells file,
 * offset, what was expected and what is there; offsets count inflated bytes, except where the
 * compression itself is damaged. Since 0.1. */
GAN_API gan_status gan_dataset_open_idx(gan_context *context, const char *images_path,
                                        const char *labels_path, gan_dataset **dataset);

/* Writes batch number `batch` of an endless set: `rows` rows into out, [rows, row shape]. To keep
 * the promise of gan_dataset the same numbers must give the same rows. Non-zero ends the call that
 * needed the rows with GAN_ERROR_CALLBACK. It must not use the set it serves. */
typedef int32_t (*gan_data_callback)(int64_t batch, int64_t rows, float *out, void *user);

/* An endless set whose batches come from `callback`; `user` is handed to it. `dims` has `rank` (1
 * to 5) sizes: the shape of one row. Called on the thread that asks for the batch. No labels.
 * GAN_ERROR_ARGUMENT, GAN_ERROR_LIMIT, GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_dataset_create_callback(gan_context *context, int32_t rank,
                                               const int64_t *dims, gan_data_callback callback,
                                               void *user, gan_dataset **dataset);

/* Frees a set; its rows live on while a part of them does. NULL is ignored. Since 0.1. */
GAN_API void gan_dataset_destroy(gan_dataset *dataset);

/* Makes two sets that share the rows of a finite one: parts[0] has all but the last
 * `validation_rows`, parts[1] the last ones; `parts` has room for two handles, which the caller
 * owns. They begin with the seed and range of the set and may be destroyed before or after it.
 * validation_rows is 1 to rows - 1. On failure neither is made. GAN_ERROR_ARGUMENT, GAN_ERROR_STATE
 * (endless), GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_dataset_split(gan_dataset *dataset, int64_t validation_rows,
                                     gan_dataset **parts);

/* Sets the seed of shuffles and synthetic points. From then on they depend on it alone; a set that
 * was given none takes the context's and a number of its own, so that two sets of one context
 * differ. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_dataset_set_seed(gan_dataset *dataset, uint64_t seed);

/* Maps the bytes 0 .. 255 of an IDX file of unsigned bytes to low .. high, linearly; 0 .. 1 at
 * first. Both finite and within 1e30. GAN_ERROR_ARGUMENT; GAN_ERROR_STATE for any other set. Since
 * 0.1. */
GAN_API gan_status gan_dataset_set_range(gan_dataset *dataset, double low, double high);

/* Gives every row a label; `labels` [count] is copied, each 0 .. classes-1, count equal to the
 * rows. Replaces labels that are there. GAN_ERROR_ARGUMENT; GAN_ERROR_SHAPE; GAN_ERROR_STATE for an
 * endless set, for a part, and while a part exists; GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_dataset_set_labels(gan_dataset *dataset, const int32_t *labels,
                                          int64_t count, int32_t classes);

/* The number of rows; -1 for an endless set, 0 for NULL. Since 0.1. */
GAN_API int64_t gan_dataset_rows(const gan_dataset *dataset);

/* The number of dimensions of one row; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_dataset_row_rank(const gan_dataset *dataset);

/* One dimension of a row; 0 out of range. Since 0.1. */
GAN_API int64_t gan_dataset_row_dim(const gan_dataset *dataset, int32_t axis);

/* The number of elements of one row; 0 for NULL. Since 0.1. */
GAN_API int64_t gan_dataset_row_width(const gan_dataset *dataset);

/* Labels are 0 .. this-1; 0 for a set without labels and for NULL. Since 0.1. */
GAN_API int32_t gan_dataset_classes(const gan_dataset *dataset);

/* How many batches of `rows` rows an epoch has: the whole part of gan_dataset_rows / rows; -1 for
 * an endless set, 0 when a batch would not fit or an argument is bad. Since 0.1. */
GAN_API int64_t gan_dataset_epoch_batches(const gan_dataset *dataset, int64_t rows);

/* Where the modes of a ring or grid lie: *centres is [*modes, 2], owned by the set, *deviation
 * their standard deviation. GAN_ERROR_ARGUMENT; GAN_ERROR_STATE for any other set. Since 0.1. */
GAN_API gan_status gan_dataset_modes(const gan_dataset *dataset, int64_t *modes,
                                     const float **centres, double *deviation);

/* Copies rows first .. first+count-1 to out, [count, row shape], unshuffled. A synthetic set
 * numbers its points from 0 without end; they are not those of its batches. count >= 1.
 * GAN_ERROR_ARGUMENT; GAN_ERROR_SHAPE beyond the last row; GAN_ERROR_LIMIT when the bytes overflow;
 * GAN_ERROR_STATE for a callback's set. Since 0.1. */
GAN_API gan_status gan_dataset_read(gan_dataset *dataset, int64_t first, int64_t count, float *out);

/* Writes the mean of all rows of a finite set to out, [count], where count is the width of a row;
 * sums are in double. What gan_network_start_logits() wants of images. GAN_ERROR_ARGUMENT;
 * GAN_ERROR_SHAPE; GAN_ERROR_STATE (endless); GAN_ERROR_NOT_FINITE when a mean is no finite float;
 * GAN_ERROR_MEMORY; `out` is untouched then. Since 0.1. */
GAN_API gan_status gan_dataset_mean(gan_dataset *dataset, float *out, int64_t count);

/* Copies the labels of the same rows to `labels`, [count]. Errors as above; GAN_ERROR_STATE without
 * labels. Since 0.1. */
GAN_API gan_status gan_dataset_read_labels(gan_dataset *dataset, int64_t first, int64_t count,
                                           int32_t *labels);

/* Writes batch `index` of `rows` rows to out, [rows, row shape], and the labels to `labels`,
 * [rows], unless NULL. A finite set is shuffled anew for each epoch e = index / (its rows / rows,
 * rounded down); the rows that fill no batch are left out of that epoch, other ones in each.
 * Endless sets have no epochs. Allocates nothing. GAN_ERROR_ARGUMENT; GAN_ERROR_SHAPE when rows
 * exceeds the set's; GAN_ERROR_LIMIT; GAN_ERROR_STATE when labels are wanted and there are none;
 * GAN_ERROR_CALLBACK, with `out` undefined. Since 0.1. */
GAN_API gan_status gan_dataset_batch(gan_dataset *dataset, uint64_t index, int64_t rows, float *out,
                                     int32_t *labels);

#ifdef __cplusplus
}
#endif

#endif
