/* SPDX-License-Identifier: MIT */
/* The Parzen window estimate of digits that no model made: real training images, or centroids of
 * k-means, taken as samples. The last rows of the training file are the validation set that
 * chooses the width; the test file is scored. One line of name=value fields. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "measure.h"

static cli_option options[] = {
    {"--samples", "real", "real|kmeans", 1, 0, "what is taken as samples"},
    {"--rows", "0", NULL, 0, INT64_MAX, "training images used, 0: all but the validation set"},
    {"--validation", "1000", NULL, 1, INT64_MAX, "last rows of the training file"},
    {"--clusters", "1500", NULL, 1, INT64_MAX, "centroids of k-means"},
    {"--iterations", "30", NULL, 0, INT64_MAX, "of k-means, at most"},
    {"--seed", "1", NULL, 0, INT64_MAX, "of k-means and of pairs"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {"--data-dir", NULL, NULL, 1, 0, "folder that holds mnist/"},
    {NULL, NULL, NULL, 1, 0, NULL}};

/* All rows of an IDX file, pixels in [0, 1]; the caller frees them. */
static float *read_rows(gan_context *context, const char *name, int64_t *rows, int64_t *dims) {
  char path[4096];
  gan_dataset *dataset;
  cli_find_data(cli_text(options, "--data-dir"), name, path, sizeof path);
  cli_check(context, gan_dataset_open_idx(context, path, NULL, &dataset));
  *rows = gan_dataset_rows(dataset);
  *dims = gan_dataset_row_width(dataset);
  float *values = malloc((size_t)(*rows * *dims) * sizeof *values);
  if (!values) abort();
  cli_check(context, gan_dataset_read(dataset, 0, *rows, values));
  gan_dataset_destroy(dataset);
  return values;
}

/* Puts centroids in the place of the samples; the caller frees them. */
static float *cluster(gan_context *context, gan_parzen_data *data) {
  gan_cluster_view view = {.struct_size = sizeof view,
                           .clusters = cli_integer(options, "--clusters"),
                           .iterations = cli_integer(options, "--iterations"),
                           .seed = (uint64_t)cli_integer(options, "--seed")};
  gan_cluster_report report = {.struct_size = sizeof report};
  if (view.clusters > data->sample_count) view.clusters = data->sample_count;
  float *centroids = malloc((size_t)(view.clusters * data->dims) * sizeof *centroids);
  if (!centroids) abort();
  double start = bench_seconds();
  cli_check(context, gan_metric_kmeans(context, data->samples, data->sample_count, data->dims,
                                       &view, centroids, &report));
  printf("clusters=%lld iterations=%lld moved=%lld mean_square=%.4f kmeans_seconds=%.2f ",
         (long long)view.clusters, (long long)report.iterations, (long long)report.moved,
         report.mean_square, bench_seconds() - start);
  data->samples = centroids;
  data->sample_count = view.clusters;
  return centroids;
}

static void print_distances(gan_context *context, const gan_parzen_data *data) {
  gan_distance_view view = {
      .struct_size = sizeof view, .pairs = 10000, .seed = (uint64_t)cli_integer(options, "--seed")};
  gan_distance_report report = {.struct_size = sizeof report};
  if (data->sample_count < 2) return;
  cli_check(context, gan_metric_distances(context, data->samples, data->sample_count, data->dims,
                                          &view, NULL, &report));
  printf("median_distance=%.3f ", report.median);
}

int main(int argc, char **argv) {
  gan_context *context;
  cli_parse(argc, argv, options, "measures the Parzen window estimate of real digits");
  if (gan_context_create(&context) != GAN_OK) return 1;
  cli_check(context, gan_context_set_threads(context, (int32_t)cli_integer(options, "--threads")));
  (void)gan_context_take_blas(context); /* without it products go one by one */
  cli_cancel_on_interrupt(context);
  gan_parzen_data data = {.struct_size = sizeof data};
  int64_t train_count, test_dims;
  float *train = read_rows(context, "mnist/train-images-idx3-ubyte.gz", &train_count, &data.dims);
  float *test = read_rows(context, "mnist/t10k-images-idx3-ubyte.gz", &data.test_count, &test_dims);
  int64_t rows = cli_integer(options, "--rows");
  data.validation_count = cli_integer(options, "--validation");
  if (rows == 0) rows = train_count - data.validation_count;
  if (rows < 1 || rows > train_count - data.validation_count || test_dims != data.dims) {
    fprintf(stderr, "bench_parzen: the files have %lld rows of %lld and %lld numbers\n",
            (long long)train_count, (long long)data.dims, (long long)test_dims);
    return 2;
  }
  data.samples = train;
  data.sample_count = rows;
  data.validation = train + (train_count - data.validation_count) * data.dims;
  data.test = test;
  const char *kind = cli_text(options, "--samples");
  printf("samples=%s rows=%lld ", kind, (long long)rows);
  float *centroids = strcmp(kind, "kmeans") ? NULL : cluster(context, &data);
  print_distances(context, &data);
  gan_parzen_report report = {.struct_size = sizeof report};
  double means[10], start = bench_seconds();
  cli_check(context, gan_metric_parzen_choose(context, &data, NULL, 10, means, &report));
  printf("parzen=%.2f standard_error=%.2f width=%.4f validation=%.2f grid=", report.mean,
         report.standard_error, report.width, report.validation_mean);
  for (int32_t i = 0; i < 10; i++)
    printf("%s%.1f", i ? "," : "", means[i]);
  printf(" seconds=%.2f threads=%d peak_mb=%.0f\n", bench_seconds() - start,
         gan_context_threads(context), bench_peak_mb());
  free(centroids);
  free(train);
  free(test);
  gan_context_destroy(context);
  return 0;
}
