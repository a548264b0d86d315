/* SPDX-License-Identifier: MIT */
/* Texts that are kept as files: tests/golden/<name>. With GAN_UPDATE_GOLDEN set they are written
 * anew, and the difference is for a person to read. */
#ifndef GAN__TESTS_GOLDEN_H
#define GAN__TESTS_GOLDEN_H

/* Fails the test where the text differs from the file, with the first line that does. */
void golden_check(const char *name, const char *text);

#endif
