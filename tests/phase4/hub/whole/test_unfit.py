"""An engine that is not what a room needs is refused: one sentence says what to change."""

import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from phase4.hub import postgres_faults, redis_faults
from phase4.hub.engine import EngineDown, EngineUnfit, open_engine
from phase4.hub.postgres_tables import Facts
from tests.kit.certificates import Authority
from tests.kit.engine_fixtures import Hub
from tests.kit.engines import (
    PASSWORD,
    PASSWORD_IN_A_URL,
    PostgresProcess,
    RedisProcess,
    find_programs,
)
from tests.kit.harness import SECONDS, free_port

pytestmark = pytest.mark.usefixtures("patient")


def refused(call: Callable[[], object]) -> str:
    """The sentence. Nothing that is shown of it has the password."""
    with pytest.raises(EngineUnfit) as caught:
        call()
    assert_no_password("".join(traceback.format_exception(caught.value)))
    return str(caught.value)


def assert_no_password(shown: str) -> None:
    for each in (PASSWORD, PASSWORD_IN_A_URL, "s3cret"):
        assert each not in shown


def checked(url: str, room: str = "chat") -> str:
    """Why an engine is refused, at the start of a server."""
    engine = open_engine(url, room=room, server="one")
    assert_no_password(repr(engine))
    try:
        return refused(engine.check)
    finally:
        engine.close()


@pytest.fixture
def redis_hub(redis_process: RedisProcess) -> Iterator[RedisProcess]:
    """A Redis as it must be; and again, when the check is over."""
    yield redis_process
    redis_process.configure(
        appendonly="yes", appendfsync="always", maxmemory_policy="noeviction", requirepass=PASSWORD
    )


# --- before anything is asked --------------------------------------------------------------------


@pytest.mark.parametrize("url", ["", "127.0.0.1:6379", "http://127.0.0.1", "redis", "nats://h"])
def test_what_names_no_engine(url: str) -> None:
    sentence = refused(lambda: open_engine(url, room="chat", server="one"))
    assert "redis://, rediss://, unix:// or postgresql://" in sentence


@pytest.mark.parametrize(
    "url",
    [
        "redis://:s3cret@127.0.0.1:port",
        "redis://:s3cret/word@127.0.0.1",
        "redis://127.0.0.1?s3cret=1",
        "redis://127.0.0.1?socket_timeout=s3cret",
        "postgresql://u:s3cret@[127.0.0.1/d",
        "postgresql://u:s3cret@127.0.0.1/d?s3cret=1",
        "postgresql://u:%s3cret@127.0.0.1/d",
    ],
)
def test_what_is_not_a_url_of_its_engine_is_not_shown(url: str) -> None:
    sentence = refused(lambda: open_engine(url, room="chat", server="one"))
    assert ":PASSWORD@HOST" in sentence


@pytest.mark.parametrize(
    ("url", "library", "command"),
    [
        ("redis://h", "redis", "-m pip install redis"),
        ("postgresql://h", "psycopg", '-m pip install "psycopg[binary]"'),
    ],
)
def test_where_the_library_is_missing_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, url: str, library: str, command: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("phase4.hub.")]:
        if "redis" in name or "postgres" in name:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    assert command in refused(lambda: open_engine(url, room="chat", server="one"))


def test_an_engine_that_is_not_there_may_come_and_is_not_unfit() -> None:
    for scheme in ("redis", "postgresql"):
        engine = open_engine(f"{scheme}://u:s3cret@127.0.0.1:{free_port()}", room="a", server="b")
        with pytest.raises(EngineDown, match=r"^Connection refused$"):
            engine.check()
        engine.close()


# --- Redis ---------------------------------------------------------------------------------------


def test_a_redis_as_it_must_be_is_taken(redis_hub: RedisProcess) -> None:
    odd = "?decode_responses=yes&client_name=mine&protocol=3&socket_timeout=0.001"
    for url in (redis_hub.url, redis_hub.socket_url, redis_hub.url + odd):
        with Hub(redis_hub) as hub:
            engine = hub.open(url=url)
            engine.check()
            engine.append(b"a")
            engine.save(b"s")
            engine.check()
            assert engine.is_connected("one")
            assert [each.data for each in engine.read("", 0)] == [b"a"]


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"appendonly": "no"}, "set appendonly yes"),
        ({"appendfsync": "no"}, "set appendfsync everysec or always"),
        ({"maxmemory_policy": "allkeys-lru"}, "(maxmemory-policy allkeys-lru): set maxmemory-p"),
    ],
    ids=str,
)
def test_a_redis_that_would_lose_what_was_said(
    redis_hub: RedisProcess, settings: dict[str, str], remedy: str
) -> None:
    redis_hub.configure(**settings)
    assert remedy in checked(redis_hub.url)


@pytest.mark.parametrize("key", ["stream", "snapshot"])
def test_a_key_of_the_room_that_another_program_has_made(redis_hub: RedisProcess, key: str) -> None:
    with redis_hub.client() as client:
        client.hset(f"taken:{key}", "a", "b")
    sentence = checked(redis_hub.url, room="taken")
    assert f"The key taken:{key} holds" in sentence
    assert "another name" in sentence
    with redis_hub.client() as client:
        client.delete(f"taken:{key}")


def test_a_redis_that_is_a_replica(redis_hub: RedisProcess) -> None:
    with redis_hub.client() as client:
        client.replicaof("127.0.0.1", str(free_port()))
        try:
            assert "is a replica, to which nobody may write: name its master" in checked(
                redis_hub.url
            )
        finally:
            client.replicaof("NO", "ONE")


@pytest.mark.parametrize(
    ("login", "sentence"),
    [
        (":wrong-s3cret@", "Redis does not take the user and the password"),
        ("nobody:wrong-s3cret@", "Redis does not take the user and the password"),
        ("", "Redis asks for a password"),
    ],
)
def test_a_redis_that_does_not_let_us_in(
    redis_hub: RedisProcess, login: str, sentence: str
) -> None:
    assert sentence in checked(f"redis://{login}127.0.0.1:{redis_hub.port}")


def test_a_redis_without_a_password_is_given_one_for_nothing(redis_hub: RedisProcess) -> None:
    redis_hub.configure(requirepass="")
    with redis.Redis(port=redis_hub.port) as client:
        try:
            assert "does not take" in checked(f"redis://u:s3cret@127.0.0.1:{redis_hub.port}")
        finally:
            client.config_set("requirepass", PASSWORD)


def test_a_database_that_is_not_there(redis_hub: RedisProcess) -> None:
    assert "Redis refuses what a room needs: DB index is out" in checked(f"{redis_hub.url}/99")


def test_a_user_with_too_few_rights_is_told_which_and_with_them_all_goes(
    redis_hub: RedisProcess,
) -> None:
    with Hub(redis_hub) as hub:
        hub.room = "chat-of-ann"
        url = f"redis://ann:s3cret@127.0.0.1:{redis_hub.port}"
        with redis_hub.client() as client:
            client.execute_command("ACL", "SETUSER", "ann", "on", ">s3cret", "+ping", "+client")
            sentence = checked(url, room=hub.room)
            assert "forbids the user ann" in sentence
            # As it would be pasted.
            client.execute_command(*sentence.partition("redis-cli: ")[2].split())
        engine = hub.open("one", url=url)
        engine.check()
        engine.append(b"a")
        engine.save(b"s")
        assert engine.load() == b"s"
        assert [each.data for each in engine.read("", 0)] == [b"a"]
        assert engine.span()[0]
        assert engine.is_connected("one")
        assert not engine.is_connected("two")


def test_a_user_who_may_not_see_who_is_connected_or_what_is_configured(
    redis_hub: RedisProcess,
) -> None:
    with Hub(redis_hub) as hub:
        url = f"redis://bob:s3cret@127.0.0.1:{redis_hub.port}"
        with redis_hub.client() as client:
            words = ("on", ">s3cret", "~*", "+@all", "-config", "-client|list")
            client.execute_command("ACL", "SETUSER", "bob", *words)
        engine = hub.open(url=url)
        engine.check()
        assert engine.is_connected("nobody")


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"redis_version": "4.0.9"}, "Redis 4.0.9 has no streams: a room needs version 5.0"),
        ({"cluster_enabled": "1"}, "This Redis is a part of a cluster"),
        ({"server_name": "valkey", "aof_enabled": "0"}, "This Valkey forgets what was said"),
    ],
    ids=str,
)
def test_other_kinds_of_redis(facts: dict[str, str], sentence: str) -> None:
    info = "\r\n".join(f"{name}:{value}" for name, value in facts.items())
    found = redis_faults.facts_of(f"# Server\r\n{info}\r\n".encode())
    assert refused(lambda: redis_faults.refuse_unfit(found)).startswith(sentence)


def test_over_tls_the_certificate_is_checked(tmp_path: Path, need: Callable[..., None]) -> None:
    find_programs()
    need(*RedisProcess.programs)
    authority, port = Authority(tmp_path), free_port()
    certificate = str(authority.certificate("127.0.0.1"))
    options: tuple[str, ...] = ("--tls-port", str(port), "--tls-cert-file", certificate)
    options += ("--tls-key-file", certificate, "--tls-ca-cert-file", str(authority.file))
    options += ("--tls-auth-clients", "no")
    with RedisProcess(*options) as process, Hub(process) as hub:
        trusting = f"?ssl_ca_certs={authority.file}"
        url = f"rediss://:{PASSWORD_IN_A_URL}@127.0.0.1:{port}"
        engine = hub.open(url=url + trusting)
        engine.check()
        engine.append(b"a")
        assert [each.data for each in engine.read("", 1)] == [b"a"]
        sentence = checked(url)
        assert "its certificate is not trusted" in sentence
        assert "?ssl_ca_certs=FILE" in sentence
        assert "not trusted" in checked(url.replace("127.0.0.1", "localhost") + trusting)


# --- PostgreSQL ----------------------------------------------------------------------------------


@pytest.fixture
def database(postgres_process: PostgresProcess) -> Iterator[PostgresProcess]:
    """A PostgreSQL with an empty database `other`, and a user `ann` who owns nothing."""
    owner = f"PASSWORD '{PASSWORD}'"
    postgres_process.execute("CREATE DATABASE other", f"CREATE ROLE ann LOGIN {owner}")
    yield postgres_process
    postgres_process.execute("DROP DATABASE other WITH (FORCE)", "DROP OWNED BY ann")
    postgres_process.execute("DROP ROLE ann")


def test_a_postgresql_as_it_must_be_is_taken(database: PostgresProcess) -> None:
    for url in (database.url_of("postgres", "other"), database.socket_url("other")):
        with Hub(database) as hub:
            engine = hub.open(url=url)
            engine.check()
            engine.append(b"a")
            engine.check()
            assert engine.is_connected("one")
            assert [each.data for each in engine.read("", 0)] == [b"a"]


def test_writers_wait_for_each_other_whatever_isolation_the_database_has(
    database: PostgresProcess,
) -> None:
    database.execute("ALTER DATABASE other SET default_transaction_isolation = 'serializable'")
    url = database.url_of("postgres", "other")
    with Hub(database) as hub, ThreadPoolExecutor(4) as pool:
        engines = [hub.open(f"{number}", url=url) for number in range(4)]
        ends = [pool.submit(engine.append, b"a") for engine in engines for _ in range(20)]
        for end in ends:
            end.result(SECONDS)


@pytest.mark.parametrize(
    ("setting", "remedy"),
    [
        ("synchronous_commit = off", "set synchronous_commit on"),
        ("default_transaction_read_only = on", "is a replica or read-only: name the primary"),
    ],
)
def test_a_postgresql_that_would_lose_what_was_said_or_takes_nothing(
    database: PostgresProcess, setting: str, remedy: str
) -> None:
    database.execute(f"ALTER DATABASE other SET {setting}")
    assert remedy in checked(database.url_of("postgres", "other"))


def test_a_database_whose_text_is_not_utf8(database: PostgresProcess) -> None:
    kind = "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    database.execute(f"CREATE DATABASE latin {kind}")
    assert "keeps text as LATIN1" in checked(database.url_of("postgres", "latin"), room="北京")
    database.execute("DROP DATABASE latin WITH (FORCE)")


def test_a_postgresql_that_does_not_let_us_in(database: PostgresProcess) -> None:
    address = f"127.0.0.1:{database.port}"
    for login in ("postgres:s3cret", "nobody:s3cret"):
        sentence = checked(f"postgresql://{login}@{address}/postgres")
        assert sentence.startswith("PostgreSQL does not let us in: password authentication failed")
    sentence = checked(f"postgresql://postgres@{address}/postgres")
    assert sentence.startswith("PostgreSQL asks for a password")
    sentence = checked(database.url_of("postgres", "nowhere"))
    assert sentence == 'PostgreSQL does not let us in: database "nowhere" does not exist.'


def test_a_user_who_may_not_make_tables_or_not_write_to_them(database: PostgresProcess) -> None:
    url = database.url_of("ann", "postgres")
    database.execute("REVOKE CREATE ON SCHEMA public FROM public")
    database.execute("DROP TABLE IF EXISTS hub_room, hub_entry, hub_snapshot")
    assert "GRANT CREATE ON SCHEMA public TO" in checked(url)
    with Hub(database) as hub:
        hub.open().check()  # as the owner
        sentence = checked(url)
        assert "forbids the user ann" in sentence
        database.execute(sentence.partition("types: ")[2])  # as it would be pasted
        engine = hub.open(url=url)
        engine.check()
        engine.append(b"a")
        engine.save(b"s")
        assert [each.data for each in engine.read("", 0)] == [b"a"]


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (Facts("9.6.24", 9_06_24, False, "UTF8", "on", "on"), "PostgreSQL 9.6.24 is too old"),
        (Facts("16.1", 16_00_01, False, "UTF8", "on", "off"), "This PostgreSQL forgets what"),
    ],
    ids=str,
)
def test_other_kinds_of_postgresql(facts: Facts, sentence: str) -> None:
    assert refused(lambda: postgres_faults.refuse_unfit(facts)).startswith(sentence)
