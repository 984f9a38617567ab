"""As much of HTTP/1.1 as a proxy between two well known sides needs."""

import asyncio
from dataclasses import dataclass

Fields = list[tuple[str, str]]


class Lost(Exception):
    """The other side is gone."""


@dataclass
class Message:
    """A request or a response: its first line, its fields as they came, and its body."""

    line: str
    fields: Fields
    body: bytes = b""

    def get(self, name: str) -> str:
        """The value of a field, or nothing."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), "")

    def replaced(self, **fields: str) -> Fields:
        """The fields with some others in the place of those of the same name; `_` stands for `-`."""
        given = {name.replace("_", "-"): value for name, value in fields.items()}
        names = {name.lower() for name in given}
        return [pair for pair in self.fields if pair[0].lower() not in names] + list(given.items())

    def encoded(self) -> bytes:
        """The bytes of the message, its fields as they stand."""
        head = "".join(f"{name}: {value}\r\n" for name, value in self.fields)
        return f"{self.line}\r\n{head}\r\n".encode("latin-1") + self.body


async def read_head(reader: asyncio.StreamReader) -> Message:
    """A message without its body. Raises Lost at the end of the connection, or when no head comes."""
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as failure:
        raise Lost from failure
    line, *rest = text.split("\r\n")[:-2]
    pairs = [field.partition(":") for field in rest]
    return Message(line, [(name.strip(), value.strip()) for name, _, value in pairs])


async def read_body(reader: asyncio.StreamReader, head: Message) -> bytes:
    """The body of this head: by its length, or in chunks."""
    try:
        if head.get("Transfer-Encoding").lower() != "chunked":
            return await reader.readexactly(int(head.get("Content-Length") or 0))
        found = []
        while size := int(await reader.readline(), 16):
            found.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        return b"".join(found)
    except (asyncio.IncompleteReadError, OSError, ValueError) as failure:
        raise Lost from failure


def response(status: int, kind: str, body: bytes, fields: Fields | None = None) -> Message:
    """A whole response that announces its length."""
    all_fields = [("Content-Type", kind), ("Content-Length", str(len(body))), *(fields or [])]
    return Message(f"HTTP/1.1 {status} Status", all_fields, body)
