#include <stdlib.h>

#include <openssl/evp.h>

#include <kore/kore.h>

#include "livekit/packet.h"

void
packet_json(struct json *json, const char *text, size_t len,
    const char *topic)
{
	char	*data;

	if ((data = malloc((len + 2) / 3 * 4 + 1)) == NULL)
		fatal("packet_json: out of memory");
	(void)EVP_EncodeBlock((unsigned char *)data,
	    (const unsigned char *)text, (int)len);
	json_member(json, "data", data);
	free(data);
	if (topic != NULL)
		json_member(json, "topic", topic);
}
