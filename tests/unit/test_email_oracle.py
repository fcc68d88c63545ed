"""E-mail addresses, right ones and wrong ones, read by src/data/email.c and by pydantic's EmailStr: the verdict, the
normal form and the reason must be the same, except for the differences written down in differs() with their reasons.

For a longer run with other addresses: EMAIL_SEED=7 EMAIL_COUNT=100000 python3 -m pytest tests/unit/test_email_oracle.py
"""
# ruff: noqa: RUF001 (letters that look like others are what this is about)

import os
import random
import re
import struct
import subprocess
import unicodedata
from pathlib import Path

import pydantic
import pytest
from test_units import FLAGS, ROOT, first_lines

SEED = int(os.environ.get("EMAIL_SEED", "20260728"))
COUNT = int(os.environ.get("EMAIL_COUNT", "5000"))
PREFIX = "value is not a valid email address: "
EMAIL = pydantic.TypeAdapter(pydantic.EmailStr)

# Addresses that EmailStr takes. What they become is asked of it, not written here.
RIGHT = r"""
a@b.co
test@example.com
john.doe+tag@Example.COM
UPPER@EXAMPLE.ORG
x@sub.sub.example.co.uk
o'brien@example.com
!#$%&'*+-/=?^_`{|}~@example.com
1@2.com
a@1.2.3.4.com
a@x-y.com
a@mail.example
a@b.example.com
a@testing.com
a@my.mylocal
a@xn--b-ubn.com
a@STRAẞE.de
a@x\ufe0f--n3h.com
a@test.com
a@local.com
a@notlocalhost.com
INFO@Example.com
PostMaster@example.com
WwW@example.com
Information@example.com
\u0020a@b.co
a@b.co\t
\u3000a@b.co\u2003\u00a0
<a@b.co>
\u0020< a@b.co >\u0020
Name <a@b.co>
John Q. Public <John@Example.com>
Jürgen Müller\t<j@b.co>
名前 <a@b.co>
Name<a@b.co>
"Name" <a@b.co>
"Any, (thing) @ <all>" <a@b.co>
"a" b" <a@b.co>
"\u0022"" <a@b.co>
ü@example.com
u\u0308@example.com
用户@例子.广告
अजय@डाटा.भारत
квіточка@пошта.укр
θσερ@εχαμπλε.ψομ
Dörte@Sörensen.example.com
a@bücher.de
a@BÜCHER.DE
a@bu\u0308cher.de
a@xn--bcher-kva.de
a@XN--BCHER-KVA.DE
a@faß.de
a@xn--fa-hia.de
a@ς.gr
a@ＢＣ.ｃｏｍ
a@b。com
a@b．com
a@b｡com
a@bücher。de
a@ﬁ.com
a@Å.com
a@日本語.jp
a@スーパー・マーケット.jp
a@l·l.cat
a@אב.com
a@אב1.com
a@xn--4dbc.com
a@اب.com
a@xn--p1ai.xn--p1ai
a@ü.bxn--c.com
a\u0301@example.com
K\u0301@example.com
\u212a@example.com
"""

# Addresses that it refuses.
WRONG = r"""

a
@
a@
@b.co
a@b
a@@b.co
a@b@c.co
a b@c.co
a@b c.co
.a@b.co
a.@b.co
a..b@c.co
a@.b.co
a@b.co.
a@b..co
a@-b.co
a@b-.co
a@b.co-
a@b.-co
a@b_c.co
a@b.c0
a@b.123
a@1.2.3.4
a@[1.2.3.4]
a@[IPv6:::1]
a@[x]
a@[1.2.3.4
a@localhost
a@LOCALHOST
a@x.localhost
a@x.local
a@x.LOCAL
a@x.test
a@x.invalid
a@x.onion
a@1.in-addr.arpa
a@test
a@example
a@mylocal
a@ab--c.com
a@ü.ab--c.com
a@xn--.com
a@xn--a.com
a@xn--abc-.com
a@xn---bbk.com
a@xn--bcher-kva-.de
a@xn--BCHER-KVA8445FOO99999999999.de
a@xn--n3h.com
a@xn--ls8h.la
a@☃.com
a@💩.la
a@a℀b.com
a@⒈com
a@b․com
a@¨.com
a@1.אב.com
a@אב.1.com
a@1.اب.com
a@אבa.com
a@1אב.com
a@-ü.com
a@ü-.com
a@.ü.com
a@ü..com
a@ü。。com
a@ü.com。
a@－ü.com
a@a·b.com
a@·l.com
a@・.com
a@\u0301b.com
a@b.\u0301c.com
a@b\u200dc.com
a@b\u200cc.com
a@b\u00adc.com
a@b\u2028c.com
a@b\ufe0f.c\ufe0f.
a@ab\ufe0f--c.com
a@b.co.\ufe0f
a@\ufe0f.b.co
a@b.\ufe0f.co
a@b-\ufe0f.co
a@b-.\ufe0f-c.co
a@אב.カ・.com
a@אב.a\u0660.com
a@א1\u0661.com
a@xn--11b2ezcw70k.com
a@xn--mgba3gch31f060k.com
"a\"@b.co"
"a\\"@b.co
a@\ufe0f.com
a\u200d@b.co
\u0301a@b.co
\u202ea@b.co
a\u00a0b@c.co
a\ue000@b.co
a\u0378@b.co
a\u2029b@c.co
a\u0085b@c.co
a\tb@c.co
a\u0000@b.co
a@b\u0000.co
a\u037eb@c.co
a\\b@c.co
a(comment)@b.co
a,b@c.co
a;b@c.co
a:b'"@c.co
a@b.co,c@d.co
a@b.co\x
mailto:a@b.co
"a"@b.co
"a b"@c.co
"a@b"@c.co
"a\"@b.co
a"b@c"d@e.co
a"@b.co
""@b.co
a@"b".co
a＠b.co
a﹫b.co
a﹫＠b.co
<a@b.co
a@b.co>
<>
< >
<<a@b.co>>
Na,me <a@b.co>
"Name <a@b.co>
Name" <a@b.co>
"" <a@b.co>
"Name" x <a@b.co>
Name <a@b.co> x
Name <a@b>
Name <a<b@c.co>
a<\u0338b@c.co
<\u0338@c.co
<\u0327\u0338a@c.co
a@b.co\n
a\nb@c.co
a@b.co\r
"""

# Where the edges of the lengths are: characters and octets, of local part, label, domain and all.
LENGTHS = [
    *("a" * n + "@b.co" for n in (63, 64, 65, 248, 249, 250, 251, 300)),
    *("ü" * n + "@b.co" for n in (64, 65, 124, 125, 126, 140)),
    *("u\u0308" * n + "@b.co" for n in (82, 83, 84, 85, 124, 125)),
    *("日" * n + "@b.co" for n in (82, 83, 84, 85, 100)),
    *("😀" * 3 + "a" * n + "@b.co" for n in (236, 237, 238, 239, 240, 246)),
    *("a@" + "b" * n + ".co" for n in (62, 63, 64, 65, 100)),
    *("a@" + ("b" * 49 + ".") * 5 + "c" * n for n in (1, 2, 3, 4, 10)),
    *("a@" + ("b" * 49 + ".") * 5 + "c" * n + "1" for n in (1, 2, 3)),
    *("a@" + "ü" * n + ".co" for n in (50, 52, 53, 54, 55, 56, 57, 58, 60, 63, 64, 250, 251)),
    *("a@" + ("ü" * 20 + ".") * n + "co" for n in (7, 8, 9, 10, 11, 12)),
    *("abc@" + ("bü" * 14 + ".") * n + "com" for n in (4, 5, 6, 7, 8)),
    *("abcdefghi" * n + "@" + ("xn--bcher-kva.") * 10 + "de" for n in (10, 11, 12, 13, 14)),
    *("abcdefghi" * n + "@" + ("bücher.") * 10 + "de" for n in (10, 11, 12, 13, 14)),
    *("a@b.co" + " " * n for n in (2041, 2042, 2043)),
    *("ü@b.co" + "\u3000" * n for n in (2042, 2043)),
    "a" * 2040 + "@b.c",
    "a@" + "xn--" + "a" * 59 + ".com",
    "(" * 1000 + "@b.co",
    "a@" + "\u0301" * 300,
]


# Reasons that are told in other words: what pydantic says, what is said here instead, and why.
REASONS = [
    # What idna adds in brackets quotes the address, and libidn2 knows less of where it stumbled.
    (
        r"The part after the @-sign (is invalid|is not valid IDNA) \(.*\)\.",
        r"The part after the @-sign (is invalid|is not valid IDNA)\.",
    ),
    # Refused for what they are: nobody is told to mend what would be refused once it is mended.
    (r".* brackets.*", r"A bracketed IP address after the @-sign is not allowed here\."),
    (r"(?!An email address must have).*", r"Quoting the part before the @-sign is not allowed here\."),
    (r".*", r"A display name and angle brackets around the email address are not permitted here\."),
]

# In a domain that is not ASCII any of these stands for any other: libidn2 maps, checks and measures in one step where
# idna takes several, so of two faults another one is told, and what is left of a label after mapping is not seen.
OF_DOMAIN = re.compile(
    r"! (The part after the @-sign|An email address cannot|After the @-sign|The email address is too long after).*"
)

# Characters that may be refused in a domain although pydantic takes them, for the installed libidn2 may know an older
# Unicode than idna does: in 15.1 and 16 U+04C0 and the Georgian capitals became small letters and the Hangul fillers
# nothing at all, and what is not of Unicode 3.2 may be new. What is taken must be taken alike.
NEWLY_MAPPED = "\u04c0\u115f\u1160\u3164\uffa0" + "".join(map(chr, range(0x10A0, 0x10C6)))


def may_be_new(address):
    return any(c in NEWLY_MAPPED or unicodedata.ucd_3_2_0.category(c) == "Cn" for c in address)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Builds email_cli under ASan and UBSan; the fixture is a function from addresses to what was said of them."""
    program = ROOT / "tests/unit/email_cli.c"
    folder = tmp_path_factory.mktemp("email")
    objects = []
    for source in [str(program), *first_lines(program, "sources")]:
        objects.append(folder / (Path(source).name + ".o"))
        subprocess.run(["cc", *FLAGS, "-D_GNU_SOURCE", "-c", "-o", objects[-1], source], cwd=ROOT, check=True)
    binary = folder / "email_cli"
    libraries = first_lines(program, "libraries")
    subprocess.run(["cc", "-fsanitize=address,undefined", "-o", binary, *objects, *libraries], check=True)

    def read(addresses):
        octets = [a if isinstance(a, bytes) else a.encode() for a in addresses]
        records = b"".join(struct.pack("<I", len(text)) + text for text in octets)
        run = subprocess.run([binary], input=records, capture_output=True, timeout=300, check=False)
        assert run.returncode == 0, run.stderr.decode()
        said = run.stdout.decode().splitlines()
        assert len(said) == len(octets)
        return [line[:2] + bytes.fromhex(line[2:]).decode() for line in said]

    return read


def expected(address):
    try:
        return "= " + EMAIL.validate_python(address)
    except pydantic.ValidationError as refused:
        message = refused.errors()[0]["msg"]
        assert message.startswith(PREFIX)
        return "! " + message.removeprefix(PREFIX)


def lines(table):
    escaped = re.compile(r"\\(?:u([0-9a-f]{4})|([tnr]))")
    plain = {"t": "\t", "n": "\n", "r": "\r"}
    return [
        escaped.sub(lambda m: chr(int(m[1], 16)) if m[1] else plain[m[2]], line) for line in table[1:-1].split("\n")
    ]


def agree(theirs, ours, address):
    if theirs == ours:
        return True
    if OF_DOMAIN.fullmatch(ours) and not address.rpartition("@")[2].isascii():
        return may_be_new(address) or bool(OF_DOMAIN.fullmatch(theirs))
    return theirs[0] == ours[0] == "!" and any(
        re.fullmatch("! " + a, theirs) and re.fullmatch("! " + b, ours) for a, b in REASONS
    )


def compare(addresses, read):
    """Asserts that all are judged alike; returns how many were taken."""
    taken = 0
    for address, ours in zip(addresses, read(addresses), strict=True):
        theirs = expected(address)
        assert agree(theirs, ours, address), (ascii(address), ascii(theirs), ascii(ours))
        taken += ours[0] == "="
    return taken


# What addresses are made of by chance. Letters of many scripts, and what is near the edge of a rule.
LETTERS = "abcxyzABCXYZ0189äÄßéñøçığşАбвЯґΑςσΣאבשاعيपहभทย中文字日本のーカ한글アｱＡａｏſK"
ODD = "!#$%&'*+-/=?^_`{|}~.\"\\()<>[]:;,@ \t\x00\x7f\x85\xa0\xad\xb7\u0300\u0301\u0308\u0338\u0387\u200b\u200c\u200d"
ODD += "\u2024\u2028\u202e\u2488\u3002\u30fb\uff0e\uff0d\uff20\uff61\ufe0f\ufe52\ufe6b\uffa0\ufffd\ue000\U000e0001"
ODD += "☃€½²ﬁ℀¨٣۳·\u0345"
TOPS = "com org co.uk example de рф xn--p1ai 中国 test local invalid arpa c0 x".split()
LABELS = "bücher xn--bcher-kva XN--Bcher-KVA xn--4dbc אב faß xn--fa-hia 1 a-b ab--c xn-- xn--a xn--n3h l·l mail".split()
LABELS += ["EXAMPLE", "localhost", "ｂｃ", "", "-a", "a-", "b" * 63, "b" * 64, "ü" * 55]
LOCALS = 'john.doe Info WEBMASTER o\'brien a+b 用户 ü u\u0308 "a" "a@b" .a a. a..b K a\u037eb \u0301a 😀'.split()
LOCALS += ["", "a b", "a" * 64, "a" * 65, "x" * 240]
AROUND = ["{}"] * 12
AROUND += [" {} ", "<{}>", "Name <{}>", 'J. "D" <{}>', '"J, D" <{}>', "Jörg\u3000M <{}>", "{}\n", "N,M <{}>", "<{}"]


def made(count, seed):
    """Addresses, half of them with one to three things wrong, or by chance none."""
    dice = random.Random(seed)

    def word(most):
        pool = LETTERS if dice.random() < 0.5 else "abcdefXYZ019"
        return "".join(dice.choice(pool) for _ in range(dice.randint(1, most)))

    def anything():
        while unicodedata.ucd_3_2_0.category(c := chr(dice.randrange(0x11000 * 3))) in ("Cn", "Cs"):
            pass
        return c

    for _ in range(count):
        local = (
            dice.choice(LOCALS) if dice.random() < 0.4 else ".".join(word(6) for _ in range(dice.choice([1, 1, 2, 3])))
        )
        labels = [dice.choice(LABELS) if dice.random() < 0.3 else word(8) for _ in range(dice.choice([1, 1, 1, 2, 3]))]
        address = f"{local}@{'.'.join(labels)}.{dice.choice(TOPS[:8] if dice.random() < 0.8 else TOPS)}"
        for _ in range(dice.choice([0, 0, 0, 1, 1, 2, 3])):
            at = dice.randint(0, len(address))
            end = min(len(address), at + dice.choice([0, 0, 1, 1, 2]))
            middle = dice.choice(
                ["", dice.choice(ODD), dice.choice(ODD), dice.choice(LETTERS), anything(), ".", "-", "@"]
            )
            address = address[:at] + middle + address[end:]
        yield dice.choice(AROUND).format(address.replace("{", "x").replace("}", "x"))


def test_taken(read):
    addresses = lines(RIGHT)
    assert compare(addresses, read) == len(addresses)


def test_refused(read):
    assert compare(lines(WRONG), read) == 0


def test_lengths(read):
    taken = compare(LENGTHS, read)
    assert len(LENGTHS) * 0.2 < taken < len(LENGTHS) * 0.8


def test_normal_form_is_its_own(read):
    normal = [said[2:] for said in read(lines(RIGHT))]
    assert read(normal) == ["= " + address for address in normal]


def test_no_utf8(read):
    for said in read([b"a\xff@b.co", b"a@b\xc3.co", b"\xed\xa0\x80@b.co", b"a@b.co\xf4\x90\x80\x80"]):
        assert said == "! The email address contains an invalid character."


def test_characters_everywhere(read):
    """Characters of all kinds, each where it could mean something; none of which Python and libunistring may know
    different things, but the ones that never will be characters."""
    points = [*range(0x700), *range(0x700, 0x30000, 97), *range(0x2000, 0x2100), *range(0x3000, 0x3100)]
    points += [*range(0xFE00, 0x10000), 0xE0001]
    old = [c for c in map(chr, points) if unicodedata.ucd_3_2_0.category(c) not in ("Cn", "Cs")]
    forms = "a{}b@x.com|{}@x.com|{}a@x.com|a@x{}y.com|a@{}.com|a@א{}ב.com|N{} <a@b.co>|a@b.co{}"
    for form in forms.split("|"):
        compare([form.format(c) for c in [*old, "\ufffe", "\U000ffffe", "\U0010ffff"]], read)


def test_made_same_as_pydantic(read):
    taken = compare(list(made(COUNT, SEED)), read)
    assert COUNT * 0.2 < taken < COUNT * 0.8, "some must be right, and some wrong"
