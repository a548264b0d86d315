/* SPDX-License-Identifier: MIT */
/* Job: a table of pictures with captions at its left and top. */
#include <math.h>

#include "io/font.h"
#include "io/image_panels.h"

enum { SIDE_PANELS_MAX = GAN__IMAGE_SIDE_MAX, INK = 0x202020, PIXELS_PER_SCALE = 160 };

/* Where everything goes, in pixels. */
typedef struct layout {
  int64_t scale;      /* of the font */
  int64_t width;      /* of the widest panel */
  int64_t height;     /* of the highest panel */
  int64_t gap;        /* between panels, and around the table */
  int64_t left;       /* of the first column */
  int64_t top;        /* of the first row */
  int64_t full_width; /* of the whole picture */
  int64_t full_height;
} layout;

static const char *caption(const char *const *captions, int64_t index) {
  return captions && captions[index] ? captions[index] : "";
}

static gan_status check_view(gan_context *context, const gan_panel_view *view) {
  if (view->rows < 1 || view->columns < 1)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "panels: %lld rows and %lld columns, must be at least 1",
                     (long long)view->rows, (long long)view->columns);
  if (view->rows > SIDE_PANELS_MAX || view->columns > SIDE_PANELS_MAX)
    return gan__fail(context, GAN_ERROR_LIMIT, "panels: %lld rows and %lld columns, at most %d",
                     (long long)view->rows, (long long)view->columns, SIDE_PANELS_MAX);
  if (view->scale < 0 || view->scale > GAN__FONT_SCALE_MAX)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "panels: scale %lld, must be 0 to %d",
                     (long long)view->scale, GAN__FONT_SCALE_MAX);
  for (int64_t i = 0; i < view->rows * view->columns; i++)
    if (view->panels[i] && view->panels[i]->context != context)
      return gan__fail(context, GAN_ERROR_CONTEXT, "panels: panel %lld is of another context",
                       (long long)i);
  return GAN_OK;
}

static int64_t widest(const char *const *captions, int64_t count, int64_t scale) {
  int64_t most = 0;
  for (int64_t i = 0; i < count; i++) {
    int64_t width = gan__font_width(caption(captions, i), scale);
    if (width > most) most = width;
  }
  return most;
}

static layout arrange(const gan_panel_view *view) {
  layout plan = {.width = 1, .height = 1};
  for (int64_t i = 0; i < view->rows * view->columns; i++) {
    const gan_image *panel = view->panels[i];
    if (panel && panel->width > plan.width) plan.width = panel->width;
    if (panel && panel->height > plan.height) plan.height = panel->height;
  }
  double side = sqrt((double)plan.width * (double)plan.height);
  plan.scale = view->scale ? view->scale : 1 + (int64_t)(side / PIXELS_PER_SCALE);
  if (plan.scale > GAN__FONT_SCALE_MAX) plan.scale = GAN__FONT_SCALE_MAX;
  plan.gap = 4 * plan.scale;
  plan.left = plan.top = plan.gap;
  int64_t beside = widest(view->row_captions, view->rows, plan.scale);
  int64_t above = widest(view->column_captions, view->columns, plan.scale);
  if (beside) plan.left += beside + plan.gap;
  if (above) plan.top += GAN__FONT_HEIGHT * plan.scale + plan.scale;
  /* A caption may be wider than its panels. */
  if (above > plan.width) plan.width = above;
  plan.full_width = plan.left + view->columns * (plan.width + plan.gap);
  plan.full_height = plan.top + view->rows * (plan.height + plan.gap);
  return plan;
}

static void draw_captions(gan_image *image, const gan_panel_view *view, const layout *plan) {
  const gan__pen pen = {image, plan->scale, INK};
  for (int64_t column = 0; column < view->columns; column++) {
    const char *text = caption(view->column_captions, column);
    int64_t centre = plan->left + column * (plan->width + plan->gap) + plan->width / 2;
    gan__font_draw(&pen, centre - gan__font_width(text, plan->scale) / 2, plan->gap, text);
  }
  for (int64_t row = 0; row < view->rows; row++) {
    const char *text = caption(view->row_captions, row);
    int64_t middle = plan->top + row * (plan->height + plan->gap) + plan->height / 2;
    gan__font_draw(&pen, plan->left - plan->gap - gan__font_width(text, plan->scale),
                   middle - GAN__FONT_ASCENT * plan->scale / 2, text);
  }
}

gan_status gan__image_panels(gan_context *context, const gan_panel_view *view, gan_image **image) {
  GAN_TRY(check_view(context, view));
  layout plan = arrange(view);
  gan_image *made;
  GAN_TRY(gan__image_create(context, plan.full_width, plan.full_height, 3, &made));
  gan__image_fill(made, GAN__IMAGE_WHITE);
  draw_captions(made, view, &plan);
  for (int64_t i = 0; i < view->rows * view->columns; i++) {
    const gan_image *panel = view->panels[i];
    if (!panel) continue;
    int64_t x = plan.left + i % view->columns * (plan.width + plan.gap);
    int64_t y = plan.top + i / view->columns * (plan.height + plan.gap);
    gan__image_copy(made, panel, x + (plan.width - panel->width) / 2,
                    y + (plan.height - panel->height) / 2);
  }
  *image = made;
  return GAN_OK;
}
