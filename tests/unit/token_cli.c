/* Makes and reads one access token, for tests that know another library. */
/* sources: src/identity/token.c src/data/base64.c */
/* libraries: -ljwt -lcrypto */

#include <stdio.h>
#include <stdlib.h>

#include "identity/token.h"

static int	issue(const struct token_keys *, char **);
static int	verify(const struct token_keys *, char **);

/*
 * token_cli issue ALGORITHM SECRET NOW LIFETIME SUBJECT [SESSION]
 * token_cli verify ALGORITHM SECRET NOW TOKEN
 */
int
main(int argc, char **argv)
{
	struct token_keys	keys;
	int			ret = 2;

	if (argc < 6 || !token_keys_init(&keys, argv[2], argv[3],
	    strlen(argv[3])))
		return (2);

	if (strcmp(argv[1], "issue") == 0 && argc >= 7)
		ret = issue(&keys, argv + 4);
	else if (strcmp(argv[1], "verify") == 0)
		ret = verify(&keys, argv + 4);
	token_keys_cleanup(&keys);

	return (ret);
}

static int
issue(const struct token_keys *keys, char **words)
{
	char	token[TOKEN_MAX];

	if (!token_issue(keys, words[2], words[3], atol(words[0]),
	    atol(words[1]), token, sizeof(token)))
		return (1);
	puts(token);

	return (0);
}

static int
verify(const struct token_keys *keys, char **words)
{
	static const char *const	names[] = { "ok", "invalid",
	    "expired" };
	struct token_claims		claims;
	enum token_result		result;

	result = token_verify(keys, (struct span){ words[1],
	    strlen(words[1]) }, atol(words[0]), &claims);
	printf("%s\n%s\n%s\n%lld\n", names[result], claims.subject,
	    claims.session, (long long)claims.expires);

	return (result != TOKEN_OK);
}
