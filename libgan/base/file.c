/* SPDX-License-Identifier: MIT */
/* Job: whole files in and out, with limits, clear messages and atomic replacement. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* realpath */
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/gunzip.h"
#include "base/memory.h"

/* One system call moves at most this much. */
enum { PIECE = 1 << 30 };

/* "cannot <verb> <path>: <what the system says>" from errno. */
static gan_status refuse(gan_context *context, const char *verb, const char *path) {
  char reason[128];
  int error = errno;
  if (strerror_r(error, reason, sizeof reason) != 0)
    snprintf(reason, sizeof reason, "error %d", error);
  return gan__fail(context, GAN_ERROR_FILE, "cannot %s %.600s: %s", verb, path, reason);
}

/* Opens a regular file and tells its size. Nothing else is opened for good: a pipe would block, a
 * device has no end. */
static gan_status open_regular(gan_context *context, const char *path, int *file, uint64_t *size) {
  if (!*path) return gan__fail(context, GAN_ERROR_FILE, "cannot read a file without a name");
  int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (opened < 0) return refuse(context, "open", path);
  struct stat info;
  gan_status status = GAN_OK;
  if (fstat(opened, &info) != 0)
    status = refuse(context, "examine", path);
  else if (S_ISDIR(info.st_mode))
    status = gan__fail(context, GAN_ERROR_FILE, "cannot read %.600s: it is a folder", path);
  else if (!S_ISREG(info.st_mode))
    status =
        gan__fail(context, GAN_ERROR_FILE, "cannot read %.600s: it is not a regular file", path);
  if (status != GAN_OK) {
    close(opened);
    return status;
  }
  *file = opened;
  *size = (uint64_t)info.st_size;
  return GAN_OK;
}

/* Reads until `count` bytes are there or the file ends; *got tells how many came. */
static bool read_all(int file, unsigned char *data, uint64_t count, uint64_t *got) {
  for (*got = 0; *got < count;) {
    uint64_t rest = count - *got;
    ssize_t moved = read(file, data + *got, rest > PIECE ? PIECE : (size_t)rest);
    if (moved < 0 && errno == EINTR) continue;
    if (moved < 0) return false;
    if (moved == 0) break;
    *got += (uint64_t)moved;
  }
  return true;
}

/* The file's bytes as they are. Memory is asked for only after the size has passed the limit. */
static gan_status read_raw(gan_context *context, const char *path, uint64_t cap, bool gunzip,
                           gan__bytes *bytes) {
  int file = -1;
  uint64_t size = 0, got = 0;
  unsigned char magic[2], *data = NULL;
  GAN_TRY(open_regular(context, path, &file, &size));
  gan_status status = GAN_OK;
  bool fine = read_all(file, magic, 2, &got) && lseek(file, 0, SEEK_SET) == 0;
  /* Deflate may make data that it cannot compress a little larger. */
  uint64_t most = cap < INT64_MAX / 4 ? cap : INT64_MAX / 4;
  if (fine && gunzip && gan__is_gzip(magic, got)) most += most / 1000 + 65536;
  if (fine && size > most) {
    status =
        gan__fail(context, GAN_ERROR_LIMIT, "%.600s: %llu bytes long, but at most %llu are allowed",
                  path, (unsigned long long)size, (unsigned long long)most);
  } else if (fine) {
    /* One byte more than expected is asked for, to notice a file that grows. */
    data = gan__allocate(context, size + 1, 1);
    if (!data)
      status = GAN_ERROR_MEMORY;
    else
      fine = read_all(file, data, size + 1, &got);
  }
  if (!fine)
    status = refuse(context, "read", path);
  else if (status == GAN_OK && got != size)
    status =
        gan__fail(context, GAN_ERROR_FILE, "%.600s: changed while it was read (%s at offset %llu)",
                  path, got < size ? "it ends" : "it goes on", (unsigned long long)got);
  close(file);
  if (status == GAN_OK)
    *bytes = (gan__bytes){data, size};
  else
    gan__release(context, data);
  return status;
}

gan_status gan__file_read(gan_context *context, const char *path, uint64_t cap, bool gunzip,
                          gan__bytes *bytes) {
  gan__bytes raw = {0};
  GAN_TRY(read_raw(context, path, cap, gunzip, &raw));
  if (!gunzip || !gan__is_gzip(raw.data, raw.count)) {
    *bytes = raw;
    return GAN_OK;
  }
  gan_status status = gan__gunzip(context, path, raw, cap, bytes);
  gan__release(context, raw.data);
  return status;
}

/* A file on its way to be replaced. */
typedef struct replacement {
  gan_context *context;
  const char *path;         /* as the caller named it, for messages */
  char target[PATH_MAX];    /* the file itself, links resolved */
  char temporary[PATH_MAX]; /* in the target's folder */
  mode_t mode;              /* of the file that is replaced; 0 for none */
  int file;                 /* the temporary file, open for writing */
} replacement;

/* Finds what the path stands for; a target that exists must be a regular file we may write. */
static gan_status resolve(replacement *self) {
  gan_context *context = self->context;
  struct stat info;
  size_t length = strlen(self->path);
  if (length == 0) return gan__fail(context, GAN_ERROR_FILE, "cannot write a file without a name");
  if (length >= sizeof self->target) {
    errno = ENAMETOOLONG;
    return refuse(context, "write", self->path);
  }
  if (self->path[length - 1] == '/')
    return gan__fail(context, GAN_ERROR_FILE, "cannot write %.600s: it names a folder", self->path);
  memcpy(self->target, self->path, length + 1);
  if (lstat(self->path, &info) != 0)
    return errno == ENOENT ? GAN_OK : refuse(context, "write", self->path);
  if (S_ISLNK(info.st_mode)
      && (!realpath(self->path, self->target) || stat(self->target, &info) != 0))
    return refuse(context, "write", self->path);
  if (!S_ISREG(info.st_mode))
    return gan__fail(context, GAN_ERROR_FILE, "cannot write %.600s: it is %s", self->path,
                     S_ISDIR(info.st_mode) ? "a folder" : "not a regular file");
  if (faccessat(AT_FDCWD, self->target, W_OK, AT_EACCESS) != 0)
    return refuse(context, "write", self->path);
  self->mode = info.st_mode & 07777;
  return GAN_OK;
}

/* Creates an empty file of an unused name beside the target. */
static gan_status create_temporary(replacement *self) {
  const char *slash = strrchr(self->target, '/');
  int folder = slash ? (int)(slash - self->target) + 1 : 0;
  mode_t mode = self->mode ? self->mode & 0777 : 0666;
  for (int attempt = 0; attempt < 1000; attempt++) {
    int length = snprintf(self->temporary, sizeof self->temporary, "%.*s.gan-%lld-%d.tmp", folder,
                          self->target, (long long)getpid(), attempt);
    if (length < 0 || (size_t)length >= sizeof self->temporary) {
      errno = ENAMETOOLONG;
      break;
    }
    self->file = open(self->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, mode);
    if (self->file >= 0) {
      /* Refused on file systems without permissions; never wider than asked for above. */
      if (self->mode && fchmod(self->file, self->mode) != 0) errno = 0;
      return GAN_OK;
    }
    if (errno != EEXIST) break;
  }
  return refuse(self->context, "write", self->path);
}

static bool write_all(int file, const unsigned char *data, uint64_t count) {
  for (uint64_t done = 0; done < count;) {
    uint64_t rest = count - done;
    ssize_t moved = write(file, data + done, rest > PIECE ? PIECE : (size_t)rest);
    if (moved < 0 && errno == EINTR) continue;
    if (moved < 0) return false;
    done += (uint64_t)moved;
  }
  return true;
}

/* Makes the new name durable. The file is already in place, so a folder that cannot be opened or
 * synchronised is no failure of the write. */
static void sync_folder(replacement *self) {
  char *slash = strrchr(self->target, '/');
  if (slash) slash[slash == self->target] = '\0';
  int folder = open(slash ? self->target : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  fsync(folder);
  close(folder);
}

gan_status gan__file_write(gan_context *context, const char *path, const void *data,
                           uint64_t count) {
  replacement self = {.context = context, .path = path};
  GAN_TRY(resolve(&self));
  GAN_TRY(create_temporary(&self));
  bool fine = write_all(self.file, data, count) && fsync(self.file) == 0;
  int error = errno;
  /* Closed exactly once, whatever it says; some file systems report a full disk only here. */
  if (close(self.file) != 0 && fine) {
    fine = false;
    error = errno;
  }
  if (fine && rename(self.temporary, self.target) != 0) {
    fine = false;
    error = errno;
  }
  if (!fine) {
    unlink(self.temporary);
    errno = error;
    return refuse(context, "write", path);
  }
  sync_folder(&self);
  return GAN_OK;
}

gan_status gan__file_writable(gan_context *context, const char *path) {
  replacement self = {.context = context, .path = path};
  GAN_TRY(resolve(&self));
  GAN_TRY(create_temporary(&self));
  close(self.file);
  unlink(self.temporary);
  return GAN_OK;
}
