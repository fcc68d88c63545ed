#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "checks.h"
#include "settings.h"
#include "tls/tls.h"

#define CLOCK_GOOD	2.0	/* seconds apart */
#define CLOCK_BAD	10.0	/* more than LiveKit's tokens are backdated */
#define DAYS_FEW	14	/* who renews by machine does so at 30 */

static double	now(void);
static int	days_left(const char *, int *);

/* Tokens, seats and sessions are dated by one clock and judged by the other. */
enum verdict
check_clock(struct findings *findings, char *detail, size_t size)
{
	PGresult	*rows;
	double		before, apart;

	if (findings->db == NULL) {
		(void)snprintf(detail, size, "not known without the database");
		return (VERDICT_FAIL);
	}

	before = now();
	rows = PQexec(findings->db,
	    "select extract(epoch from clock_timestamp())");
	if (PQresultStatus(rows) != PGRES_TUPLES_OK) {
		PQclear(rows);
		(void)snprintf(detail, size, "the database does not tell it");
		return (VERDICT_FAIL);
	}
	apart = fabs((before + now()) / 2 -
	    strtod(PQgetvalue(rows, 0, 0), NULL));
	PQclear(rows);

	(void)snprintf(detail, size, "%.1f s from the database's%s", apart,
	    apart < CLOCK_GOOD ? "" :
	    ": set both by NTP (systemd-timesyncd, chrony)");

	return (apart < CLOCK_GOOD ? VERDICT_OK :
	    apart < CLOCK_BAD ? VERDICT_WARN : VERDICT_FAIL);
}

enum verdict
check_certificate(struct findings *findings, char *detail, size_t size)
{
	char	error[256];
	int	days;

	(void)findings;

	if (settings->tls_cert_file == NULL) {
		(void)snprintf(detail, size,
		    "none: HTTPS is left to a proxy before this server");
		return (VERDICT_OK);
	}
	if (!tls_check_files(settings->tls_cert_file, settings->tls_key_file,
	    error, sizeof(error))) {
		(void)snprintf(detail, size, "%s", error);
		return (VERDICT_FAIL);
	}
	if (!days_left(settings->tls_cert_file, &days)) {
		(void)snprintf(detail, size, "its dates cannot be read");
		return (VERDICT_FAIL);
	}

	(void)snprintf(detail, size, "the key is its own, %d day%s left%s",
	    days, days == 1 ? "" : "s", days >= DAYS_FEW ? "" :
	    ": renew it, then send the server SIGHUP");

	return (days >= DAYS_FEW ? VERDICT_OK : VERDICT_WARN);
}

static double
now(void)
{
	struct timespec	ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);

	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

/* Of the first certificate in the file, which is the server's. */
static int
days_left(const char *path, int *days)
{
	FILE	*file;
	X509	*x509;
	int	seconds, ok;

	if ((file = fopen(path, "r")) == NULL)
		return (0);
	x509 = PEM_read_X509(file, NULL, NULL, NULL);
	(void)fclose(file);

	ok = x509 != NULL && ASN1_TIME_diff(days, &seconds, NULL,
	    X509_get0_notAfter(x509)) == 1;
	X509_free(x509);

	return (ok);
}
