/* codec_devices.h - DeviceListBody of devices.proto; private to devices.c. */
#ifndef TACIT_PROTO_CODEC_DEVICES_H
#define TACIT_PROTO_CODEC_DEVICES_H

#include "proto/arena.h"
#include "proto/devices.h"

/* FULL, NOMEM. */
enum status codec_put_device_list(
    const struct device_list *list, struct arena *a, struct buf *out);

/* Sizes and names only; what a list may say is checked by devices.c. */
enum status codec_get_device_list(
    struct bytes body, struct arena *a, struct device_list *list);

/* Whether it decodes, and what stands in place of a name is none. */
bool codec_device_list_has_bad_name(struct bytes body, struct arena *a);

#endif
