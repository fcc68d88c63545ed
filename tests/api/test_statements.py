"""The SQL files: they fit the schema, and at 100,000 rooms they still find what they need by an index."""

import json
import re

import pytest
from harness import sources
from harness.server import ROOT

# Whichever comes first fills the tables.
pytestmark = pytest.mark.timeout(240)

FILES = sorted((ROOT / "sql/statements").glob("*.sql"))
SMALL, LARGE = 1_000, 100_000
# What a session of the server sets (src/db/lane_open.c).
SESSION = (
    "set plan_cache_mode = force_generic_plan; set jit = off; set timezone = 'UTC'; "
    "set max_parallel_workers_per_gather = 0"
)
# Statements that may read a whole table, each with the reason.
MAY_SCAN = {
    "reconcile_due": "livekit_state has one row",
    "reconcile_again": "livekit_state has one row",
    "reconcile_rooms": "all rooms that somebody is in, once in thirty seconds",
    "reconcile_room": "livekit_state has one row",
}
# Somebody active, and a room of theirs.
ARGUMENTS = {
    "room_get": ["u502", "502"],
    "caller_check": ["u502"],
    "room_participants": ["room_000001f6"],
    "room_list": ["0", "100", "false", None],
    "user_list": ["u502", "0", "100", "false", None],
    "user_admin": ["\n\ncommand\ncommand", "u502", "true"],
    "user_switch": ["\n\ncommand\ncommand", "u502", "false"],
    "user_deactivate": ["u500", "502"],
    "user_reactivate": ["u500", "502"],
    "audit_failure": ["\n\n127.0.0.1\nrequest", "login_failed", "u502"],
    "audit_list": ["u500", "0", "100", None, "u502"],
    "audit_prune": ["365"],
    "user_get": ["u502", "502"],
    "user_me": ["u502"],
    "backlog": [],
    "user_login": ["nobody", "4611686018427387904"],
    "user_password": ["u502"],
    "session_begin": [
        "\n\n127.0.0.1\nrequest", "u502", None, "hash", "\\x01", "\\x02", "a browser", "1800", "86400", "864000",
    ],
    "session_refresh": [
        "\n\n127.0.0.1\nrequest", "\\x000001f6", "\\x01", "\\x02", None, "1800", "86400", "864000",
    ],
    "session_end": ["u502\nsession502\n127.0.0.1\nrequest", None],
    "session_list": ["u502\nsession502"],
    "session_delete": ["u502", "session502"],
    "session_prune": [],
    "user_set_password": ["u502", "x", "y"],
    "user_register": ["new", "new@example.com", "x", None],
    "user_update": ["u502", "true", "changed@example.com", "true", "Full Name"],
    "room_create": ["u502", "name", None, "50", None, "2030-01-01T00:00:00Z", "60"],
    "room_update": [
        "u502", "502", "true", "new", "false", None, "false", None, "false", None, "true", "2030-01-01T00:00:00Z",
        "true", "60",
    ],
    "schedule_run": [],
    "room_join": ["u502", "room_000001f6"],
    "room_leave": ["u502", "502"],
    "room_delete": ["u502", "room_000001f6"],
    "ready": [],
    "ban_create": ["u502", "room_000001f6", "u503", "reason"],
    "ban_list": ["u502", "502"],
    "ban_delete": ["u502", "502", "u503"],
    "participant_remove": ["u502", "502", "u503"],
    "room_visits": ["u502", "room_000001f6", "0", "100"],
    "user_visits": ["u502", "0", "1"],
    "participant_moderate": ["u502", "room_000001f6", "u503", "mute"],
    "participant_permit": ["u502", "room_000001f6", "u503", "false", None, '["CAMERA"]'],
    "room_moderate": ["u502", "room_000001f6", "message"],
    "tracks_muted": ["true", '["TR_502", "TR_503"]'],
    "livekit_event": [
        "EV_new", "participant_joined", "1757068342", "room_000001f6", "RM_1", "u503", "PA_1", "1757068342000", None,
        None, None, "false",
    ],
    "outbox_claim": [],
    "outbox_done": ["1", "2025-09-05T10:30:00Z"],
    "outbox_failed": ["1", "2025-09-05T10:30:00Z", "not reachable"],
    "reconcile_due": ["30"],
    "reconcile_again": ["30"],
    "reconcile_rooms": [
        '{"rooms":[{"name":"room_000001f6","sid":"RM_1"},{"name":"room_000001f5"}]}', "2025-09-05T10:30:00Z", "true",
    ],
    "reconcile_room": [
        "room_000001f6",
        '{"participants":[{"sid":"PA_1","identity":"u503","state":"ACTIVE","joined_at":"1757068342"}]}',
        "2025-09-05T10:30:00Z",
        "120",
    ],
}  # fmt: skip
# Statements that do more work in the larger database, each with the reason.
MAY_GROW = dict.fromkeys(
    ("user_deactivate", "user_switch"), "the person has three seats there, and two in the smaller one"
)
# Functions that a plan must not show.
INLINED = {"caller", "room_by_ref", "seen_room", "may_command"}


def fill(database, count):
    """Brings the tables to so many users and rooms, and twice as many seats."""
    with database.connect() as connection:
        # The rows fit each other: half of the time would go into looking that up for each.
        connection.execute("set session_replication_role = replica")
        ((have,),) = connection.execute("select count(*) from users").fetchall()
        rows = {"first": have + 1, "last": count, "count": count, "twice": 2 * count, "before": 2 * have + 1}
        for text in (
            "insert into users (id, username, email, hashed_password, is_active) "
            "select i, 'u' || i, 'u' || i || '@example.com', 'x', i %% 20 <> 0 "
            "from generate_series(%(first)s::int, %(last)s::int) i",
            "insert into rooms (id, name, room_id, creator_id, is_active) "
            "select i, 'r' || i, 'room_' || lpad(to_hex(i), 8, '0'), i, i %% 20 <> 1 "
            "from generate_series(%(first)s::int, %(last)s::int) i",
            "insert into room_participants (room_id, user_id, joined_at, is_connected) "
            "select 1 + (i::bigint * 7919) %% %(count)s::int, 1 + i %% %(count)s::int, now(), i %% 4 <> 0 "
            "from generate_series(%(before)s::int, %(twice)s::int) i on conflict do nothing",
            "insert into visits (participant_sid, room_id, user_id, session, joined_at, left_at) "
            "select 'PA_' || i, i, 1 + (i::bigint * 7919) %% %(count)s::int, 'RM_' || i, now() - interval '1 hour', "
            "case when i %% 100 <> 0 then now() end from generate_series(%(first)s::int, %(last)s::int) i",
            "insert into calls (session, room_id, started_at, finished_at) "
            "select 'RM_' || i, i, now(), case when i %% 10 <> 0 then now() end "
            "from generate_series(%(first)s::int, %(last)s::int) i",
            "insert into tracks (track_sid, participant_sid) "
            "select 'TR_' || i, 'PA_' || i from generate_series(%(first)s::int, %(last)s::int) i",
            "insert into bans (room_id, user_id) "
            "select i, 1 + i %% 1000 from generate_series(%(first)s::int, %(last)s::int) i",
            "insert into livekit_events (id) select 'EV_' || i from generate_series(%(first)s::int, %(last)s::int) i",
            "insert into schedule (room_id, ends_at, due_at) "
            "select i, now() + interval '1 day', now() + interval '1 day' - i %% 7 * interval '1 minute' "
            "from generate_series(%(first)s::int, %(last)s::int) i",
            "insert into outbox (action, room_id, user_id, due_at) "
            "select 'remove_participant', i, i, now() + interval '1 day' "
            "from generate_series(%(first)s::int, %(last)s::int) i",
            "insert into sessions (id, user_id, family, current, expires_at, address) "
            "select 'session' || i, i, decode(lpad(to_hex(i), 8, '0'), 'hex'), array['\\x01'::bytea], "
            "now() + interval '1 day', '127.0.0.1' from generate_series(%(first)s::int, %(last)s::int) i",
            "insert into audit (action, actor_id, target_id, room_id, address, request_id) "
            "select 'action' || i %% 20, i, i + 1, i, '127.0.0.1', 'request' "
            "from generate_series(%(first)s::int, %(last)s::int) i",
            "select setval('users_id_seq', %(last)s::int), setval('rooms_id_seq', %(last)s::int)",
        ):
            connection.execute(text, rows)
        # Most of what is old is gone: a list begins far behind the first row.
        for table in ("users", "rooms"):
            connection.execute(
                f"update {table} set is_active = false where id <= %s and id not in (500, 502)", [count / 2]
            )
        connection.execute("update users set is_active = true, is_admin = true where id = 500")
        connection.execute("vacuum analyze")


def open_session(database):
    session = database.connect()
    # Else psycopg prepares some of its own, and deallocates all of them after a rollback.
    session.prepare_threshold = None
    session.execute(SESSION)
    for file in FILES:
        session.execute(f"prepare {file.stem} as {file.read_text()}")
        if file.stem in sources.lookups() | sources.batches():
            session.execute(f"prepare {file.stem}_many as {sources.statement_for_many(file.stem)}")
    return session


def measure(database):
    """Blocks that each statement touches as it runs, functions with all they do included."""
    with open_session(database) as session:
        counts = {}
        # Twice: what a session reads of the catalogue the first time is not counted.
        for name in (*ARGUMENTS, *ARGUMENTS):
            plan = explain(session, name, ", analyze, buffers")["Plan"]
            counts[name] = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return counts


@pytest.fixture(scope="module")
def measured(cluster, template):
    """A database with many rooms; the blocks that statements touched when there were few, and when many."""
    database = cluster.create(template.name)
    fill(database, SMALL)
    few = measure(database)
    fill(database, LARGE)
    yield database, few, measure(database)
    cluster.drop(database)


@pytest.fixture(scope="module")
def large(measured):
    """A session as the server's, on the database with many rooms."""
    with open_session(measured[0]) as session:
        yield session


def explain(session, name, options="", arguments=None):
    """The plan as PostgreSQL gives it; nothing that it did is kept."""
    given = ARGUMENTS[name] if arguments is None else arguments
    values = ", ".join("null" if each is None else f"'{each}'" for each in given)
    with session.transaction(force_rollback=True):
        ((found,),) = session.execute(
            f"explain (format json{options}) execute {name}" + (f" ({values})" if given else "")
        ).fetchall()
    return found[0]


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def test_every_file_is_a_statement_of_the_program():
    header = (ROOT / "src/db/statements.h").read_text()
    assert {file.stem for file in FILES} == set(
        re.findall(r"X\((\w+), (?:READ|LOOKUP|SCAN|SHARED|BATCH|WRITE)\)", header)
    )
    assert set(ARGUMENTS) == {file.stem for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_statement_says_its_outcome_first(large, file):
    """And what its parameters are, in a comment that names all of them."""
    cursor = large.execute(f"execute {file.stem}" + parameters(large, file.stem))
    assert cursor.description[0].name == "outcome"
    names = [column.name for column in cursor.description]
    assert len(names) == len(set(names)), "no member may be there twice"
    text = file.read_text()
    for number in range(1, len(ARGUMENTS[file.stem]) + 1):
        assert text.count(f"${number}") >= 2, f"${number} is not explained"


# What row_json.c reads in binary form, and text; void is nothing.
TYPES = {
    "void",
    "bool",
    "int2",
    "int4",
    "int8",
    "float8",
    "timestamptz",
    "json",
    "jsonb",
    "text",
    "varchar",
    "name",
    "unknown",
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_statement_answers_with_types_that_are_read(large, file):
    """numeric, uuid, inet, ... have to be cast: their binary form would be written as if it were text."""
    cursor = large.execute(f"execute {file.stem}" + parameters(large, file.stem))
    names = dict(large.execute("select oid, typname from pg_type").fetchall())
    assert {names[column.type_code] for column in cursor.description} <= TYPES


def parameters(session, name):
    """NULL for each: nobody of no name."""
    ((count,),) = session.execute(
        "select cardinality(parameter_types) from pg_prepared_statements where name = %s", [name]
    ).fetchall()
    assert count == len(ARGUMENTS[name])
    # A user without a name, an event without an id would be an error of the database, not an outcome.
    values = ARGUMENTS[name] if name in ("user_register", "livekit_event", "audit_failure") else [None] * count
    values = ", ".join("null" if each is None else f"'{each}'" for each in values)
    return f" ({values})" if count else ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_plans_are_look_ups(large, file):
    """The plan made without knowing the values, as the server's are."""
    plan = explain(large, file.stem)["Plan"]
    check_plan(plan, file.stem)
    # What is inlined leaves no trace; what is not has a scan of its own.
    assert not INLINED & {node.get("Function Name") for node in nodes(plan)}


def together(*arguments):
    """So many calls of a look-up, as the arguments of the one for many."""
    return [
        "{" + ",".join("null" if each is None else f'"{each}"' for each in column) + "}"
        for column in zip(*arguments, strict=True)
    ]


@pytest.mark.parametrize("name", sorted(sources.lookups()))
def test_plans_for_many_are_look_ups(measured, large, name):
    """Each of them touches what one does, and gives its own row in its own place."""
    one = ARGUMENTS[name]
    other = [one[0], *("99999" for _ in one[1:])]
    nobody = [None, *one[1:]]
    calls = [one, other, nobody] * 20
    plan = explain(large, f"{name}_many", ", analyze, buffers", together(*calls))["Plan"]
    check_plan(plan, name)
    assert plan["Actual Rows"] == 60
    _, _, blocks = measured
    assert plan["Shared Hit Blocks"] <= 60 * (blocks[name] + 8)

    def run(statement, arguments):
        values = ", ".join("null" if each is None else f"'{each}'" for each in arguments)
        return large.execute(f"execute {statement} ({values})").fetchall()

    assert run(f"{name}_many", together(*calls)) == [row for call in calls for row in run(name, call)]


@pytest.mark.parametrize("name", sorted(sources.batches()))
def test_batches_lock_rooms_in_one_order(large, name):
    """That of their numbers, by whatever name they were asked for; each gets its row in its own place."""
    refs = ["80000", "room_0000ea62", "99999999", "70000", "room_0000fde8", "60002", None, "60001"]
    with large.transaction(force_rollback=True):
        large.execute("create temp table locked (place serial, room integer)")
        large.execute(
            "create function pg_temp.note() returns trigger language plpgsql as "
            "$$ begin insert into locked (room) values (new.room_id); return new; end $$"
        )
        large.execute(
            "create trigger note before insert or update on room_participants "
            "for each row execute function pg_temp.note()"
        )
        arguments = ", ".join(f"'{each}'" for each in together(*[["u502", ref] for ref in refs]))
        found = large.execute(f"execute {name}_many ({arguments})").fetchall()
        order = [room for (room,) in large.execute("select room from locked order by place").fetchall()]
    assert [row[0] for row in found] == [
        "ok", "ok", "room_not_found", "ok", "ok", "ok", "room_not_found", "room_inactive",
    ]  # fmt: skip
    assert order == [60002, 60002, 65000, 70000, 80000]


def check_plan(plan, name):
    for node in nodes(plan) if name not in MAY_SCAN else ():
        assert node["Node Type"] != "Seq Scan", node
        assert node["Node Type"] not in ("Hash Join", "Merge Join", "Bitmap Heap Scan"), node


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_plans_inside_functions_are_look_ups(large, name):
    """auto_explain shows what EXPLAIN does not: the statements of a function, planned as the server plans them."""
    found = []
    large.execute("load 'auto_explain'")
    large.execute("set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on")
    large.execute("set auto_explain.log_format = json; set auto_explain.log_level = notice")
    handler = lambda notice: found.append(json.loads(notice.message_primary.partition("plan:\n")[2]))  # noqa: E731
    large.add_notice_handler(handler)
    try:
        explain(large, name, ", analyze")
    finally:
        large.remove_notice_handler(handler)
        large.execute("set auto_explain.log_min_duration = -1")
    text = (ROOT / f"sql/statements/{name}.sql").read_text()
    called = [path.stem for path in (ROOT / "sql/functions").glob("*.sql") if f"{path.stem}(" in text]
    assert len(found) > len(set(called) - INLINED), "the statements of its functions are there"
    for each in found:
        check_plan(each["Plan"], name)


@pytest.mark.parametrize("name", sorted(set(ARGUMENTS) - set(MAY_SCAN) - set(MAY_GROW)))
def test_statements_read_no_more_when_there_is_more(measured, name):
    """A page of 100 rooms is the same work among a thousand as among a hundred thousand."""
    _, few, many = measured
    # An index is a level higher with a hundred times as many rows: a block more for each look-up.
    assert many[name] <= few[name] * 1.6 + 8, (few[name], many[name])


def page(name, skip):
    """The arguments for another page."""
    arguments = list(ARGUMENTS[name])
    arguments[arguments.index("0")] = skip
    return arguments


@pytest.mark.parametrize("name", ["room_list", "user_list", "audit_list"])
def test_pages_far_behind_cost_a_walk_along_the_index(large, name):
    """What is skipped is not looked up, neither its creators nor its seats: that was 300,000 blocks."""
    arguments = page(name, "40000")
    if name == "audit_list":
        arguments[3:] = [None, None]
    plan = explain(large, name, ", analyze, buffers", arguments)["Plan"]
    assert plan["Actual Rows"] == 100
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 5_000


@pytest.mark.parametrize("name", ["room_list", "user_list"])
def test_pages_by_cursor_cost_the_same_wherever_they_are(large, name):
    def blocks(after):
        arguments = [*ARGUMENTS[name][:-1], after]
        plan = explain(large, name, ", analyze, buffers", arguments)["Plan"]
        check_plan(plan, name)
        assert plan["Actual Rows"] == 100
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]

    first, last = blocks(None), blocks(str(LARGE - 200))
    assert last <= first * 1.2 + 8


def test_newest_rooms_cost_what_the_oldest_do(large):
    def blocks(newest, after):
        plan = explain(large, "room_list", ", analyze, buffers", ["0", "100", newest, after])["Plan"]
        check_plan(plan, "room_list")
        assert plan["Actual Rows"] == 100
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]

    oldest = blocks("false", None)
    for after in (None, str(LARGE * 3 // 4)):
        assert blocks("true", after) <= oldest * 1.2 + 8


@pytest.mark.parametrize("name", ["room_list", "user_list"])
def test_skipping_more_than_a_million_reads_nothing(large, name):
    """A walk that long could be all that the database does."""
    plan = explain(large, name, ", analyze, buffers", page(name, "1000001"))["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 20


def test_seats_are_counted_by_their_index(large):
    """However many were in a room before."""
    plan = explain(large, "room_get")["Plan"]
    counts = [node for node in nodes(plan) if node.get("Relation Name") == "room_participants"]
    assert counts
    assert {node["Node Type"] for node in counts} == {"Index Only Scan"}
    assert {node["Index Name"] for node in counts} == {"room_participants_seat"}
