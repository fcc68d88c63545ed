#ifndef PARLEY_HTTP_PAGING_H
#define PARLEY_HTTP_PAGING_H

#include "http/exchange.h"

/*
 * Says where a list goes on, when the route has a cursor (the query field
 * `after') and the page is full: Link: <?after=41&limit=20>; rel="next"
 * (RFC 8288), relative to the request. count is the number of rows answered.
 */
void	paging_link(struct exchange *, int count);

#endif
