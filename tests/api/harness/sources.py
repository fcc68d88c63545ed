"""What the tables in the sources say, read by regular expressions: the document is held against them."""

import re
from collections import namedtuple
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

Route = namedtuple("Route", "method path access body fields statement page rate")
Field = namedtuple("Field", "place name type flags min max fallback")

# Pages that browsers open: no calls, so the document has nothing of them.
SHOWN = {"site_client", "site_docs", "site_redoc"}

# The database could not answer, and these stand for it (reply_query_outcome).
AWAY = {"unavailable", "not_migrated", "overloaded"}


def read(pattern):
    """All files of that pattern, one after the other, without comments."""
    texts = [path.read_text() for path in sorted(ROOT.glob(pattern))]
    assert texts, pattern
    return re.sub(r"/\*.*?\*/|^\s*--.*?$", "", "\n".join(texts), flags=re.S | re.M)


@cache
def outcomes():
    """{name: (status, text)} of the catalogue; text is None for the good ones."""
    rows = re.findall(r'X\((\w+), (\d+), (?:NULL|"([^"]*)")\)', read("src/http/outcome.h"))
    return {name: (int(status), text or None) for name, status, text in rows}


@cache
def writes():
    """The statements whose fate is unknown when their connection is lost."""
    return set(re.findall(r"X\((\w+), WRITE\)", read("src/db/statements.h")))


@cache
def lookups():
    """The statements that many are asked for together with."""
    return set(re.findall(r"X\((\w+), LOOKUP\)", read("src/db/statements.h")))


@cache
def shared():
    """The statements whose rows all who ask are given; `caller_check' judges them before."""
    return set(re.findall(r"X\((\w+), SHARED\)", read("src/db/statements.h")))


def for_many(text):
    """A look-up as src/db/many.c makes it for many."""
    count = max(int(number) for number in re.findall(r"\$(\d+)", text))
    arrays = ", ".join(f"${number}::text[]" for number in range(1, count + 1))
    columns = "".join(f"p{number}, " for number in range(1, count + 1))
    one = re.sub(r"\$(\d+)", r"asked.p\1", text)
    return (
        f"select each.* from unnest({arrays}) with ordinality as asked ({columns}place) cross join lateral ("
        f"select one.* from (\n{one}\n) one offset 0) each order by asked.place"
    )


@cache
def fields():
    """{name of the table: [Field]} of every input table."""
    text = read("src/pages/*.c")
    numbers = dict(re.findall(r"^#define\s+(\w+)\s+\"?(\d+)\"?", read("src/pages/*.[ch]"), re.M))
    tables = {}
    for name, body in re.findall(r"^const struct field (\w+)\[\w+\] = \{(.*?)^\};", text, re.S | re.M):
        rows = re.findall(r'\{ (\w+), "(\w+)",\s+(\w+),\s*([\w| ]+),\s*(\w+),\s*(\w+),\s*"?(\w+)"? \}', body)
        assert len(rows) == body.count("{"), f"a row of {name} is not understood"
        tables[name] = [Field(*[numbers.get(value, value) for value in row]) for row in rows]
    return tables


@cache
def routes():
    """The route table, but for what browsers are shown."""
    rows = re.findall(r"\{ (METHOD_.*?) \},?$", read("src/routes.c"), re.S | re.M)
    found = []
    for row in rows:
        method, path, access, body = re.match(r'METHOD_(\w+), "([^"]+)",\s+ACCESS_(\w+),\s+BODY_(\w+)', row).groups()
        starts = (r"ROUTE_FIELDS\(", "statement = STATEMENT_", "page = ")
        table, statement, page = (next(iter(re.findall(start + r"(\w+)", row)), None) for start in starts)
        if page in SHOWN:
            continue
        table = fields()[table] if table else []
        # What changes something for a user is limited in any case (class_of).
        rate = "RATE_" in row or (access == "USER" and method != "GET")
        found.append(Route(method.lower(), path, access, body, table, statement, page, rate))
    return found


def sql_outcomes(text):
    """The outcomes that an SQL text can give, those of the functions it calls included."""
    found = {word for word in re.findall(r"'(\w+)'", text) if word in outcomes()}
    for path in ROOT.glob("sql/functions/*.sql"):
        if re.search(rf"(?<!function )\b{path.stem}\(", text):
            found |= sql_outcomes(read(f"sql/functions/{path.name}"))
    return found


def statement_outcomes(name):
    lost = {"unknown_fate"} if name in writes() else set()
    judged = statement_outcomes("caller_check") if name in shared() else set()
    return sql_outcomes(read(f"sql/statements/{name}.sql")) | AWAY | lost | judged


@cache
def steps():
    """{name: body} of the functions that are steps of pages."""
    text = read("src/pages/*.c") + read("src/livekit/ask.c")
    return dict(re.findall(r"^(\w+)\(struct exchange \*x[^)]*\)\n\{(.*?)^\}", text, re.S | re.M))


def page_outcomes(name, seen=()):
    """The outcomes that a page can give, in whatever step."""
    body = steps()[name]
    found = set(re.findall(r"OUTCOME_(\w+)", body)) - {"ok"}
    # A query by exchange_query() is not answered: the page goes on.
    for statement in re.findall(r"_statement\([^;]*?STATEMENT_(\w+)", body):
        found |= statement_outcomes(statement)
    for word in set(re.findall(r"\w+", body)) & steps().keys() - {name, *seen}:
        found |= page_outcomes(word, (*seen, name))
    return found


def page_statuses(name, seen=()):
    """The statuses that a page answers with when all is well, in whatever step."""
    found = set(re.findall(r"reply_json\(x, (2\d\d)\)", steps()[name]))
    for word in set(re.findall(r"\w+", steps()[name])) & steps().keys() - {name, *seen}:
        found |= page_statuses(word, (*seen, name))
    return found


def route_outcomes(route):
    """The names of all outcomes that a route can come to, but for those of the transport."""
    found = page_outcomes(route.page) if route.page else statement_outcomes(route.statement)
    if route.access == "USER":
        found.add("unauthenticated")
    if route.rate:
        found.add("too_many")
    if "{" in route.path:
        found.add("not_found")
    return {name for name in found if outcomes()[name][1]}
