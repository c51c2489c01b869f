"""A gate in front of a server: lets connections through and notes what went each way."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType


class Gate:
    """One request to a connection, as simple readers do it; bytes are passed on as they are.

    Attributes:
        requests: The headers of each request, with names in small letters.
        statuses: What each was answered with.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Gate:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _run(self) -> None:
        with suppress(OSError):  # the end of listening
            while True:
                client, _ = self._listener.accept()
                with client, socket.create_connection(("127.0.0.1", self._target)) as server:
                    self._pass(client, server)

    def _pass(self, client: socket.socket, server: socket.socket) -> None:
        request = _head(client)
        _, *lines = request.decode("latin-1").strip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        self.requests.append(headers)
        kept = "".join(f"{n}: {v}\r\n" for n, v in headers.items() if n != "connection")
        first = request.split(b"\r\n", 1)[0].decode("latin-1")
        server.sendall(f"{first}\r\n{kept}connection: close\r\n\r\n".encode("latin-1"))
        answer = b"".join(iter(lambda: server.recv(65_536), b""))
        self.statuses.append(int(answer.split(b" ", 2)[1]))
        client.sendall(answer)


def _head(client: socket.socket) -> bytes:
    found = b""
    while b"\r\n\r\n" not in found and (more := client.recv(65_536)):
        found += more
    return found
