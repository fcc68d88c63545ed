#include <stdlib.h>

#include <unictype.h>
#include <uninorm.h>

#include "data/email.h"
#include "data/email_chars.h"
#include "data/email_domain.h"
#include "data/utf8.h"

#define INPUT_MAX	2048	/* characters, pydantic's bound */
#define ADDRESS_MAX	254	/* octets, RFC 5321 section 4.5.3.1.3 less <> */

/* How far a base character is looked past for what combines with it. */
#define COMBINING_MAX	32	/* the Stream-Safe Format of UAX #15 */

#define FULL_WIDTH_AT	0xff20
#define SMALL_AT	0xfe6b

static struct span	trim(struct span);
static struct span	without_name(struct span);
static int		bracketed(struct span, struct span *);
static uint32_t		advance(struct span *);
static struct span	skip(struct span, int (*)(uint32_t));
static int		is_space(uint32_t);
static int		is_name(uint32_t);
static const char	*split(struct span, struct span *, struct span *);
static int		combines(struct span);
static const char	*no_at_sign(struct span);
static const char	*read_local(struct arena *, struct span, struct span *);
static const char	*check_local(struct arena *, struct span);
static email_char_test	not_atext;
static struct span	lower_mailbox(struct arena *, struct span);
static const char	*check_length(struct arena *, struct span);
static const char	*check_length_of(struct arena *, struct span,
			    struct span, const char *);
static size_t		widest(struct span);

/* The dot-atom of RFC 5322 section 3.2.3. */
static const struct email_rule rules[] = {
	{ EMAIL_AT_END, ".", "An email address cannot have a period "
	    "immediately before the @-sign." },
	{ EMAIL_AT_START, ".", "An email address cannot start with a period." },
	{ EMAIL_ANYWHERE, "..",
	    "An email address cannot have two periods in a row." },
};

/* RFC 2142: mailboxes that are the same in any case. */
static const char *const mailboxes[] = {
	"abuse", "ftp", "hostmaster", "info", "marketing", "news", "noc",
	"postmaster", "sales", "security", "support", "usenet", "uucp",
	"webmaster", "www"
};

int
email_normalize(struct arena *arena, struct span text, struct span *out,
    const char **why)
{
	struct email_domain	domain;
	struct span		given, local, name;

	*why = NULL;
	if (text.len == 0)
		*why = "An email address must have an @-sign.";
	else if (!utf8_valid(text))
		*why = "The email address contains an invalid character.";
	else if (utf8_length(text) > INPUT_MAX)
		*why = "Length must not exceed 2048 characters";
	else if (memchr(text.data, '\r', text.len) != NULL ||
	    memchr(text.data, '\n', text.len) != NULL)
		*why = "Carriage return and line feed characters "
		    "are not allowed";
	if (*why != NULL)
		return (0);

	given = trim(without_name(text));
	*why = split(given, &local, &name);
	if (*why == NULL)
		*why = read_local(arena, local, &local);
	if (*why == NULL && name.len == 0)
		*why = "There must be something after the @-sign.";
	if (*why == NULL && name.data[0] == '[' && email_ends(name, "]"))
		*why = "A bracketed IP address after the @-sign "
		    "is not allowed here.";
	if (*why == NULL)
		*why = email_domain_read(arena, name, &domain);
	if (*why == NULL)
		*why = check_length(arena, given);
	if (*why == NULL) {
		*why = check_length_of(arena, local, domain.unicode,
		    "after normalization");
	}
	if (*why == NULL) {
		*why = check_length_of(arena, local, domain.ascii, "when the "
		    "part after the @-sign is converted to IDNA ASCII");
	}
	if (*why != NULL)
		return (0);

	out->data = arena_printf(arena, "%.*s@%.*s", (int)local.len,
	    local.data, (int)domain.unicode.len, domain.unicode.data);
	out->len = local.len + 1 + domain.unicode.len;

	return (1);
}

/* Both ends, as Python's str.strip() has it. */
static struct span
trim(struct span text)
{
	struct span	rest;
	size_t		end;
	int		space;

	text = skip(text, is_space);
	rest = text;
	end = 0;
	while (rest.len > 0) {
		space = is_space(advance(&rest));
		if (!space)
			end = (size_t)(rest.data - text.data);
	}
	text.len = end;

	return (text);
}

/*
 * What is in the angle brackets of `Some Name <address>` or `"Any" <address>`,
 * which pydantic takes, and drops the name; otherwise the text as it is.
 */
static struct span
without_name(struct span text)
{
	struct span	inner, rest;
	size_t		i;

	rest = trim(text);
	if (!email_ends(rest, ">"))
		return (text);
	rest.len--;

	if (!email_starts(rest, "\""))
		return (bracketed(skip(rest, is_name), &inner) ? inner : text);

	/* Any quote may be part of the name: the last one that fits ends it. */
	for (i = rest.len; i-- > 2; ) {
		inner.data = rest.data + i + 1;
		inner.len = rest.len - i - 1;
		if (rest.data[i] == '"' &&
		    bracketed(skip(inner, is_space), &inner))
			return (inner);
	}

	return (text);
}

static int
bracketed(struct span text, struct span *inner)
{
	if (text.len == 0 || text.data[0] != '<')
		return (0);
	inner->data = text.data + 1;
	inner->len = text.len - 1;

	return (1);
}

/* Takes a character off. */
static uint32_t
advance(struct span *text)
{
	size_t	used;
	int32_t	point;

	point = utf8_next(*text, &used);
	text->data += used;
	text->len -= used;

	return ((uint32_t)point);
}

/* The text from the first character on that is not of a kind. */
static struct span
skip(struct span text, int (*kind)(uint32_t))
{
	struct span	rest;

	rest = text;
	while (rest.len > 0 && kind(advance(&rest)))
		text = rest;

	return (text);
}

/* White space as Python has it. */
static int
is_space(uint32_t point)
{
	if (point < 0x80) {
		return (point == ' ' || (point >= 0x09 && point <= 0x0d) ||
		    (point >= 0x1c && point <= 0x1f));
	}

	return (point == 0x85 ||
	    uc_is_general_category_withtable(point, UC_CATEGORY_MASK_Z));
}

/* What words of a name that is not in quotes are made of, and are between. */
static int
is_name(uint32_t point)
{
	if (is_space(point))
		return (1);
	if (point < 0x80)
		return (point == '.' || !not_atext(point, 0));

	return (uc_is_general_category_withtable(point,
	    UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N));
}

/*
 * Splits at the first @-sign that is in no quotes. Quotes and angle brackets
 * are understood, to be refused for what they are.
 */
static const char *
split(struct span text, struct span *local, struct span *domain)
{
	struct span	rest;
	int		escaped, quoted;
	char		c;

	escaped = quoted = 0;
	for (rest = text; rest.len > 0; rest.data++, rest.len--) {
		c = rest.data[0];
		if (quoted) {
			quoted = c != '"' || escaped;
			escaped = c == '\\' && !escaped;
		} else if (c == '"') {
			quoted = 1;
		} else if (c == '@' || (c == '<' && !combines(rest))) {
			break;
		}
	}

	if (rest.len == 0)
		return (no_at_sign(text));
	if (rest.data[0] == '<')
		return ("A display name and angle brackets around the email "
		    "address are not permitted here.");
	if (email_starts(text, "\""))
		return ("Quoting the part before the @-sign "
		    "is not allowed here.");

	local->data = text.data;
	local->len = text.len - rest.len;
	domain->data = rest.data + 1;
	domain->len = rest.len - 1;

	return (NULL);
}

/* Whether what follows makes another character of the first: < into U+226E. */
static int
combines(struct span text)
{
	struct span	rest;
	uint8_t		*normal;
	size_t		i, len;
	int		other;

	rest = text;
	for (i = 0; i < COMBINING_MAX && rest.len > 0; i++)
		(void)advance(&rest);
	normal = u8_normalize(UNINORM_NFC, (const uint8_t *)text.data,
	    text.len - rest.len, NULL, &len);
	other = normal != NULL && (char)normal[0] != text.data[0];
	free(normal);

	return (other);
}

static const char *
no_at_sign(struct span text)
{
	uint32_t	point;
	int		small;

	small = 0;
	while (text.len > 0) {
		point = advance(&text);
		if (point == FULL_WIDTH_AT)
			return ("The email address has the \"full-width\" "
			    "at-sign (@) character instead of a regular "
			    "at-sign.");
		small |= point == SMALL_AT;
	}

	return (small ? "The email address has the \"small commercial at\" "
	    "character instead of a regular at-sign." :
	    "An email address must have an @-sign.");
}

/* Holds the local part to the rules, as given and in its normal form. */
static const char *
read_local(struct arena *arena, struct span local, struct span *out)
{
	const char	*why;
	struct span	normal;
	uint8_t		*octets;

	why = check_local(arena, local);
	if (why != NULL)
		return (why);

	*out = local;
	if (!email_is_ascii(local)) {
		octets = u8_normalize(UNINORM_NFC,
		    (const uint8_t *)local.data, local.len, NULL, &normal.len);
		if (octets == NULL)
			return ("The email address contains "
			    "an invalid character.");
		normal.data = arena_strndup(arena, (const char *)octets,
		    normal.len);
		free(octets);
		*out = normal;
		why = check_local(arena, normal);
		if (why != NULL) {
			return (arena_printf(arena,
			    "After Unicode normalization: %s", why));
		}
	}
	*out = lower_mailbox(arena, *out);

	return (NULL);
}

static const char *
check_local(struct arena *arena, struct span local)
{
	const char	*why;

	if (local.len == 0)
		return ("There must be something before the @-sign.");

	why = email_chars_refuse(arena, local, not_atext,
	    "The email address contains invalid characters "
	    "before the @-sign: ");
	if (why == NULL) {
		why = email_rules_refuse(local, rules,
		    sizeof(rules) / sizeof(rules[0]));
	}
	if (why == NULL)
		why = email_chars_refuse_unsafe(arena, local);

	return (why);
}

/* RFC 5322 section 3.2.3 with its periods, and RFC 6531 section 3.3. */
static int
not_atext(uint32_t point, int first)
{
	(void)first;

	if (point >= 0x80 || (point >= '0' && point <= '9') ||
	    (point >= 'A' && point <= 'Z') || (point >= 'a' && point <= 'z'))
		return (0);

	return (point == 0 || strchr(".!#$%&'*+-/=?^_`{|}~", (int)point) ==
	    NULL);
}

static struct span
lower_mailbox(struct arena *arena, struct span local)
{
	size_t	i;

	for (i = 0; i < sizeof(mailboxes) / sizeof(mailboxes[0]); i++) {
		if (span_is_nocase(local, mailboxes[i]))
			return (email_lower(arena, local));
	}

	return (local);
}

/* The length of what was given, counted in octets and told in characters. */
static const char *
check_length(struct arena *arena, struct span given)
{
	size_t	least, over;

	if (given.len <= ADDRESS_MAX)
		return (NULL);

	over = given.len - ADDRESS_MAX;
	least = over / widest(given);
	if (least == 0)
		least = 1;
	if (least == over) {
		return (arena_printf(arena, "The email address is too long %s.",
		    email_too_many(arena, over, "character")));
	}

	return (arena_printf(arena, "The email address is too long "
	    "(%zu-%zu characters too many).", least, over));
}

/* The length of another form of the address. */
static const char *
check_length_of(struct arena *arena, struct span local, struct span domain,
    const char *form)
{
	size_t	len;

	len = local.len + 1 + domain.len;
	if (len <= ADDRESS_MAX)
		return (NULL);

	return (arena_printf(arena, "The email address is too long %s %s.",
	    form, email_too_many(arena, len - ADDRESS_MAX, "byte")));
}

/* The octets of the widest character. */
static size_t
widest(struct span text)
{
	size_t	most, used;

	for (most = 1; text.len > 0; text.data += used, text.len -= used) {
		(void)utf8_next(text, &used);
		if (used > most)
			most = used;
	}

	return (most);
}
