/*
 * What Kore's utils.c refers to and no test reaches, so that the sources of
 * Kore that parse can be linked without its server.
 */
#include <sys/types.h>

#include <kore/kore.h>

struct kore_worker	*worker;
int			kore_foreground = 1;
char			*kore_progname;

void
kore_keymgr_cleanup(int final)
{
	(void)final;
}

void
kore_msg_send(u_int16_t dst, u_int8_t id, const void *data, size_t len)
{
	(void)dst;
	(void)id;
	(void)data;
	(void)len;
}
