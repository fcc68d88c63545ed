"""JSON texts, right ones and wrong ones, read by src/data/json_read.c and by Python's json: the verdict, the value, and
for what is refused the offset and the text of the error must be the same, except for the differences written down in
expected() with their reasons.

For a longer run with other texts: JSON_SEED=7 JSON_COUNT=100000 python3 -m pytest tests/unit/test_json_suite.py"""

import json
import os
import random
import re
import struct
import subprocess
from pathlib import Path

import pytest
from test_units import FLAGS, KORE, ROOT, first_lines

SEED = int(os.environ.get("JSON_SEED", "20260727"))
COUNT = int(os.environ.get("JSON_COUNT", "8000"))
LEVELS = 64  # JSON_DEPTH_MAX
CARRIED = 10  # KORE_JSON_DEPTH_MAX: what lies inside comes out empty
BAD_UNICODE = "Invalid \\uXXXX escape"

# RFC 8259: a reader must take these.
YES = rb"""
[]
 [ ]
{}
{ }
[[]   ]
[""]
["a"]
"a"
""
42
-0
0
-1
-0.1
[1.5]
[0e+1]
[0e1]
[1e-2]
[1E22]
[1e+2]
[123.456e78]
[123e65]
[-123]
[9223372036854775807]
[-9223372036854775808]
[9223372036854775808]
[999999999999999999]
[1000000000000000000]
[-1000000000000000000]
[0.4e00669999999999999999999999999999999999999999999999]
[123123e100000]
[-237462374673276894279832749832423479823246327846]
[-0.000000000000000000000000000000000000000000000000000000000000000001]
null
true
false
[null, 1, "1", {}]
[1,null,null,null,2]
{"a":"b"}
{"a":"b","a":"c"}
{"a":"b","a":"b"}
{"":0}
{"a":[]}
{"a b":1}
{"x":[{"id": "xxxx"}], "id": "yyyy"}
{"min": -1.0e+28, "max": 1.0e+28}
{"title":"\u041f\u043e\u043b"}
{"foo\u0000bar": 42}
["\u0060\u012a\u12AB"]
["\uD801\udc37"]
["\ud83d\ude39\ud83d\udc8d"]
["\"\\\/\b\f\n\r\t"]
["\\u0000"]
["\""]
["a/*b*/c/*d//e"]
["\\a"]
["\\n"]
["\u0012"]
["\u0000"]
["\uFFFF"]
["\uDBFF\uDFFF"]
["\u00A0"]
["\u0022"]
["\u005C"]
["\u0061\u30af\u30EA\u30b9"]
["new\u000Aline"]
["asd "]
" "
["\uA66D"]
["\u200B"]
["\u2064"]
["\uFDD0"]
["\uFFFE"]
{"a":{"b":{"c":[[[1,[2,[3,[4,[5,[6,[7,[8]]]]]]]]]]}}}
"""
YES_OCTETS = [
    '["é€😀"]'.encode(),
    b'["\x7f"]',
    b'["\xe2\x80\xa8\xe2\x80\xa9"]',
    b'["\xf4\x8f\xbf\xbf"]',
    b'["\xef\xbf\xbf\xf0\x9b\xbf\xbf"]',
    b"\n[\t1\r, 2 ]\n",
    b'"' + b"x" * 70000 + b'"',
    b"[" + b"1" * 5000 + b"]",
    b"[" * LEVELS + b"]" * LEVELS,
    b'{"a":' * LEVELS + b"1" + b"}" * LEVELS,
]

# It must not take these.
NO = rb"""
[1 true]
["": 1]
[""],
[,1]
[1,,2]
["x",,]
["x"]]
["",]
["x"
[x
[3[4]]
[1:2]
[,]
[-]
[   , ""]
[1,
[1,]
[""
[1,,]
[*]
[1
[1,{}
[fals]
[nul]
[tru]
[True]
[nulll]
[++1234]
[+1]
[+Inf]
[-01]
[-1.0.]
[-2.]
[-NaN]
[.-1]
[.2e-3]
[0.1.2]
[0.3e+]
[0.3e]
[0.e1]
[0E+]
[0E]
[1.0e+]
[1.0e-]
[1.0e]
[1 000.0]
[1eE2]
[2.e+3]
[2.e3]
[9.e+]
[Inf]
[NaN]
[Infinity]
[-Infinity]
[0x1]
[0x42]
[1+2]
[- 1]
[-012]
[-.123]
[-1x]
[1ea]
[1.]
[.123]
[1.2a-3]
[1.8011670033376514H-308]
[012]
01
-
1.
1e
["x", truth]
{"x": truth}
{[: "x"}
{"x", null}
{"x"::"b"}
{"a":"a" 123}
{key: 'value'}
{"a" b}
{:"b"}
{"a":
{"a"
{1:1}
{9999E9999:1}
{null:null,null:null}
{"id":0,,,,,}
{'a':0}
{"id":0,}
{"a":"b"}/**/
{"a":"b"}/**//
{"a":"b"}//
{"a":"b"}#
{"a":"b",,"c":"d"}
{a: "b"}
{"a":"a
{ "foo" : "bar", "a" }
{"a":/*comment*/"b"}
{"a": true} "x"
{"a":}
{"a":1 "b":2}
["\u
["\u1
["\u12
["\u123
["\u1234
["\uD800\u1x"]
["\uD800\
["\a"]
["\x00"]
["\\\"]
["\ "]
["\u00A"]
["\uqqqq"]
["\uD834\uDd"]
["\uD800\uD800\x"]
["\u 123"]
["\u+123"]
["\u0x12"]
["\']
['single quote']
abc
["\
"a
"
"\
2@
<.>
[<null>]
[1]x
[1]]
aTrue
[true
]
[][]
}
{
{}}
[
[{
{"":
{"a":1]
["a":1}
[}
{]
"x" "y"
'a'
*
{"a":"b"}#{}
[\u000A""]
\u0020
[1],
/* */ 1
"""
NO_OCTETS = [
    b" ",
    b"\n",
    b"\0",
    b"1\0",
    b"\xef\xbb\xbf{}",
    b"\xef\xbb\xbf",
    b"\xff\xfe[\x00]\x00",
    b"\xe2\x81\xa0[]",
    b"[1\xa0]",
    b"[\x0b1]",
    b"[\x0c]",
    b"[\xc2\xa0]",
    b'["\t"]',
    b'["a\0a"]',
    b'["new\nline"]',
    b'["\x1f"]',
    b'["\xff"]',
    b'["\x80"]',
    b'["\xc0\x80"]',
    b'["\xc0\xaf"]',
    b'["\xc1\xbf"]',
    b'["\xe0\x80\xaf"]',
    b'["\xe0\xff"]',
    b'["\xed\xa0\x80"]',
    b'["\xf4\x90\x80\x80"]',
    b'["\xf5\x80\x80\x80"]',
    b'["\xfc\x83\xbf\xbf\xbf\xbf"]',
    b'["\xe6\x97"]',
    b'["\xe6',
    b'["\\\xe5"]',
    b'["\\u\xe5"]',
    b"[1e\xe5]",
    b"[\xe5]",
    b'{"\xc3\xa9\xe2\x82\xac":"\xf0\x9f\x98\x80" x}',
    b"[" * 100000,
    b'[{"":' * 50000,
]

# The RFC leaves these open: strict here. Half of a surrogate pair has no UTF-8 form, so no database could keep it.
OPEN = rb"""
["\uD800"]
["\uDC00"]
["\uDFAA"]
["\uD888\u1234"]
["\uD800\n"]
["\uD800\uD800\n"]
["\uDd1e\uD834"]
["\uD800abc"]
{"\uDFAA":0}
"""
OPEN_OCTETS = [b"[" * (LEVELS + 1) + b"]" * (LEVELS + 1), b"[" + b"0," * 10000 + b"0]"]

BODIES = [
    b'{"username": "ada", "email": "ada@example.com", "password": "p\\u00e4ss \\"w\\"", "full_name": null}',
    '{"name":"Zoë\'s 😀 room","max_participants":7.0,"description":"a\\nb"}'.encode(),
    b'{"can_publish":true,"can_publish_sources":["camera","microphone"],"muted":false}',
    b'{"event":"participant_left","id":"EV_1","createdAt":"1693000000","participant":{"sid":"PA_1","state":3}}',
]
PIECES = rb"""
{ } [ ] : , " ' \ / \u \u00 \ud83d \ude00 \u0000 \u001f \n \" 0 1 - + . e E 1e5 -0 9223372036854775808 true false null
NaN Infinity {} [] "a" "a":1 // /**/ # a u
""".split()
OCTETS = b" ,\t,\n,\0,\x01,\x7f,\xc3\xa9,\xf0\x9f\x98\x80,\x80,\xc3,\xed\xa0\x80,\xff".split(b",")


def lines(text):
    return text.strip(b"\n").split(b"\n")


ACCEPTED = lines(YES) + YES_OCTETS
REFUSED = lines(NO) + NO_OCTETS + lines(OPEN) + OPEN_OCTETS


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Builds json_cli under ASan and UBSan; the fixture is a function from texts to what was said of them."""
    program = ROOT / "tests/unit/json_cli.c"
    folder = tmp_path_factory.mktemp("json")
    objects = []
    for source in [str(program), *first_lines(program, "sources")]:
        ours = not source.startswith("kore:")
        source = source if ours else str(KORE / source[5:])
        objects.append(folder / (Path(source).name + ".o"))
        flags = [flag for flag in FLAGS if ours or not flag.startswith("-W")]
        subprocess.run(["cc", *flags, "-D_GNU_SOURCE", "-c", "-o", objects[-1], source], cwd=ROOT, check=True)
    binary = folder / "json_cli"
    libraries = first_lines(program, "libraries")
    subprocess.run(["cc", "-fsanitize=address,undefined", "-o", binary, *objects, *libraries], check=True)

    def read(texts):
        records = b"".join(struct.pack("<I", len(text)) + text for text in texts)
        run = subprocess.run([binary], input=records, capture_output=True, timeout=300, check=False)
        assert run.returncode == 0, run.stderr.decode()
        said = run.stdout.decode().splitlines()
        assert len(said) == len(texts)
        return [line.strip() for line in said]

    return read


class Constant(ValueError):
    pass


def no_constant(name):
    raise Constant(name)


class Number(str):
    """A number as it was written."""


def python_reads(text):
    return json.loads(
        text, object_pairs_hook=tuple, parse_int=Number, parse_float=Number, parse_constant=no_constant, strict=True
    )


def show(value, depth=0):
    """A value as json_cli prints it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Number():
            whole = re.fullmatch(r"-?\d{1,19}", value) and -(2**63) <= int(value) < 2**63
            return f"i{int(value)}" if whole else f"n{value}"
        case str():
            return f"s{len(value.encode())}:{value.encode().hex()}"
        case list():
            parts = [show(item, depth + 1) for item in value]
        case tuple():
            parts = [show(name) + " " + show(item, depth + 1) for name, item in value]
    open_, close = "[]" if isinstance(value, list) else "{}"
    return " ".join([open_, *(parts if depth < CARRIED - 1 else []), close])


def expected(text, said):
    """What must be said of a text. Where we and Python may differ, what was said decides which rule is looked at."""
    if text == b"":
        return "empty"

    refused = re.fullmatch(r"! (\d+) (.*)", said)
    offset, error = (int(refused[1]), refused[2]) if refused else (None, None)
    try:
        characters = text.decode()
    except UnicodeDecodeError as bad:
        # Python decodes first and says nothing of offsets; here the first error in the text is told.
        before = text[: bad.start].decode()
        if error == "Invalid UTF-8 at":
            return f"! {len(before)} {error}"
        characters = before + "\ufffd" + text[bad.start :].decode(errors="replace")
        if refused is None or offset > len(before):
            return "! somewhere up to the broken octets"

    # Half a surrogate pair is refused where it stands, which may be before what Python finds.
    if error == BAD_UNICODE and re.match(r"u[dD][89a-fA-F][0-9a-fA-F]{2}", characters[offset : offset + 5]):
        half = re.match(r"u[dD][89abAB]..\\u[dD][c-fC-F][0-9a-fA-F]{2}", characters[offset : offset + 11])
        return "! a whole pair is no error" if half else said

    # The bounds of json_read.h.
    if error == "Too many levels":
        opened = re.sub(r'"(\\.|[^"\\])*"', "", characters[:offset])
        depth = sum(map(opened.count, "[{")) - sum(map(opened.count, "]}"))
        return said if depth == LEVELS else "! not so deep"
    if error == "Too many values":
        return said if characters.count(",") >= 10000 else "! not so many"

    try:
        value = python_reads(characters)
    except Constant:
        # NaN and Infinity are Python's own. It goes on behind a constant; here it is no value.
        return said if error == "Expecting value" else "! a constant"
    except json.JSONDecodeError as wrong:
        if wrong.msg.startswith("Unexpected UTF-8 BOM"):
            return "! 0 Expecting value"
        if wrong.msg.startswith("Illegal trailing comma"):  # since Python 3.13; the words before it are kept
            ahead = characters[wrong.pos + 1 :].lstrip(" \t\r\n")
            name = "Expecting property name enclosed in double quotes"
            return f"! {len(characters) - len(ahead)} {'Expecting value' if ahead[0] == ']' else name}"
        return f"! {wrong.pos} {wrong.msg}"
    except RecursionError:
        return "! too deep"
    try:
        return show(value)
    except UnicodeEncodeError:
        return "! half a surrogate pair"


def mutants(count, seed):
    """Texts with one to four things wrong, or by chance none."""
    dice = random.Random(seed)
    texts = [text for text in ACCEPTED + REFUSED if len(text) < 200] + BODIES * 8
    for _ in range(count):
        text = dice.choice(texts)
        for _ in range(dice.choice([1, 1, 1, 2, 2, 3, 4])):
            at = dice.randint(0, len(text))
            end = min(len(text), at + dice.choice([0, 0, 1, 1, 2, 5]))
            middle = dice.choice(
                [b"", dice.choice(PIECES), dice.choice(PIECES + OCTETS), text[at:end] * 2, dice.choice(texts)]
            )
            text = text[:at] + middle + text[end:]
        yield text


def test_accepted(read):
    for text, said in zip(ACCEPTED, read(ACCEPTED), strict=True):
        assert not said.startswith("!"), (text[:100], said)


def test_refused(read):
    for text, said in zip(REFUSED, read(REFUSED), strict=True):
        assert said.startswith("! "), (text[:100], said)


def test_nothing_is_empty_and_not_invalid(read):
    assert read([b"", b"{}"]) == ["empty", "{ }"]


def test_same_as_python(read):
    texts = ACCEPTED + REFUSED + BODIES
    for text, said in zip(texts, read(texts), strict=True):
        assert said == expected(text, said), text[:200]


def test_cut_short(read):
    """Every text without its end: where a reader could look too far."""
    texts = [text[:n] for text in ACCEPTED + REFUSED + BODIES if len(text) < 200 for n in range(len(text))]
    for text, said in zip(texts, read(texts), strict=True):
        assert said == expected(text, said), text


def test_mutants_same_as_python(read):
    texts = list(mutants(COUNT, SEED))
    taken = 0
    for text, said in zip(texts, read(texts), strict=True):
        assert said == expected(text, said), text
        taken += not said.startswith("!")
    assert COUNT * 0.03 < taken < COUNT * 0.6, "most mutants must be wrong, and some right"
