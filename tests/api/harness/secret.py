"""Every value that must never be found in a log: passwords, keys and tokens of the tests themselves."""

import secrets

KNOWN = set()


def secret(value):
    """Remembers value (to be looked for in logs) and returns it."""
    # A short one would be found by chance.
    if len(value) >= 8:
        KNOWN.add(value)
    return value


def new_password(prefix="pw-"):
    return secret(prefix + secrets.token_hex(8))
