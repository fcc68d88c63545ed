#ifndef PARLEY_LIVEKIT_PACKET_H
#define PARLEY_LIVEKIT_PACKET_H

#include "data/json_write.h"

/*
 * Writes the members of SendData's body that say what everybody in a room is to
 * be told: a packet of data, reliably. topic may be NULL.
 */
void	packet_json(struct json *, const char *text, size_t len,
	    const char *topic);

#endif
