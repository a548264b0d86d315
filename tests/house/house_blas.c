/* SPDX-License-Identifier: MIT */
/* house_blas FLAVOUR [FOLDER]: the CBLAS that libgan calls is really the one it was built for.
 * Finding a library under the right name is not enough: Debian's libblas.so.3 may be OpenBLAS. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gan/gan.h>

int main(int count, char **arguments) {
  if (count < 2) return 2;
  /* The libraries are loaded because of this call: of a static libgan only what is called is here.
   */
  gan_context *context = NULL;
  if (gan_context_create(&context) != GAN_OK || !gan_context_blas(context)) return 1;
  gan_context_destroy(context);
  void *sgemm = dlsym(RTLD_DEFAULT, "cblas_sgemm");
  Dl_info info;
  char path[PATH_MAX], folder[PATH_MAX];
  if (!sgemm || !dladdr(sgemm, &info) || !realpath(info.dli_fname, path)) {
    fprintf(stderr, "cblas_sgemm is not loaded\n");
    return 1;
  }
  int is_openblas = dlsym(RTLD_DEFAULT, "openblas_get_config") != NULL;
  printf("cblas_sgemm of %s, OpenBLAS: %s\n", path, is_openblas ? "yes" : "no");
  if (strcmp(arguments[1], "openblas") == 0) return is_openblas ? 0 : 1;
  if (is_openblas) return 1;
  if (count < 3) return 0;
  if (!realpath(arguments[2], folder)) return 1;
  size_t length = strlen(folder);
  return strncmp(path, folder, length) == 0 && path[length] == '/' ? 0 : 1;
}
