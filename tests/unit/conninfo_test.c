/* What DATABASE_URL may look like, and that no message gives a password away. */
/* sources: src/db/conninfo.c src/data/buffer.c */
/* libraries: -lpq */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "db/conninfo.h"

#define REST	" client_encoding='UTF8' application_name='parley'"	\
		" connect_timeout='3' gssencmode='disable'"

static const struct {
	const char	*url;
	const char	*want;
} good[] = {
	{ "postgresql://ann:pw@db.example:5433/calls",
	    "user='ann' password='pw' dbname='calls' host='db.example' "
	    "port='5433'" REST },
	{ "postgres://ann@db/calls",
	    "user='ann' dbname='calls' host='db'" REST },
	{ "postgresql+psycopg2://ann:pw@db/calls",
	    "user='ann' password='pw' dbname='calls' host='db'" REST },
	{ "postgresql+asyncpg://ann:pw@db/calls?ssl=require",
	    "user='ann' password='pw' dbname='calls' host='db' "
	    "sslmode='require'" REST },
	{ "postgres+psycopg://db/calls?ssl=true",
	    "dbname='calls' host='db' sslmode='require'" REST },
	{ "postgresql://ann:p%40s%2Fs%27%5C%25@db/calls",
	    "user='ann' password='p@s/s\\'\\\\%' dbname='calls' host='db'"
	    REST },
	{ "postgresql://ann:a?b#c@db/calls",
	    "user='ann' password='a?b#c' dbname='calls' host='db'" REST },
	{ "postgresql:///calls?host=/run/pg&port=5433",
	    "dbname='calls' host='/run/pg' port='5433'" REST },
	{ "postgresql://%2Frun%2Fpg/calls",
	    "dbname='calls' host='/run/pg'" REST },
	{ "postgresql://[2001:db8::1]:5432/calls",
	    "dbname='calls' host='2001:db8::1' port='5432'" REST },
	{ "postgresql://a:1,b:2/calls?sslmode=verify-full",
	    "dbname='calls' host='a,b' port='1,2' sslmode='verify-full'" REST
	    " target_session_attrs='read-write'" },
	{ "postgresql://a,b/calls?target_session_attrs=any",
	    "dbname='calls' host='a,b' port=',' target_session_attrs='any'" REST },
	{ "postgresql+psycopg2://ann:pw@/calls?host=a:1&host=b:2",
	    "user='ann' password='pw' dbname='calls' host='a,b' port='1,2'"
	    REST " target_session_attrs='read-write'" },
	{ "postgresql+psycopg2:///calls?host=a&host=b&port=5433",
	    "dbname='calls' host='a,b' port='5433'" REST
	    " target_session_attrs='read-write'" },
	{ "postgresql://db/calls?application_name=x&connect_timeout=9"
	    "&gssencmode=prefer&client_encoding=LATIN1",
	    "connect_timeout='9' dbname='calls' host='db' "
	    "application_name='x' gssencmode='prefer' client_encoding='UTF8'" },
	{ "postgresql://", "client_encoding='UTF8' application_name='parley' "
	    "connect_timeout='3' gssencmode='disable'" }
};

/* Every one of these has the word hunter in it where a password could be. */
static const char *const bad[] = {
	"",
	"mysql://ann:hunter@db/calls",
	"ann:hunter@db/calls",
	"host=db password=hunter",
	"postgresql:/ann:hunter@db/calls",
	"postgresqlx://ann:hunter@db/calls",
	"postgresql+://ann:hunter@db/ca%zzlls",
	"postgresql://ann:hunter%@db/calls",
	"postgresql://ann:hunter%zz@db/calls",
	"postgresql://ann:hunter%00@db/calls",
	"postgresql://ann:hunter/2@db/calls",
	"postgresql://ann:hunter@db:0/calls",
	"postgresql://ann:hunter@db:70000/calls",
	"postgresql://ann:hunter@db:54x/calls",
	"postgresql://ann:hunter@[2001:db8::1/calls",
	"postgresql://ann:hunter@[2001:db8::1]x/calls",
	"postgresql://ann:hunter@db/calls?nosuch=hunter",
	"postgresql://ann:hunter@db/calls?sslmode=hunter",
	"postgresql://ann:hunter@db/calls?sslmode",
	"postgresql://ann:hunter@db/calls?host=a:hunter"
};

static void
check_good(void)
{
	char	*got, why[256];
	size_t	i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		why[0] = '\0';
		got = conninfo_from_url(good[i].url, why, sizeof(why));
		CHECK(got != NULL && strcmp(got, good[i].want) == 0,
		    "%s\n  got      %s (%s)\n  expected %s", good[i].url,
		    got == NULL ? "nothing" : got, why, good[i].want);
		free(got);
	}
}

static void
check_bad(void)
{
	char	*got, why[256];
	size_t	i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		got = conninfo_from_url(bad[i], why, sizeof(why));
		CHECK(got == NULL, "%s gave %s", bad[i], got);
		CHECK(why[0] != '\0', "%s: no reason", bad[i]);
		CHECK(strstr(why, "hunter") == NULL, "%s: %s", bad[i], why);
		free(got);
	}
}

static void
check_describe(void)
{
	char	*conninfo, text[256];

	conninfo = conninfo_from_url("postgres://ann:hunter@db:5433/calls", text,
	    sizeof(text));
	CHECK(conninfo != NULL, "%s", text);
	conninfo_describe(conninfo, text, sizeof(text));
	CHECK(strcmp(text, "database calls at db:5433 as ann") == 0, "%s", text);
	free(conninfo);
}

int
main(void)
{
	check_good();
	check_bad();
	check_describe();

	return (check_end());
}
