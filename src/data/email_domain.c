#include <stdlib.h>

#include <idn2.h>
#include <unictype.h>
#include <uninorm.h>

#include "data/email_chars.h"
#include "data/email_domain.h"
#include "data/utf8.h"

#define DOMAIN_MAX	253	/* octets, RFC 1035 section 2.3.4 less the root */
#define LABEL_MAX	63	/* octets, RFC 1035 section 2.3.1 */

#define INVALID		"The part after the @-sign is invalid."
#define INVALID_IDNA	"The part after the @-sign is not valid IDNA."

#define FULL_STOP	"\xe3\x80\x82"	/* U+3002, ideographic */
#define CAPITAL_SHARP_S	"\xe1\xba\x9e"	/* U+1E9E */
#define SHARP_S		"\xc3\x9f"	/* U+00DF */

#define BIDI(name)	(1u << UC_BIDI_##name)
#define BIDI_RTL	(BIDI(R) | BIDI(AL) | BIDI(AN))
#define BIDI_DIGITS	(BIDI(EN) | BIDI(AN))
#define BIDI_NEUTRAL	(BIDI(ES) | BIDI(CS) | BIDI(ET) | BIDI(ON) |	\
			    BIDI(BN) | BIDI(NSM))

static email_char_test	not_hostname;
static email_char_test	hides_period;
static const char	*to_ascii(struct arena *, struct span, struct span *);
static const char	*check_mapped(struct arena *, struct span);
static int		form_kc(struct arena *, struct span, struct span *);
static struct span	replace(struct arena *, struct span, const char *,
			    const char *);
static struct span	without_ignorable(struct arena *, struct span);
static int		label_reserved(struct span);
static const char	*check_ascii(struct arena *, struct span);
static const char	*to_unicode(struct arena *, struct email_domain *);
static int		label_registers(struct arena *, struct span,
			    struct span);
static int		bidi_obeyed(struct span);
static int		bidi_label(struct span);
static uint32_t		bidi_next(struct span *);
static struct span	next_label(struct span *);

/* RFC 952, RFC 1123 section 2.1. */
static const struct email_rule rules[] = {
	{ EMAIL_AT_END, ".", "An email address cannot end with a period." },
	{ EMAIL_AT_START, ".", "An email address cannot have a period "
	    "immediately after the @-sign." },
	{ EMAIL_ANYWHERE, "..",
	    "An email address cannot have two periods in a row." },
	{ EMAIL_AT_END, "-", "An email address cannot end with a hyphen." },
	{ EMAIL_AT_START, "-", "An email address cannot have a hyphen "
	    "immediately after the @-sign." },
	{ EMAIL_ANYWHERE, ".-", "An email address cannot have a period and a "
	    "hyphen next to each other." },
	{ EMAIL_ANYWHERE, "-.", "An email address cannot have a period and a "
	    "hyphen next to each other." },
};

#define RULES	(sizeof(rules) / sizeof(rules[0]))

/* Names that lead nowhere in the public DNS (RFC 6761, 6762, 7686). */
static const char *const special[] = {
	"arpa", "invalid", "local", "localhost", "onion", "test"
};

const char *
email_domain_read(struct arena *arena, struct span domain,
    struct email_domain *out)
{
	const char	*why;
	size_t		len;

	len = utf8_length(domain);
	if (len > DOMAIN_MAX) {
		return (arena_printf(arena,
		    "The email address is too long after the @-sign %s.",
		    email_too_many(arena, len - DOMAIN_MAX, "character")));
	}

	why = email_chars_refuse(arena, domain, not_hostname,
	    "The part after the @-sign contains invalid characters: ");
	if (why == NULL)
		why = email_chars_refuse_unsafe(arena, domain);
	if (why == NULL) {
		why = email_chars_refuse(arena, domain, hides_period,
		    "The part after the @-sign contains invalid characters: ");
	}
	if (why == NULL)
		why = to_ascii(arena, domain, &out->ascii);
	if (why == NULL)
		why = check_ascii(arena, out->ascii);
	if (why == NULL)
		why = to_unicode(arena, out);

	return (why);
}

static int
not_hostname(uint32_t point, int first)
{
	(void)first;

	return (point < 0x80 && point != '-' && point != '.' &&
	    !(point >= '0' && point <= '9') &&
	    !(point >= 'A' && point <= 'Z') && !(point >= 'a' && point <= 'z'));
}

/* "1." and its like in one character would come apart into two labels. */
static int
hides_period(uint32_t point, int first)
{
	ucs4_t	parts[UC_DECOMPOSITION_MAX_LENGTH];
	int	i, n, tag;

	(void)first;

	/* The full-width period only stands for one, as UTS #46 has it. */
	if (point < 0x80 || point == 0xff0e)
		return (0);
	n = uc_decomposition(point, &tag, parts);
	for (i = 0; i < n; i++) {
		if (parts[i] == '.')
			return (1);
	}

	return (0);
}

/* Maps and encodes. ASCII has no other mapping than to lower case. */
static const char *
to_ascii(struct arena *arena, struct span domain, struct span *out)
{
	const char	*why;
	uint8_t		*name;
	char		*copy;
	int		ret;

	why = check_mapped(arena, domain);
	if (why != NULL)
		return (why);

	*out = email_lower(arena, domain);
	if (email_is_ascii(domain))
		return (NULL);

	/* As UTS #46 has it since Unicode 15.1; libidn2 may be older. */
	*out = replace(arena, *out, CAPITAL_SHARP_S, SHARP_S);

	name = NULL;
	ret = idn2_lookup_u8((const uint8_t *)out->data, &name,
	    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (ret == IDN2_TOO_BIG_DOMAIN)
		return ("The email address is too long after the @-sign.");
	if (ret != IDN2_OK)
		return (INVALID);

	out->len = strlen((const char *)name);
	copy = arena_strndup(arena, (const char *)name, out->len);
	out->data = copy;
	idn2_free(name);

	/* What the mapping left, should libidn2 let it pass. */
	if (!email_is_ascii(*out) || out->len == 0 ||
	    email_chars_refuse(arena, *out, not_hostname, "") != NULL ||
	    email_rules_refuse(*out, rules, RULES) != NULL)
		return (INVALID);

	return (NULL);
}

/*
 * Looks at what comes of compatibility forms, full-width ones above all.
 * libidn2 does not show what it mapped to, but form KC gives the same ASCII,
 * and serves to name the reason.
 */
static const char *
check_mapped(struct arena *arena, struct span domain)
{
	const char	*why;
	struct span	mapped;

	if (!form_kc(arena, domain, &mapped))
		return (INVALID);

	why = email_chars_refuse(arena, mapped, not_hostname,
	    "The part after the @-sign contains invalid characters "
	    "after Unicode normalization: ");
	if (why == NULL)
		why = email_rules_refuse(mapped, rules, RULES);

	while (why == NULL && mapped.len > 0) {
		if (label_reserved(next_label(&mapped))) {
			why = "An email address cannot have two letters "
			    "followed by two dashes immediately after the "
			    "@-sign or after a period, except Punycode.";
		}
	}

	return (why);
}

/*
 * Form KC, with the ideographic full stop as the period that it stands for and
 * without the characters that stand for nothing.
 */
static int
form_kc(struct arena *arena, struct span text, struct span *out)
{
	uint8_t	*normal;

	*out = text;
	if (email_is_ascii(text))
		return (1);

	normal = u8_normalize(UNINORM_NFKC, (const uint8_t *)text.data,
	    text.len, NULL, &out->len);
	if (normal == NULL)
		return (0);
	out->data = (const char *)normal;
	*out = replace(arena, *out, FULL_STOP, ".");
	*out = without_ignorable(arena, *out);
	free(normal);

	return (1);
}

/* A copy without what cannot be seen, above all variation selectors. */
static struct span
without_ignorable(struct arena *arena, struct span text)
{
	size_t	i, len, used;
	int32_t	point;
	char	*copy;

	copy = arena_alloc(arena, text.len);
	for (i = 0, len = 0; i < text.len; i += used) {
		point = utf8_next((struct span){ text.data + i, text.len - i },
		    &used);
		if (uc_is_property_default_ignorable_code_point((ucs4_t)point))
			continue;
		memcpy(copy + len, text.data + i, used);
		len += used;
	}

	return ((struct span){ copy, len });
}

/* A copy, NUL-terminated, with one character in place of a longer one. */
static struct span
replace(struct arena *arena, struct span text, const char *old,
    const char *new)
{
	size_t	i, len, newlen, oldlen;
	char	*copy;

	oldlen = strlen(old);
	newlen = strlen(new);
	copy = arena_alloc(arena, text.len + 1);
	for (i = 0, len = 0; i < text.len; ) {
		if (text.len - i >= oldlen &&
		    memcmp(text.data + i, old, oldlen) == 0) {
			memcpy(copy + len, new, newlen);
			len += newlen;
			i += oldlen;
		} else {
			copy[len++] = text.data[i++];
		}
	}
	copy[len] = '\0';

	return ((struct span){ copy, len });
}

/* Two hyphens in third place are kept for encodings (RFC 5890, 2.3.1). */
static int
label_reserved(struct span label)
{
	size_t	i, used;

	if (label.len >= 2 && strncasecmp(label.data, "xn", 2) == 0)
		return (0);
	for (i = 0; i < 2 && label.len > 0; i++) {
		(void)utf8_next(label, &used);
		label.data += used;
		label.len -= used;
	}

	return (email_starts(label, "--"));
}

/* What the DNS and the use of its names ask. */
static const char *
check_ascii(struct arena *arena, struct span ascii)
{
	const char	*dot;
	struct span	label, rest;
	size_t		i, len;

	if (ascii.len > DOMAIN_MAX)
		return ("The email address is too long after the @-sign.");

	for (rest = ascii; rest.len > 0; ) {
		label = next_label(&rest);
		if (label.len > LABEL_MAX) {
			return (arena_printf(arena, "After the @-sign, periods "
			    "cannot be separated by so many characters %s.",
			    email_too_many(arena, label.len - LABEL_MAX,
			    "character")));
		}
	}

	if (memchr(ascii.data, '.', ascii.len) == NULL)
		return ("The part after the @-sign is not valid. "
		    "It should have a period.");
	if (ascii.data[ascii.len - 1] < 'a')
		return ("The part after the @-sign is not valid. "
		    "It is not within a valid top-level domain.");

	for (i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		len = strlen(special[i]);
		dot = ascii.data + ascii.len - len - 1;
		if (ascii.len > len && *dot == '.' &&
		    email_ends(ascii, special[i]))
			return ("The part after the @-sign is a special-use or "
			    "reserved name that cannot be used with email.");
	}

	return (NULL);
}

/*
 * Decodes and holds every label to RFC 5891 section 4.2, which is stricter than
 * what a lookup asks: a label in Punycode must be the only way to write what it
 * says.
 */
static const char *
to_unicode(struct arena *arena, struct email_domain *domain)
{
	const char	*why;
	struct span	alabels, ulabels;
	char		*name, *copy;

	domain->unicode = domain->ascii;
	if (strstr(domain->ascii.data, "xn--") == NULL)
		return (NULL);

	name = NULL;
	if (idn2_to_unicode_8z8z(domain->ascii.data, &name, 0) != IDN2_OK)
		return (INVALID_IDNA);
	domain->unicode.len = strlen(name);
	copy = arena_strndup(arena, name, domain->unicode.len);
	domain->unicode.data = copy;
	idn2_free(name);

	alabels = domain->ascii;
	ulabels = domain->unicode;
	while (alabels.len > 0 && ulabels.len > 0) {
		if (!label_registers(arena, next_label(&ulabels),
		    next_label(&alabels)))
			return (INVALID_IDNA);
	}
	if (alabels.len > 0 || ulabels.len > 0)
		return (INVALID_IDNA);

	/* Joiners, which IDNA takes in their place and mail should not. */
	why = email_chars_refuse_unsafe(arena, domain->unicode);
	if (why == NULL && !bidi_obeyed(domain->unicode))
		why = INVALID_IDNA;

	return (why);
}

static int
label_registers(struct arena *arena, struct span ulabel, struct span alabel)
{
	const char	*label;
	uint8_t		*name;
	int		same;

	if (email_is_ascii(ulabel)) {
		return (!email_starts(ulabel, "xn--") &&
		    ulabel.len == alabel.len &&
		    memcmp(ulabel.data, alabel.data, alabel.len) == 0);
	}

	name = NULL;
	label = arena_strndup(arena, ulabel.data, ulabel.len);
	if (idn2_register_u8((const uint8_t *)label, NULL, &name, 0) != IDN2_OK)
		return (0);
	same = span_is(alabel, (const char *)name);
	idn2_free(name);

	return (same);
}

/*
 * The rule of RFC 5893 section 2, for all labels as soon as one is right to
 * left: or domains could look the same that are not.
 */
static int
bidi_obeyed(struct span domain)
{
	struct span	rest;
	uint32_t	seen;

	seen = 0;
	for (rest = domain; rest.len > 0; )
		seen |= bidi_next(&rest);
	if (!(seen & BIDI_RTL))
		return (1);

	for (rest = domain; rest.len > 0; ) {
		if (!bidi_label(next_label(&rest)))
			return (0);
	}

	return (1);
}

/* All six conditions: libidn2 forgets the fourth, that digits do not mix. */
static int
bidi_label(struct span label)
{
	uint32_t	allowed, class, end, endings, seen;

	class = bidi_next(&label);
	if (class & (BIDI(R) | BIDI(AL))) {
		allowed = BIDI_RTL | BIDI(EN) | BIDI_NEUTRAL;
		endings = BIDI_RTL | BIDI(EN);
	} else if (class & BIDI(L)) {
		allowed = BIDI(L) | BIDI(EN) | BIDI_NEUTRAL;
		endings = BIDI(L) | BIDI(EN);
	} else {
		return (0);
	}

	seen = end = class;
	while (label.len > 0) {
		class = bidi_next(&label);
		seen |= class;
		if (class != BIDI(NSM))
			end = class;
	}

	return (!(seen & ~allowed) && (end & endings) &&
	    (seen & BIDI_DIGITS) != BIDI_DIGITS);
}

/* Takes a character off and gives the bit of its class. */
static uint32_t
bidi_next(struct span *text)
{
	size_t	used;
	int32_t	point;

	point = utf8_next(*text, &used);
	text->data += used;
	text->len -= used;

	return (1u << uc_bidi_class((ucs4_t)point));
}

/* Takes off what is before the next period, and the period. */
static struct span
next_label(struct span *rest)
{
	struct span	label = *rest;
	const char	*dot;

	dot = memchr(rest->data, '.', rest->len);
	if (dot == NULL) {
		rest->len = 0;
		return (label);
	}
	label.len = (size_t)(dot - rest->data);
	rest->data = dot + 1;
	rest->len -= label.len + 1;

	return (label);
}
