#ifndef PARLEY_DATA_HEX_H
#define PARLEY_DATA_HEX_H

#include <stddef.h>

/* The value of a hexadecimal digit in either case; -1 for what is none. */
static inline int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (c - 'A' + 10);

	return (-1);
}

/* Writes two lower-case digits an octet, and a NUL. */
static inline void
hex_write(char *out, const void *octets, size_t len)
{
	static const char	digits[] = "0123456789abcdef";
	const unsigned char	*in = octets;

	for (; len > 0; len--, in++) {
		*out++ = digits[*in >> 4];
		*out++ = digits[*in & 15];
	}
	*out = '\0';
}

#endif
