/*
 * Reads records (four octets of length, little end first, then that many octets
 * of a connection's input) and prints what the first request of each is, a line
 * a record. tests/unit/test_h11.py compares the lines with what h11 says.
 */
/* sources: src/http/head.c src/http/framing.c src/http/target.c src/http/chunked.c */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/head.h"

static void
hex_print(const char *label, const char *data, size_t len)
{
	size_t	i;

	printf("%s", label);
	for (i = 0; i < len; i++)
		printf("%02x", (unsigned char)data[i]);
}

static void
head_print(const struct head *head)
{
	size_t	i;

	printf(" size=%zu method=%s minor=%d keep=%d expect=%d", head->size,
	    head_method_name(head->method), head->minor, head->keep_alive,
	    head->expect_continue);
	hex_print(" path=", head->path.data, head->path.len);
	hex_print(" query=", head->query.data, head->query.len);
	for (i = 0; i < head->nfields; i++) {
		hex_print(" field=", head->fields[i].name.data,
		    head->fields[i].name.len);
		hex_print(":", head->fields[i].value.data,
		    head->fields[i].value.len);
	}
}

static void
record_print(const char *data, size_t len)
{
	static const char *const	verdicts[] = {
		[CHUNKED_MORE] = "more",
		[CHUNKED_DONE] = "done",
		[CHUNKED_REFUSED] = "refused",
	};
	static struct head	head;
	enum head_result	result;
	enum chunked_result	verdict;
	struct chunked		chunked;
	char			*body;
	size_t			consumed, produced, scanned;

	scanned = 0;
	result = head_parse(&head, data, len, &scanned);
	if (result != HEAD_DONE) {
		printf("%s status=%d\n", result == HEAD_MORE ? "more" :
		    "refused", head.status);
		return;
	}

	data += head.size;
	len -= head.size;
	body = malloc(len + 1);
	if (head.chunked) {
		memset(&chunked, 0, sizeof(chunked));
		verdict = chunked_decode(&chunked, data, len, &consumed, body,
		    &produced);
	} else {
		verdict = len < head.length ? CHUNKED_MORE : CHUNKED_DONE;
		produced = consumed = verdict == CHUNKED_DONE ?
		    (size_t)head.length : len;
		memcpy(body, data, produced);
	}

	printf("%s status=%d", verdicts[verdict],
	    verdict == CHUNKED_REFUSED ? 400 : 0);
	if (verdict == CHUNKED_DONE) {
		head_print(&head);
		printf(" next=%zu", head.size + consumed);
		hex_print(" body=", body, produced);
	}
	printf("\n");
	free(body);
}

int
main(void)
{
	unsigned char	prefix[4];
	uint32_t	len;
	char		*data;

	while (fread(prefix, 1, sizeof(prefix), stdin) == sizeof(prefix)) {
		len = (uint32_t)prefix[0] | (uint32_t)prefix[1] << 8 |
		    (uint32_t)prefix[2] << 16 | (uint32_t)prefix[3] << 24;
		data = malloc(len > 0 ? len : 1);
		if (fread(data, 1, len, stdin) != len)
			return (1);
		record_print(data, len);
		free(data);
	}

	return (0);
}
