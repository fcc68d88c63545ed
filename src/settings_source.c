#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/buffer.h"
#include "settings_source.h"

#define SOURCE_DOTENV		".env"
#define SOURCE_FILE_MAX		1048576	/* octets of a file */
#define SOURCE_NAME_MAX		64
#define SOURCE_STAT_MAX		2048

/* Fields of /proc/PID/stat behind the name, see proc(5): from 3 on. */
#define STAT_AFTER_NAME		3
#define STAT_ENV_START		50

struct pair {
	const char	*name;
	const char	*value;
	struct pair	*next;
};

extern char		**environ;
static struct pair	*dotenv;

static enum source_result	choose(struct arena *, const char *, int,
		    const char *, const char *, const char **, FILE *);
static enum source_result	read_whole(const char *, struct buffer *);
static int	has_control(const char *, size_t, int);
static int	dotenv_parse(struct arena *, char *, FILE *);
static int	dotenv_line(struct arena *, char *);
static char	*dotenv_value(char *);
static char	*dotenv_quoted(char *);
static const char *dotenv_find(const char *);
static void	wipe_area(const char *);

int
source_open(struct arena *arena, FILE *complaints)
{
	struct buffer	file;
	int		ok;

	dotenv = NULL;
	buffer_init(&file);
	switch (read_whole(SOURCE_DOTENV, &file)) {
	case SOURCE_FOUND:
		ok = dotenv_parse(arena,
		    arena_strndup(arena, file.data, file.len), complaints);
		break;
	case SOURCE_UNSET:
		ok = 1;
		break;
	default:
		fprintf(complaints, "parley: " SOURCE_DOTENV
		    ": cannot be read: %s\n", strerror(errno));
		ok = 0;
	}
	buffer_cleanup(&file);

	return (ok);
}

enum source_result
source_find(struct arena *arena, const char *name, int lines,
    const char **value, FILE *complaints)
{
	char			name_file[SOURCE_NAME_MAX];
	const char		*direct, *path;
	enum source_result	found;

	(void)snprintf(name_file, sizeof(name_file), "%s_FILE", name);

	/* The environment speaks for both names before `.env` is asked. */
	direct = getenv(name);
	path = getenv(name_file);
	found = choose(arena, name, lines, direct, path, value, complaints);
	if (found != SOURCE_UNSET)
		return (found);

	return (choose(arena, name, lines, dotenv_find(name),
	    dotenv_find(name_file), value, complaints));
}

void
source_wipe(const char *name)
{
	size_t	i, len;

	len = strlen(name);
	for (i = 0; environ[i] != NULL; i++) {
		if (strncmp(environ[i], name, len) == 0 &&
		    environ[i][len] == '=')
			explicit_bzero(environ[i] + len + 1,
			    strlen(environ[i] + len + 1));
	}
	wipe_area(name);
}

void
source_close(void)
{
	dotenv = NULL;
}

static enum source_result
choose(struct arena *arena, const char *name, int lines, const char *direct,
    const char *path, const char **value, FILE *complaints)
{
	struct buffer		file;
	enum source_result	found;

	if (direct != NULL && direct[0] == '\0')
		direct = NULL;
	if (path != NULL && path[0] == '\0')
		path = NULL;
	if (direct == NULL && path == NULL)
		return (SOURCE_UNSET);
	if (direct != NULL && path != NULL) {
		fprintf(complaints, "parley: %s: given twice, also as "
		    "%s_FILE; leave one of them out\n", name, name);
		return (SOURCE_WRONG);
	}

	buffer_init(&file);
	if (direct != NULL) {
		buffer_append_string(&file, direct);
	} else if (read_whole(path, &file) != SOURCE_FOUND) {
		fprintf(complaints, "parley: %s_FILE: %s cannot be read: %s\n",
		    name, path, strerror(errno));
		buffer_cleanup(&file);
		return (SOURCE_WRONG);
	} else if (file.len > 0 && file.data[file.len - 1] == '\n') {
		file.len--;
	}

	if (has_control(file.data, file.len, lines)) {
		fprintf(complaints, "parley: %s: holds a control character "
		    "(a line break, say)\n", name);
		found = SOURCE_WRONG;
	} else {
		*value = arena_strndup(arena, file.data, file.len);
		found = file.len > 0 ? SOURCE_FOUND : SOURCE_UNSET;
	}
	buffer_cleanup(&file);

	return (found);
}

/* SOURCE_UNSET when there is no such file; errno is set unless it is found. */
static enum source_result
read_whole(const char *path, struct buffer *out)
{
	ssize_t	n;
	int	fd, saved;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1)
		return (errno == ENOENT ? SOURCE_UNSET : SOURCE_WRONG);

	for (;;) {
		if (out->len > SOURCE_FILE_MAX) {
			(void)close(fd);
			errno = EFBIG;
			return (SOURCE_WRONG);
		}
		n = read(fd, buffer_reserve(out, 4096), 4096);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out->len += (size_t)n;
	}
	saved = errno;
	(void)close(fd);
	errno = saved;

	return (n == 0 ? SOURCE_FOUND : SOURCE_WRONG);
}

static int
has_control(const char *text, size_t len, int lines)
{
	size_t	i;

	for (i = 0; i < len; i++) {
		if (lines && text[i] == '\n')
			continue;
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return (1);
	}

	return (0);
}

/* The lines are never quoted in a message: secrets stand in this file. */
static int
dotenv_parse(struct arena *arena, char *text, FILE *complaints)
{
	char	*line;
	int	number, ok;

	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;

	ok = 1;
	for (number = 1; (line = strsep(&text, "\n")) != NULL; number++) {
		if (!dotenv_line(arena, line)) {
			fprintf(complaints, "parley: " SOURCE_DOTENV
			    ": line %d is not NAME=VALUE\n", number);
			ok = 0;
		}
	}

	return (ok);
}

static int
dotenv_line(struct arena *arena, char *line)
{
	struct pair	*pair;
	char		*name, *value;

	line[strcspn(line, "\r")] = '\0';
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return (1);
	if (strncmp(line, "export", 6) == 0 && strspn(line + 6, " \t") > 0)
		line += 6 + strspn(line + 6, " \t");

	name = line;
	while (isalnum((unsigned char)*line) || *line == '_')
		line++;
	if (line == name)
		return (0);
	value = line + strspn(line, " \t");
	if (*value != '=')
		return (0);
	*line = '\0';
	if ((value = dotenv_value(value + 1)) == NULL)
		return (0);

	/* Before the earlier ones: the last of a name is the one found. */
	pair = arena_alloc(arena, sizeof(*pair));
	pair->name = name;
	pair->value = value;
	pair->next = dotenv;
	dotenv = pair;

	return (1);
}

/* Cuts the value out of the rest of a line, in place; NULL if it is wrong. */
static char *
dotenv_value(char *text)
{
	char	*end, *p;

	text += strspn(text, " \t");
	if (*text == '\'') {
		if ((end = strchr(++text, '\'')) == NULL)
			return (NULL);
		*end++ = '\0';
	} else if (*text == '"') {
		if ((end = dotenv_quoted(++text)) == NULL)
			return (NULL);
	} else {
		/* A comment begins at a '#' behind a blank. */
		end = text + strlen(text);
		for (p = text; *p != '\0'; p++) {
			if (*p == '#' && (p == text || isblank((unsigned char)
			    p[-1]))) {
				end = p;
				break;
			}
		}
		while (end > text && isblank((unsigned char)end[-1]))
			end--;
		*end = '\0';
		return (text);
	}

	end += strspn(end, " \t");

	return (*end == '\0' || *end == '#' ? text : NULL);
}

/* Takes escapes away up to the closing quote; returns what is behind it. */
static char *
dotenv_quoted(char *text)
{
	char	*out;

	for (out = text; *text != '\0' && *text != '"'; text++) {
		if (*text == '\\' && text[1] != '\0') {
			text++;
			*out++ = *text == 'n' ? '\n' : *text == 't' ? '\t' :
			    *text;
		} else {
			*out++ = *text;
		}
	}
	if (*text == '\0')
		return (NULL);
	*out = '\0';

	return (text + 1);
}

static const char *
dotenv_find(const char *name)
{
	struct pair	*pair;

	for (pair = dotenv; pair != NULL; pair = pair->next) {
		if (strcmp(pair->name, name) == 0)
			return (pair->value);
	}

	return (NULL);
}

/*
 * Kore lets environ point to copies, so the strings that the kernel shows as
 * /proc/PID/environ are found by the addresses it says.
 */
static void
wipe_area(const char *name)
{
	char		stat[SOURCE_STAT_MAX], *p, *end;
	unsigned long	from, to;
	size_t		len;
	ssize_t		n;
	int		fd, field;

	if ((fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC)) == -1)
		return;
	n = read(fd, stat, sizeof(stat) - 1);
	(void)close(fd);
	if (n <= 0)
		return;
	stat[n] = '\0';

	/* The name of the program may hold anything, also blanks. */
	if ((p = strrchr(stat, ')')) == NULL)
		return;
	for (field = STAT_AFTER_NAME - 1; field < STAT_ENV_START; field++) {
		if ((p = strchr(p + 1, ' ')) == NULL)
			return;
	}
	from = strtoul(p, &p, 10);
	to = strtoul(p, NULL, 10);
	if (from == 0 || to <= from)
		return;

	len = strlen(name);
	p = (char *)from;
	end = (char *)to;
	while (p < end) {
		if ((size_t)(end - p) > len && strncmp(p, name, len) == 0 &&
		    p[len] == '=')
			explicit_bzero(p + len + 1, strnlen(p + len + 1,
			    (size_t)(end - p) - len - 1));
		p += strnlen(p, (size_t)(end - p)) + 1;
	}
}
