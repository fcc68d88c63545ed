#include "db/look.h"
#include "livekit/schedule.h"

#define SCHEDULE_TICK_MS	1000

/* What could not be done stays due. */
static struct look	run = {
	.query = { .statement = STATEMENT_schedule_run }
};

void
schedule_worker_init(void)
{
	look_every(&run, SCHEDULE_TICK_MS);
}
