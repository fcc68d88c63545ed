"""parley migrate: empty, adopted, newer and half-migrated databases."""

import re
import signal
import subprocess

import psycopg
import pytest
from harness.poll import poll
from harness.server import ROOT, binary, environment

SCHEMA = ROOT / "tests/schema.sql"
MIGRATIONS = sorted(p.stem for p in (ROOT / "sql/migrations").glob("[0-9]*.sql"))
FUNCTIONS = sorted(p.stem for p in (ROOT / "sql/functions").glob("*.sql"))

# As the service that parley takes over makes its tables (SQLAlchemy).
ADOPTED = """
create table users (
    id serial primary key, username varchar(50) not null, email varchar(100) not null,
    hashed_password varchar(255) not null, full_name varchar(100), is_active boolean,
    created_at timestamptz default now(), updated_at timestamptz);
create index ix_users_id on users (id);
create unique index ix_users_username on users (username);
create unique index ix_users_email on users (email);
create table rooms (
    id serial primary key, name varchar(100) not null, room_id varchar(100) not null, description text,
    creator_id integer not null references users (id), is_active boolean, max_participants integer,
    created_at timestamptz default now(), updated_at timestamptz);
create index ix_rooms_id on rooms (id);
create unique index ix_rooms_room_id on rooms (room_id);
create table room_participants (
    id serial primary key, room_id integer not null references rooms (id),
    user_id integer not null references users (id),
    joined_at timestamptz default now(), left_at timestamptz, is_connected boolean);
create index ix_room_participants_id on room_participants (id);
"""
ADOPTED_ROWS = """
insert into users (username, email, hashed_password, is_active) values
    ('ann', 'ann@example.com', '$2b$12$C6UzMDM.H6dfI/f/IKcEeO7ZzYw5p6Y2p2Q6nq3gT9W2Z7i4x1p0q', true),
    ('bob', 'bob@example.com', '$2b$12$C6UzMDM.H6dfI/f/IKcEeO7ZzYw5p6Y2p2Q6nq3gT9W2Z7i4x1p0q', null);
insert into rooms (name, room_id, creator_id, is_active, max_participants) values
    ('open', 'room_00000001', 1, true, 50), ('unset', 'room_00000002', 1, null, null),
    ('deleted', 'room_00000003', 2, false, 2);
insert into room_participants (room_id, user_id, joined_at, left_at, is_connected) values
    (1, 1, '2025-01-01Z', null, true),
    (1, 1, '2025-01-03Z', null, true),
    (1, 1, '2025-01-02Z', '2025-01-02 12:00Z', true),
    (1, 1, null, null, true),
    (1, 2, '2025-01-01Z', null, true),
    (1, 2, '2025-01-01Z', '2025-01-01 12:00Z', false),
    (1, 2, '2025-01-01Z', null, null),
    (3, 2, '2025-01-01Z', null, true);
"""


@pytest.fixture
def migrate(parley, empty_database):
    """migrate("--dry-run", ...): on `empty_database`."""
    return lambda *options: parley("migrate", *options, database_url=empty_database.url())


@pytest.fixture
def adopted(empty_database):
    # Through its URL: the tables belong to the role that parley is, as they would.
    with psycopg.connect(empty_database.url(), autocommit=True) as connection:
        connection.execute(ADOPTED)
        connection.execute(ADOPTED_ROWS)
    return empty_database


def dump_table(cluster, database, name):
    place = ["-h", cluster.sockets, "-p", str(cluster.port), "-U", "postgres", database.name]
    done = subprocess.run(
        [cluster.bin / "pg_dump", "-s", "--no-owner", "--no-privileges", f"--table=public.{name}", *place],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    return "".join(f"{line}\n" for line in lines if line and not re.match(r"--|SET |SELECT pg_catalog|\\", line))


def dump(cluster, database):
    """pg_dump's view of the tables, without what differs by version and moment.

    One by one: in a whole dump their order also depends on the views that use them.
    """
    tables = database.query(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname"
    )
    return "\n".join(dump_table(cluster, database, name) for (name,) in tables)


def applied(database):
    return [row[0] for row in database.query("select name from schema_migrations order by number")]


def everything(database):
    """All rows of the three tables, and all relations."""
    relations = database.query("select relname, relkind from pg_class where relnamespace = 'public'::regnamespace")
    rows = [database.query(f"select * from {t} order by id") for t in ("users", "rooms", "room_participants")]
    return sorted(relations), rows


def succeeded(done):
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def refused(done):
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_files_are_all_known_to_the_program():
    header = (ROOT / "src/db/schema.h").read_text()
    assert re.findall(r"X\(\d+, (\w+), [01]\)", header) == MIGRATIONS
    assert sorted(re.findall(r"X\((\w+)\)", header)) == FUNCTIONS


def test_empty_database(migrate, empty_database):
    out = succeeded(migrate())
    assert out.splitlines() == [f"applied {m}" for m in MIGRATIONS] + [f"applied {len(FUNCTIONS)} functions"]
    assert applied(empty_database) == MIGRATIONS
    assert sorted(r[0] for r in empty_database.query("select name from schema_functions")) == FUNCTIONS
    assert empty_database.query("select count(*) from users") == [(0,)], "migrate seeds nothing"


def test_twice(migrate, cluster, empty_database):
    succeeded(migrate())
    before = dump(cluster, empty_database)
    assert succeeded(migrate()) == "nothing to do: the database is migrated\n"
    assert dump(cluster, empty_database) == before


def test_schema_is_the_one_written_down(migrate, cluster, empty_database):
    """What a migration did can be read in the diff of tests/schema.sql; to be copied from var/schema.sql."""
    succeeded(migrate())
    got = dump(cluster, empty_database)
    if not SCHEMA.exists() or got != SCHEMA.read_text():
        (ROOT / "var").mkdir(exist_ok=True)
        (ROOT / "var/schema.sql").write_text(got)
    assert got == SCHEMA.read_text()


def test_every_table_and_column_is_explained(migrate, empty_database):
    succeeded(migrate())
    silent = empty_database.query(
        """
        select c.relname, a.attname
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum >= 0 and not a.attisdropped
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
        and col_description(c.oid, a.attnum) is null
        union all
        select c.relname, null from pg_class c
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and obj_description(c.oid, 'pg_class') is null
        """
    )
    assert silent == []


def test_adopted_database_becomes_the_same_schema(migrate, cluster, adopted):
    succeeded(migrate())
    assert dump(cluster, adopted) == SCHEMA.read_text()


def test_adopted_rows_are_kept(migrate, adopted):
    before = everything(adopted)[1]
    succeeded(migrate())
    for old, new in zip(before[:2], everything(adopted)[1][:2], strict=True):
        assert [row[: len(old[0])] for row in new] == old, "columns are only added"
    [(made,)] = adopted.query(
        "insert into users (username, email, hashed_password) values ('eve', 'e@example.com', '') returning id"
    )
    assert made == 3, "the sequence goes on"


def test_adopted_seats(migrate, adopted):
    before = everything(adopted)[1][2]
    succeeded(migrate())
    after = adopted.query("select * from room_participants order by id")
    connected = [row[0] for row in after if row[5]]
    assert connected == [2, 5], "the newest of a user and room stays; none in a deleted room"
    for old, new in zip(before, after, strict=True):
        if not old[5] or new[5]:
            assert new[:6] == old, "untouched"
        else:
            assert new[4] == old[4] or (old[4] is None and new[4] is not None), "left_at is filled in, never changed"
    with pytest.raises(psycopg.errors.UniqueViolation):
        adopted.query("insert into room_participants (room_id, user_id, is_connected) values (1, 1, true)")
    # The old service goes on writing rows as it does.
    adopted.query("insert into room_participants (room_id, user_id, is_connected) values (1, 1, false)")


def test_adopted_indexes_are_made(migrate, cluster, adopted):
    for name in ("ix_users_id", "ix_users_email", "ix_room_participants_id"):
        adopted.query(f"drop index {name}")
    assert "index ix_users_email is missing (made)" in succeeded(migrate("--dry-run"))
    succeeded(migrate())
    assert dump(cluster, adopted) == SCHEMA.read_text()


def test_adopted_duplicates_are_said(migrate, adopted):
    adopted.query("drop index ix_users_username")
    adopted.query("insert into users (username, email, hashed_password) values ('ann', 'other@example.com', '')")
    assert "1 usernames of more than one user (the migration FAILS" in succeeded(migrate("--dry-run"))
    line = refused(migrate())
    assert line.startswith("parley: 0001_base: could not create unique index")
    assert "(username)=(ann)" in line
    assert applied(adopted) == []


def test_dry_run_on_an_empty_database(migrate, cluster, empty_database):
    before = dump(cluster, empty_database)
    out = succeeded(migrate("--dry-run"))
    assert out.splitlines() == [
        *(f"would apply {m}" for m in MIGRATIONS),
        "found 0 of the tables users, rooms, room_participants; the others would be made",
        f"would apply {len(FUNCTIONS)} functions",
    ]
    assert dump(cluster, empty_database) == before


def test_dry_run_on_an_adopted_database(migrate, adopted):
    before = everything(adopted)
    lines = [line.strip() for line in succeeded(migrate("--dry-run")).splitlines()]
    for line in (
        "2 users with a password under bcrypt (hashed anew at their next login)",
        "1 users whose is_active is NULL (reads as false)",
        "1 rooms whose is_active is NULL (reads as false)",
        "1 rooms whose max_participants is NULL (reads as 50)",
        "1 participants whose is_connected is NULL (reads as false)",
        "3 connected participants beside a newer row of the same user and room (closed)",
        "1 connected participants of rooms that are not active (closed)",
    ):
        assert line in lines
    assert not any("missing" in line or "FAILS" in line for line in lines)
    assert everything(adopted) == before


def test_two_at_once(adopted, tmp_path):
    """Each is stopped by the lock of the other; together they apply everything once."""
    running = [
        subprocess.Popen(
            [binary(), "migrate"],
            env=environment(adopted.url()),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(4)
    ]
    outputs = [process.communicate(timeout=50)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 4, outputs
    assert sum(f"applied {MIGRATIONS[0]}" in out for out in outputs) == 1, outputs
    assert sum("nothing to do" in out for out in outputs) == 3, outputs
    assert applied(adopted) == MIGRATIONS


def waits_for_lock(database):
    return database.query("select 1 from pg_stat_activity where wait_event_type = 'Lock' and usename = 'parley'")


def test_killed_in_the_middle(migrate, adopted, tmp_path):
    adopted.query("drop index ix_users_id")
    with adopted.connect() as blocker, blocker.transaction():
        blocker.execute("lock table rooms in row exclusive mode")
        process = subprocess.Popen([binary(), "migrate"], env=environment(adopted.url()), cwd=tmp_path)
        poll(lambda: waits_for_lock(adopted), 20, "the migration waits for the table rooms")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    poll(lambda: not waits_for_lock(adopted), 20, "its session ends")
    assert applied(adopted) == []
    assert adopted.query("select to_regclass('ix_users_id')") == [(None,)]
    succeeded(migrate())
    assert applied(adopted) == MIGRATIONS


@pytest.mark.slow
def test_table_that_stays_locked(migrate, adopted):
    """Waiting for ever would hold up everybody who comes to the table after us."""
    with adopted.connect() as blocker, blocker.transaction():
        blocker.execute("lock table rooms in row exclusive mode")
        assert "lock timeout" in refused(migrate())
    succeeded(migrate())


def test_failing_migration_leaves_the_earlier_ones(migrate, empty_database):
    empty_database.query("create table visits (mine integer)")
    line = refused(migrate())
    assert line == 'parley: 0003_visits_outbox: relation "visits" already exists\n'
    assert applied(empty_database) == MIGRATIONS[:2]


def test_changed_checksum(migrate, parley, empty_database):
    succeeded(migrate())
    empty_database.query("update schema_migrations set checksum = 'other' where number = 2")
    assert "migration 0002_seats was applied with another text" in refused(migrate())
    assert "migration 0002_seats was applied with another text" in refused(migrate("--dry-run"))
    assert re.search("^fail  migrations", parley("check", database_url=empty_database.url()).stdout, re.MULTILINE)


@pytest.mark.parametrize("breaking", [False, True])
def test_newer_database(migrate, parley, empty_database, breaking):
    succeeded(migrate())
    empty_database.query(
        "insert into schema_migrations (number, name, checksum, breaking) values (9001, '9001_later', 'x', %s)",
        [breaking],
    )
    # Functions of a newer program are not replaced by ours.
    empty_database.query("update schema_functions set checksum = 'newer'")
    check = parley("check", database_url=empty_database.url())
    if breaking:
        assert "it has migration 9001" in refused(migrate())
        assert (check.returncode, "fail  migrations" in check.stdout) == (1, True)
    else:
        assert "nothing to do: the database is newer" in succeeded(migrate())
        assert (check.returncode, "warn  migrations" in check.stdout) == (0, True)
    assert empty_database.query("select distinct checksum from schema_functions") == [("newer",)]


def test_functions_follow_their_files(migrate, parley, empty_database):
    """One that changed (also what it takes or gives) is made anew, one that is no more goes, others' stay."""
    succeeded(migrate())
    with psycopg.connect(empty_database.url(), autocommit=True) as connection:
        connection.execute("drop function caller(text)")
        connection.execute("create function caller(integer) returns integer language sql as 'select 1'")
        connection.execute("create function old_one() returns integer language sql as 'select 1'")
        connection.execute("create function not_ours() returns integer language sql as 'select 1'")
    empty_database.query("update schema_functions set checksum = 'old' where name = 'caller'")
    empty_database.query("insert into schema_functions (name, checksum) values ('old_one', 'x')")
    # Another text of a function is no reason for a running node to give up.
    assert parley("check", database_url=empty_database.url()).returncode == 0
    assert succeeded(migrate("--dry-run")) == f"would apply {len(FUNCTIONS)} functions\n"
    assert succeeded(migrate()) == f"applied {len(FUNCTIONS)} functions\n"
    found = empty_database.query(
        "select proname, oidvectortypes(proargtypes) from pg_proc "
        "where proname in ('caller', 'old_one', 'not_ours') order by proname"
    )
    assert found == [("caller", "text"), ("not_ours", "")]
    assert succeeded(migrate()).startswith("nothing to do")


def test_missing_function_is_behind(migrate, parley, empty_database):
    succeeded(migrate())
    empty_database.query("delete from schema_functions where name = 'caller'")
    check = parley("check", database_url=empty_database.url())
    assert "fail  migrations    the database is older than this program: run `parley migrate'" in check.stdout


def test_statements_prepare(database):
    """Every statement and the survey fit the migrated schema."""
    with database.connect() as connection:
        for file in (*(ROOT / "sql/statements").glob("*.sql"), ROOT / "sql/migrations/survey.sql"):
            connection.execute(f"prepare {file.stem} as {file.read_text()}")


def test_room_of_dev_run_can_be_made(database):
    """What ./dev run does once, in a new folder only."""
    (statement,) = re.findall(r"^select outcome\nfrom create_room.*?;$", (ROOT / "dev").read_text(), re.M | re.S)
    database.query("insert into users (username, email, hashed_password) values ('testuser', 'a@example.com', '')")
    assert database.query(statement) == [("ok",)]
    assert database.query(statement) == []
