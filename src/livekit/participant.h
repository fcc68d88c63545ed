#ifndef PARLEY_LIVEKIT_PARTICIPANT_H
#define PARLEY_LIVEKIT_PARTICIPANT_H

#include "data/json_write.h"
#include "data/value.h"

/*
 * LiveKit's ParticipantInfo (livekit/protocol livekit_models.proto) in
 * protobuf's JSON: names in either spelling, 64 bit numbers as strings.
 */

/*
 * Writes the members that GET /rooms/{room_id}/participants has of somebody
 * into the object that is open.
 */
void	participant_json(struct json *, const struct value *info,
	    const char *user_id);

/* What is to be of a permission, as JSON; NULL leaves it as it is. */
enum permission {
	PERMISSION_PUBLISH,
	PERMISSION_SUBSCRIBE,
	PERMISSION_SOURCES,
	PERMISSION__MAX
};

/*
 * Writes the whole set of permissions with those changes made: LiveKit takes
 * away what is left out.
 */
void	participant_permission(struct json *, const struct value *info,
	    const char *const changes[PERMISSION__MAX]);

/* The participant's tracks: the list's first, or NULL. */
const struct member	*participant_tracks(const struct value *info);

/* A track's sid, or NULL when it is not that one or not of that source. */
const struct value	*participant_track(const struct value *track,
			    const char *sid, const char *source);

#endif
