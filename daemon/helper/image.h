/*
 * image.h - pictures as grey pixels, for image.c
 */
#ifndef HELPER_IMAGE_H
#define HELPER_IMAGE_H

#include "inspect.h"

struct grey {
	unsigned char	*pixels;	/* width * height, a row after the other; malloc */
	size_t		 width;
	size_t		 height;
};

/* Each fills `grey`, which has room for the size the file's head says. False: not all of it could be
 * read; what could is there, the rest white. */
bool	png_grey(struct sl_slice bytes, struct grey *grey);
bool	jpeg_grey(struct sl_slice bytes, struct grey *grey);
bool	gif_grey(struct sl_slice bytes, struct grey *grey);

#endif
