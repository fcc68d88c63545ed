"""skip and limit: whatever they are, an answer is that slice of the list ordered by id."""

from urllib.parse import parse_qsl

import pytest
from harness.answers import errors, ok
from harness.crowd import crowd
from harness.server import Server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LISTS = ["/users/", "/rooms/"]
MANY = 1205

small = st.integers(0, 1300)
huge = st.sampled_from([2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 10**30])
# How clients write a number.
written = st.sampled_from(["{}", "+{}", "0{}", " {} ", "{}.0", "{}.000", "000{}"])


@pytest.fixture(scope="module")
def lists(cluster, template, tmp_path_factory):
    """A server of this module's own, with many users and rooms, some inactive; {path: ids that a list holds}."""
    database = cluster.create(template.name)
    crowd(database, MANY)
    database.query(
        "insert into rooms (name, room_id, creator_id) "
        "select 'r', 'room_' || lpad(to_hex(i), 8, '0'), (select min(id) + i %% 7 from users) "
        "from generate_series(1, %s) i",
        [MANY],
    )
    (me,) = crowd(database, 1)
    for table in ("users", "rooms"):
        database.query(f"update {table} set is_active = false where id % 11 = 3 and id <> {me.user['id']}")
        database.query(f"update {table} set is_active = null where id % 13 = 5 and id <> {me.user['id']}")
        # Rows that have moved: the order is that of the ids, not of the table.
        database.query(f"update {table} set updated_at = now() where id % 5 = 0")
    server = Server(tmp_path_factory.mktemp("paging"), database.url()).start()
    ids = {
        f"/{table}/": [row[0] for row in database.query(f"select id from {table} where is_active order by id")]
        for table in ("users", "rooms")
    }
    assert all(1000 < len(each) < MANY for each in ids.values())

    def get(path, **query):
        return server.http.get(path, params=query, headers=me.headers)

    yield get, ids
    server.stop()
    cluster.drop(database)


quickly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("path", LISTS)
@quickly
@given(skip=small | huge, limit=small | huge, forms=st.tuples(written, written))
def test_any_page_is_a_slice(lists, path, skip, limit, forms):
    get, ids = lists
    found = ok(get(path, skip=forms[0].format(skip), limit=forms[1].format(limit)))
    assert [each["id"] for each in found] == ids[path][skip : skip + min(limit, 1000)]


@pytest.mark.parametrize("path", LISTS)
@settings(max_examples=10, deadline=None)
@given(size=st.integers(90, 1000))
def test_pages_one_after_the_other_are_the_list(lists, path, size):
    get, ids = lists
    found = []
    while page := ok(get(path, skip=len(found), limit=size)):
        found += [each["id"] for each in page]
    assert found == ids[path]


@pytest.mark.parametrize("path", LISTS)
def test_defaults(lists, path):
    get, ids = lists
    for query, expected in (
        ({}, ids[path][:100]),
        ({"skip": 7}, ids[path][7:107]),
        ({"limit": 7}, ids[path][:7]),
        ({"limit": 0}, []),
        ({"limit": 1000}, ids[path][:1000]),
        ({"limit": 1001}, ids[path][:1000]),
        ({"skip": "-0"}, ids[path][:100]),
        ({"unknown": "x", "SKIP": "x", "Limit": "5"}, ids[path][:100]),
        ({"limit": ["x", 5]}, ids[path][:5]),
    ):
        found = ok(get(path, **query))
        assert [each["id"] for each in found] == expected, query


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("name", ["skip", "limit"])
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *[(text, "int_parsing") for text in ("", "x", "1.5", "1e2", "1.", "0x1", "true", "null", "1 1", "5;", "☃")],
        *[(text, "greater_than_equal") for text in ("-1", "-1.0", "-2147483649", "-" + "9" * 40)],
    ],
)
def test_what_is_no_number(lists, path, name, value, kind):
    get, _ = lists
    assert errors(get(path, **{name: value})) == {("query", name): kind}


@pytest.mark.parametrize("path", LISTS)
def test_both_are_judged(lists, path):
    get, _ = lists
    assert errors(get(path, skip="x", limit="-1")) == {
        ("query", "skip"): "int_parsing",
        ("query", "limit"): "greater_than_equal",
    }


def follow(get, path, **query):
    """The ids of every page that Link leads to, from the first on."""
    pages = []
    while True:
        answer = get(path, **query)
        pages.append([each["id"] for each in ok(answer)])
        if "link" not in answer.headers:
            return pages
        address, _, relation = answer.headers["link"].partition("; ")
        assert relation == 'rel="next"'
        assert address.startswith("<?")
        assert address.endswith(">")
        query = dict(parse_qsl(address[2:-1]))


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("size", [1000, 100, 97])
def test_cursor_leads_through_the_list(lists, path, size):
    get, ids = lists
    pages = follow(get, path, limit=size)
    assert [each for page in pages for each in page] == ids[path]
    assert all(len(page) == size for page in pages[:-1])


@pytest.mark.parametrize("path", LISTS)
@quickly
@given(after=small | huge, limit=st.integers(1, 1300), skip=st.integers(0, 3))
def test_after_is_a_slice(lists, path, after, limit, skip):
    get, ids = lists
    found = ok(get(path, after=after, limit=limit, skip=skip))
    assert [each["id"] for each in found] == [i for i in ids[path] if i > after][skip : skip + min(limit, 1000)]


@quickly
@given(after=small | huge, limit=st.integers(1, 1300), skip=st.integers(0, 3))
def test_newest_first_is_the_list_from_its_end(lists, after, limit, skip):
    get, ids = lists
    found = ok(get("/rooms/", newest="true", after=after, limit=limit, skip=skip))
    behind = [i for i in reversed(ids["/rooms/"]) if i < after]
    assert [each["id"] for each in found] == behind[skip : skip + min(limit, 1000)]


def test_cursor_leads_through_the_newest(lists):
    get, ids = lists
    pages = follow(get, "/rooms/", limit=97, newest="true")
    assert [each for page in pages for each in page] == ids["/rooms/"][::-1]
    assert ok(get("/rooms/", newest="false", limit=3)) == ok(get("/rooms/", limit=3))
    assert errors(get("/rooms/", newest="x")) == {("query", "newest"): "bool_parsing"}


@pytest.mark.parametrize("path", LISTS)
def test_the_last_page_leads_nowhere(lists, path):
    get, ids = lists
    for query in ({"limit": 0}, {"after": ids[path][-1]}, {"after": ids[path][-2], "limit": 2}, {"skip": 10**6 + 1}):
        assert "link" not in get(path, **query).headers, query
    assert get(path, limit=2000).headers["link"] == f'<?after={ids[path][999]}&limit=1000>; rel="next"'


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(("value", "kind"), [("x", "int_parsing"), ("", "int_parsing"), ("-1", "greater_than_equal")])
def test_what_is_no_cursor(lists, path, value, kind):
    get, _ = lists
    assert errors(get(path, after=value)) == {("query", "after"): kind}
