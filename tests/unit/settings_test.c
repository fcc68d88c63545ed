/* Where settings come from, what they may be, what is said about wrong ones. */
/* sources: src/settings.c src/settings_source.c src/settings_value.c
   src/settings_url.c src/db/conninfo.c src/data/arena.c src/data/buffer.c */
/* libraries: -lpq */
#include <sys/socket.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "settings.h"

#define SETTINGS_MAX	8	/* set by one case */
#define HUNTER		"hunter-hunter-hunter-hunter-hunter"

extern char	**environ;

/* Enough to serve; each case sets or unsets ("NAME") some more. */
static const char *const base[] = {
	"DATABASE_URL=postgres://ann:" HUNTER "@db/calls",
	"SECRET_KEY=" HUNTER,
	"LIVEKIT_URL=wss://livekit.example/base/",
	"LIVEKIT_API_KEY=key",
	"LIVEKIT_API_SECRET=" HUNTER,
	NULL
};

/* complaint NULL: taken, and nothing said. */
static const struct {
	const char	*set[SETTINGS_MAX];
	const char	*complaint;
} cases[] = {
	{ { NULL }, NULL },
	{ { "DATABASE_URL" }, "DATABASE_URL: missing" },
	{ { "DATABASE_URL=" }, "DATABASE_URL: missing" },
	{ { "SECRET_KEY" }, "SECRET_KEY: missing" },
	{ { "LIVEKIT_URL" }, "LIVEKIT_URL: missing" },
	{ { "LIVEKIT_API_KEY" }, "LIVEKIT_API_KEY: missing" },
	{ { "LIVEKIT_API_SECRET" }, "LIVEKIT_API_SECRET: missing" },
	{ { "DATABASE_URL=mysql://a:" HUNTER "@b" }, "DATABASE_URL: it must" },
	{ { "SECRET_KEY=123456789012345" }, "SECRET_KEY: shorter than 16" },
	{ { "SECRET_KEY=123456789012345", "DEBUG=true" }, "warning: SECRET_KEY" },
	{ { "SECRET_KEY=1234567890123456" }, "warning: SECRET_KEY" },
	{ { "SECRET_KEY=12345678901234567890123456789012" }, NULL },
	{ { "SECRET_KEY=" HUNTER "\n" }, NULL },
	{ { "SECRET_KEY=" HUNTER "," HUNTER "\n" HUNTER }, NULL },
	{ { "SECRET_KEY=" HUNTER "\t" }, "SECRET_KEY: holds a control" },
	{ { "METRICS_TOKEN=" HUNTER "\n" }, "METRICS_TOKEN: holds a control" },
	{ { "LIVEKIT_API_SECRET=secret" }, "LIVEKIT_API_SECRET: the one of" },
	{ { "LIVEKIT_API_SECRET=secret", "DEBUG=1" }, NULL },
	{ { "LIVEKIT_API_SECRET=secret", "LIVEKIT_URL=ws://localhost:7880" },
	    NULL },
	{ { "LIVEKIT_API_SECRET=secret", "LIVEKIT_URL=ws://127.9.9.9" }, NULL },
	{ { "LIVEKIT_API_SECRET=secret", "LIVEKIT_URL=ws://[::1]:7880/x" },
	    NULL },
	{ { "LIVEKIT_API_SECRET=secret",
	    "LIVEKIT_URL=ws://127.0.0.1.evil.example" }, "LIVEKIT_API_SECRET" },
	{ { "LIVEKIT_API_SECRET=secret",
	    "LIVEKIT_URL=ws://localhost.evil.example" }, "LIVEKIT_API_SECRET" },
	{ { "LIVEKIT_URL=livekit.example" }, "LIVEKIT_URL: \"livekit.example\"" },
	{ { "LIVEKIT_URL=ftp://livekit.example" }, "LIVEKIT_URL:" },
	{ { "LIVEKIT_URL=wss://" }, "LIVEKIT_URL:" },
	{ { "LIVEKIT_URL=wss://a b" }, "LIVEKIT_URL:" },
	{ { "LIVEKIT_URL=wss://a:99999" }, "LIVEKIT_URL:" },
	{ { "LIVEKIT_URL=wss://a?x=1" }, "LIVEKIT_URL:" },
	{ { "LIVEKIT_URL=wss://u@a" }, "LIVEKIT_URL:" },
	{ { "ALGORITHM=none" }, "\"none\" is none of HS256, HS384, HS512" },
	{ { "ALGORITHM=HS512" }, NULL },
	{ { "PORT=65535" }, NULL },
	{ { "PORT=65536" }, "PORT: \"65536\" is not a whole number from 0 to" },
	{ { "PORT=-1" }, "PORT:" },
	{ { "PORT=+1" }, "PORT:" },
	{ { "PORT=80x" }, "PORT:" },
	{ { "PORT=99999999999999999999999999" }, "PORT:" },
	{ { "PORT=0" }, "nothing to serve" },
	{ { "TLS_CERT_FILE=here" }, "TLS_KEY_FILE: missing" },
	{ { "TLS_KEY_FILE=here" }, "TLS_CERT_FILE: missing" },
	{ { "TLS_CERT_FILE=here", "TLS_KEY_FILE=here", "PORT=0" }, NULL },
	{ { "TLS_CERT_FILE=here", "TLS_KEY_FILE=nowhere" },
	    "nowhere cannot be read: No such file" },
	{ { "TLS_CERT_FILE=here", "TLS_KEY_FILE=here", "PORT=8443" },
	    "TLS_PORT: 8443 is also PORT" },
	{ { "HOST=256.256.256.256" }, "HOST:" },
	{ { "HOST=::" }, NULL },
	{ { "WORKERS=0" }, "WORKERS:" },
	{ { "WORKERS=8", "DATABASE_CONNECTIONS=4" },
	    "DATABASE_CONNECTIONS: 4, but each of the 8" },
	{ { "DEBUG=perhaps" }, "DEBUG: \"perhaps\" is none of true, false" },
	{ { "RATE_LIMITS=off" }, NULL },
	{ { "RATE_LOGIN=1/second", "RATE_WRITES=1000/SECOND" }, NULL },
	{ { "RATE_LOGIN=off", "RATE_REGISTER=1000000/day" }, NULL },
	{ { "RATE_LOGIN=1/hour", "RATE_REFRESH=60000/minute" }, NULL },
	{ { "RATE_LOGIN=10" }, "RATE_LOGIN: \"10\" is not of the form" },
	{ { "RATE_LOGIN=/minute" }, "RATE_LOGIN:" },
	{ { "RATE_LOGIN=0/minute" }, "RATE_LOGIN:" },
	{ { "RATE_LOGIN=-1/minute" }, "RATE_LOGIN:" },
	{ { "RATE_LOGIN=10/week" }, "RATE_LOGIN:" },
	{ { "RATE_LOGIN=10/" }, "RATE_LOGIN:" },
	{ { "RATE_LOGIN=1001/second" }, "RATE_LOGIN:" },
	{ { "RATE_LOGIN=99999999999999999999/day" }, "RATE_LOGIN:" },
	{ { "CORS_ORIGINS=https://a.example, http://b.example:3000" }, NULL },
	{ { "CORS_ORIGINS=capacitor://localhost" }, NULL },
	{ { "CORS_ORIGINS=https://a.example/" }, "CORS_ORIGINS:" },
	{ { "CORS_ORIGINS=a.example" }, "CORS_ORIGINS:" },
	{ { "CORS_ORIGINS=https://a.example,*" }, "item 2 is not of the form" },
	{ { "CORS_ORIGINS=null" }, "CORS_ORIGINS:" },
	{ { "TRUSTED_PROXIES=10.0.0.0/8,fd00::/8 192.0.2.1" }, NULL },
	{ { "TRUSTED_PROXIES=10.0.0.0/33" }, "TRUSTED_PROXIES:" },
	{ { "TRUSTED_PROXIES=10.1.0.0/8" }, "no bits set behind" },
	{ { "TRUSTED_PROXIES=proxy.example" }, "TRUSTED_PROXIES:" },
	{ { "METRICS_LISTEN=9100" }, "METRICS_LISTEN:" },
	{ { "METRICS_LISTEN=127.0.0.1:0" }, "METRICS_LISTEN:" },
	{ { "LOG_FORMAT=xml" }, "LOG_FORMAT: \"xml\" is none of text, json" },
	{ { "MIN_PASSWORD_LENGTH=129" }, "MIN_PASSWORD_LENGTH:" },
	{ { "SECRET_KEY_FILE=here" }, "SECRET_KEY: given twice" },
	{ { "SECRET_KEY", "SECRET_KEY_FILE=nowhere" },
	    "SECRET_KEY_FILE: nowhere cannot be read" },
	{ { "SECRET_KEY", "SECRET_KEY_FILE=." }, "cannot be read" },
	{ { "SECRET_KEY", "SECRET_KEY_FILE=secret" }, NULL },
	{ { "SECRET_KEY", "SECRET_KEY_FILE=two" }, NULL },
	{ { "SECRET_KEY", "SECRET_KEY_FILE=nul" }, "holds a control" },
	{ { "PORT_FILE=port" }, NULL },
	{ { "TLS_CERT_FILE_FILE=path", "TLS_KEY_FILE=here" }, NULL }
};

static void
put_file(const char *name, const char *content, size_t len)
{
	FILE	*file;

	if ((file = fopen(name, "w")) == NULL ||
	    fwrite(content, 1, len, file) != len || fclose(file) != 0)
		err(1, "%s", name);
}

#define PUT_FILE(name, content)	put_file(name, content, sizeof(content) - 1)

static void
put_setting(const char *assignment)
{
	char	name[64];
	size_t	len;

	len = strcspn(assignment, "=");
	(void)snprintf(name, sizeof(name), "%.*s", (int)len, assignment);
	if (assignment[len] == '\0')
		(void)unsetenv(name);
	else
		(void)setenv(name, assignment + len + 1, 1);
}

static void
put_settings(const char *const *set)
{
	size_t	i;

	(void)clearenv();
	for (i = 0; base[i] != NULL; i++)
		put_setting(base[i]);
	for (i = 0; set != NULL && i < SETTINGS_MAX && set[i] != NULL; i++)
		put_setting(set[i]);
}

static int
load(enum settings_need need, char *said, size_t size)
{
	FILE	*complaints;
	int	ok;

	memset(said, 0, size);
	if ((complaints = fmemopen(said, size, "w")) == NULL)
		err(1, "fmemopen");
	ok = settings_load(need, complaints);
	(void)fclose(complaints);

	return (ok);
}

static void
check_cases(void)
{
	const char	*want;
	char		said[2048];
	size_t		i, n;
	int		ok;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_settings(cases[i].set);
		ok = load(SETTINGS_SERVE, said, sizeof(said));
		want = cases[i].complaint;
		CHECK(ok == (want == NULL || strncmp(want, "warn", 4) == 0),
		    "case %zu (%s): %s", i, cases[i].set[0], said);
		CHECK(ok == (settings != NULL), "case %zu", i);
		CHECK(want == NULL ? said[0] == '\0' :
		    strstr(said, want) != NULL, "case %zu (%s): said %s", i,
		    cases[i].set[0], said);
		for (n = 0; said[n] != '\0' && said[n] != '\n'; n++)
			continue;
		CHECK(said[n] == '\0' || said[n + 1] == '\0',
		    "case %zu: more than one line: %s", i, said);
		CHECK(strstr(said, "hunter") == NULL, "case %zu: %s", i, said);
	}
}

static void
check_defaults(void)
{
	char	said[2048];

	put_settings(NULL);
	CHECK(load(SETTINGS_SERVE, said, sizeof(said)), "%s", said);
	CHECK(strcmp(settings->algorithm, "HS256") == 0, "-");
	CHECK(settings->access_token_expire_minutes == 30, "-");
	CHECK(settings->livekit_token_ttl_seconds == 900, "-");
	CHECK(settings->seat_timeout_seconds == 120, "-");
	CHECK(settings->reconcile_seconds == 30, "-");
	CHECK(strcmp(settings->host, "0.0.0.0") == 0, "-");
	CHECK(settings->port == 8000 && settings->tls_port == 8443, "-");
	CHECK(settings->tls_cert_file == NULL, "-");
	CHECK(settings->ncors_origins == 0, "-");
	CHECK(settings->debug == 0 && settings->rate_limits == 1, "-");
	CHECK(settings->workers >= 1, "-");
	CHECK(settings->database_connections >= settings->workers, "-");
	CHECK(settings->connections_per_address == 1000, "-");
	CHECK(settings->min_password_length == 6, "-");
	CHECK(strcmp(settings->run_as, "nobody") == 0, "-");
	CHECK(settings->log_format == NULL, "-");
	CHECK(strcmp(settings->livekit_url, "wss://livekit.example/base/") == 0,
	    "%s", settings->livekit_url);
	CHECK(strcmp(settings->livekit_api_url,
	    "https://livekit.example/base") == 0, "%s",
	    settings->livekit_api_url);
}

static void
check_values(void)
{
	static const char *const set[SETTINGS_MAX] = {
		"LIVEKIT_URL=http://Live:7880", "PORT_FILE=port",
		"CORS_ORIGINS=HTTPS://A.example:443,,http://b:3000 http://c:80",
		"TRUSTED_PROXIES=10.0.0.0/8,fd00::/8", "METRICS_LISTEN=[::1]:9100",
		"CHROOT=here", "RATE_LIMITS=OFF", NULL
	};
	char	said[2048], path[512];

	put_settings(set);
	/* As root CHROOT has to be a directory: PORT and others do not. */
	CHECK(load(SETTINGS_DATABASE, said, sizeof(said)), "%s", said);
	CHECK(strcmp(settings->livekit_url, "ws://Live:7880") == 0, "%s",
	    settings->livekit_url);
	CHECK(strcmp(settings->livekit_api_url, "http://Live:7880") == 0,
	    "%s", settings->livekit_api_url);
	CHECK(settings->port == 8081, "%d", settings->port);
	CHECK(settings->ncors_origins == 3, "%zu", settings->ncors_origins);
	CHECK(strcmp(settings->cors_origins[0], "https://a.example") == 0,
	    "%s", settings->cors_origins[0]);
	CHECK(strcmp(settings->cors_origins[1], "http://b:3000") == 0,
	    "%s", settings->cors_origins[1]);
	CHECK(strcmp(settings->cors_origins[2], "http://c") == 0,
	    "%s", settings->cors_origins[2]);
	CHECK(settings->ntrusted_proxies == 2, "-");
	CHECK(settings->trusted_proxies[0].family == AF_INET &&
	    settings->trusted_proxies[0].prefix == 8 &&
	    settings->trusted_proxies[0].address[0] == 10, "-");
	CHECK(settings->trusted_proxies[1].family == AF_INET6, "-");
	CHECK(strcmp(settings->metrics_host, "::1") == 0 &&
	    settings->metrics_port == 9100, "%s", settings->metrics_host);
	CHECK(settings->rate_limits == 0, "-");
	CHECK(getcwd(path, sizeof(path) - 8) != NULL, "-");
	(void)strcat(path, "/here");
	CHECK(strcmp(settings->chroot, path) == 0, "%s", settings->chroot);
}

/* The environment wins, also when it says NAME_FILE and `.env` says NAME. */
static void
check_dotenv(void)
{
	static const char *const set[SETTINGS_MAX] = {
		"SECRET_KEY", "SECRET_KEY_FILE=secret", "PORT=1234", NULL
	};
	char	said[2048];

	PUT_FILE(".env", "\xef\xbb\xbf# a comment\r\n\n"
	    "export HOST=127.0.0.1   # loopback\r\n"
	    "SECRET_KEY=from-the-file-and-not-to-be-taken\n"
	    "PORT=1\nTLS_PORT = '2'\nRUN_AS=\"ro\\\"ot\"# really\n"
	    "METRICS_TOKEN=a#b\nAUDIT_DAYS=1\nAUDIT_DAYS=2\n"
	    "REFRESH_TOKEN_DAYS_FILE=days\nUNKNOWN=1\nCORS_ORIGINS=\n");
	put_settings(set);
	CHECK(load(SETTINGS_DATABASE, said, sizeof(said)), "%s", said);
	CHECK(said[0] == '\0', "%s", said);
	CHECK(strcmp(settings->host, "127.0.0.1") == 0, "%s", settings->host);
	CHECK(strcmp(settings->secret_key,
	    "a secret from a file, long enough") == 0, "-");
	CHECK(settings->port == 1234 && settings->tls_port == 2, "%d %d",
	    settings->port, settings->tls_port);
	CHECK(strcmp(settings->run_as, "ro\"ot") == 0, "%s", settings->run_as);
	CHECK(strcmp(settings->metrics_token, "a#b") == 0, "-");
	CHECK(settings->audit_days == 2, "%d", settings->audit_days);
	CHECK(settings->refresh_token_days == 7, "-");

	PUT_FILE(".env", "PORT=1\nSECRET_KEY " HUNTER "\nHOST='" HUNTER "\n");
	put_settings(NULL);
	CHECK(!load(SETTINGS_DATABASE, said, sizeof(said)), "taken");
	CHECK(strcmp(said, "parley: .env: line 2 is not NAME=VALUE\n"
	    "parley: .env: line 3 is not NAME=VALUE\n") == 0, "%s", said);
	(void)unlink(".env");
}

static void
check_print(void)
{
	char			said[2048], printed[16384];
	const struct setting	*row;
	FILE			*out;
	size_t			i;

	put_settings(NULL);
	put_setting("METRICS_TOKEN=hunter");
	CHECK(load(SETTINGS_SERVE, said, sizeof(said)), "%s", said);
	memset(printed, 0, sizeof(printed));
	if ((out = fmemopen(printed, sizeof(printed), "w")) == NULL)
		err(1, "fmemopen");
	settings_print(out);
	(void)fclose(out);
	CHECK(strstr(printed, "hunter") == NULL, "%s", printed);
	CHECK(strstr(printed, "SECRET_KEY                   (hidden)") != NULL,
	    "%s", printed);
	CHECK(strstr(printed, "TLS_CERT_FILE                (unset)") != NULL,
	    "%s", printed);
	for (i = 0; (row = settings_row(i)) != NULL; i++)
		CHECK(strstr(printed, row->name) != NULL, "%s", row->name);
	CHECK(i == 43, "%zu settings", i);
}

/* What the kernel shows of the environment this program was started with. */
static int
kernel_shows(const char *wanted)
{
	static char	shown[65536];
	size_t		i, len;
	ssize_t		n;
	int		fd;

	if ((fd = open("/proc/self/environ", O_RDONLY)) == -1)
		err(1, "/proc/self/environ");
	n = read(fd, shown, sizeof(shown));
	(void)close(fd);
	len = strlen(wanted);
	for (i = 0; n > 0 && i + len <= (size_t)n; i++) {
		if (memcmp(shown + i, wanted, len) == 0)
			return (1);
	}

	return (0);
}

/* As Kore does: environ points to copies when the settings are loaded. */
static void
check_wiped(void)
{
	char	said[2048];
	size_t	i;

	CHECK(kernel_shows("SECRET_KEY=" HUNTER), "not to be seen before");
	for (i = 0; environ[i] != NULL; i++)
		environ[i] = strdup(environ[i]);
	CHECK(load(SETTINGS_SERVE, said, sizeof(said)), "%s", said);
	CHECK(!kernel_shows("hunter"), "still to be seen");
	CHECK(kernel_shows("LIVEKIT_API_KEY=key"), "too much is gone");
	for (i = 0; environ[i] != NULL; i++) {
		CHECK(strstr(environ[i], "hunter") == NULL, "%s", environ[i]);
		free(environ[i]);
	}
	environ[0] = NULL;
	CHECK(strcmp(settings->secret_key, HUNTER) == 0, "the copy is gone");
}

int
main(int argc, char **argv)
{
	char	directory[] = "/tmp/parley-settings-XXXXXX";

	/* Once more, with an environment of the kernel's making. */
	if (argc == 1) {
		put_settings(NULL);
		(void)execv("/proc/self/exe", (char *[]){ argv[0],
		    (char[]){ "again" }, NULL });
		err(1, "execv");
	}

	if (mkdtemp(directory) == NULL || chdir(directory) == -1)
		err(1, "%s", directory);
	PUT_FILE("here", "x\n");
	PUT_FILE("path", "here\n");
	PUT_FILE("port", "8081\n");
	PUT_FILE("days", "7");
	PUT_FILE("secret", "a secret from a file, long enough\n");
	PUT_FILE("two", "a secret of two lines, long enough\nand the other one, which is as well\n");
	PUT_FILE("nul", "a secret with a NUL\0in it that would cut it\n");

	check_wiped();
	check_cases();
	check_defaults();
	check_values();
	check_dotenv();
	check_print();
	settings_cleanup();

	return (system("rm -rf \"$PWD\"") == -1 ? 1 : check_end());
}
