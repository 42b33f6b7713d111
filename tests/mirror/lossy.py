"""A line to PostgreSQL that breaks at a COMMIT: before the server has it, or before its answer is back."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from sqlalchemy.engine import make_url

_COMMIT = b"COMMIT\0"


class Breaks(Enum):
    """Where the line breaks."""

    BEFORE_COMMIT = "before the server has it"
    BEHIND_COMMIT = "before its answer is back"


@contextmanager
def lossy_line(database_url: str, breaks: Breaks, commits: int) -> Iterator[str]:
    """URL of the same database over a line that breaks at the `commits`-th COMMIT, counted from 1, and then holds."""
    left = iter(range(commits, 0, -1))
    listener = socket.create_server(("127.0.0.1", 0))
    target = make_url(database_url)
    socket_path = str(Path(str(target.query["host"])) / ".s.PGSQL.5432")

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(socket_path)
                threading.Thread(target=_serve, args=(client, server, breaks, left), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        host, port = listener.getsockname()
        yield target.set(host=host, port=port, query={"sslmode": "disable"}).render_as_string(hide_password=False)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _serve(client: socket.socket, server: socket.socket, breaks: Breaks, left: Iterator[int]) -> None:
    """Passes on in both directions; a thread gives back what the server says, until the line breaks."""
    broken = threading.Event()
    with client, server, contextlib.suppress(OSError):
        threading.Thread(target=_pass_back, args=(client, server, broken), daemon=True).start()
        while said := client.recv(1 << 16):
            if said.endswith(_COMMIT) and next(left, None) == 1:
                broken.set()
                if breaks is Breaks.BEHIND_COMMIT:
                    server.sendall(said)
                    server.settimeout(5)
                    server.recv(1 << 16, socket.MSG_PEEK)
                return
            server.sendall(said)


def _pass_back(client: socket.socket, server: socket.socket, broken: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while said := server.recv(1 << 16):
            if broken.is_set():
                break
            client.sendall(said)
        client.shutdown(socket.SHUT_RDWR)
