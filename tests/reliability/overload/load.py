"""Clients in a process of their own, so that what they measure is the server and not the test.

One asks as soon as it is answered (closed); a crowd asks at a rate, whatever the answers (offered). Nothing but the
standard library is imported here: the clients take as little of the machine as they can.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 30.0


class Answered(NamedTuple):
    """One request: its status (0 when there was no whole answer), its time, and whether it says when to come back."""

    status: int
    ms: float
    retry_after: bool


class Plan(NamedTuple):
    """How often to ask: `clients` of them one after the other, or, where `rate` is given, so many requests a second.

    One after the other asks at least once.
    """

    port: int
    seconds: float
    clients: int = 1
    rate: float = 0.0


def measured(plan: Plan, sent: bytes) -> list[Answered]:
    """Carry out the plan in a child process; `sent` is the request."""
    return finished(begun(plan, sent))


def begun(plan: Plan, sent: bytes) -> "subprocess.Popen[bytes]":
    """Start carrying it out."""
    words = [sys.executable, "-m", "tests.reliability.overload.load", json.dumps(plan)]
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdin
    child.stdin.write(sent)
    child.stdin.close()
    return child


def finished(child: "subprocess.Popen[bytes]") -> list[Answered]:
    """What a started one has found."""
    with child:
        assert child.stdout
        said = child.stdout.read()
    assert child.returncode == 0, f"the clients ended with {child.returncode}"
    return [Answered(*one) for one in json.loads(said)]


class Clients:
    """Kept-alive connections; one is opened when none is idle."""

    def __init__(self, port: int, sent: bytes) -> None:
        self._port = port
        self._sent = sent
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.answers: list[Answered] = []

    async def ask(self) -> None:
        """One request; its time begins before a connection is looked for."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status, retry_after = await self._once()
        except (OSError, EOFError, ValueError, TimeoutError) as failure:
            print(f"no answer: {failure!r}", file=sys.stderr)
            status, retry_after = 0, False
        self.answers.append(Answered(status, (time.perf_counter() - began) * 1000, retry_after))

    async def _line(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        # The server closes a connection on which nothing was said for the time of a header.
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def _once(self) -> tuple[int, bool]:
        line = await self._line()
        reader, writer = line
        try:
            writer.write(self._sent)
            with suppress(ConnectionError):  # an answer may be there although not all was taken
                await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(size)
        except BaseException:
            writer.close()
            raise
        if b"connection: close" in head:
            writer.close()
        else:
            self._idle.append(line)
        return int(head.split(b" ", 2)[1]), b"\r\nretry-after:" in head


async def carry_out(plan: Plan, sent: bytes) -> list[Answered]:
    """The answers, in the order they came."""
    clients = Clients(plan.port, sent)
    end = time.perf_counter() + plan.seconds

    async def one_after_the_other() -> None:
        await clients.ask()
        while time.perf_counter() < end:
            await clients.ask()

    if not plan.rate:
        await asyncio.gather(*(one_after_the_other() for _ in range(plan.clients)))
        return clients.answers
    began, asking = time.perf_counter(), []
    for number in range(int(plan.rate * plan.seconds)):
        await asyncio.sleep(max(began + number / plan.rate - time.perf_counter(), 0))
        asking.append(asyncio.ensure_future(clients.ask()))
    await asyncio.gather(*asking)
    return clients.answers


def share(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of all do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)] if ordered else 0.0


def main(words: Sequence[str]) -> None:
    """Carry out the plan of the command line, and print the answers."""
    found: list[Any] = asyncio.run(carry_out(Plan(*json.loads(words[0])), sys.stdin.buffer.read()))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
