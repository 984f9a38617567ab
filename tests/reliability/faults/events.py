"""The events of a faulted search: quiet logons in odd bytes, each with an id of its own, as splunkd would send them."""

import functools
import hashlib
import random
from dataclasses import dataclass

START = 1767225600
HEADER = b"_time,user,dest,src,action,_raw,tags,__mv_tags,row_id,_bkt,_cd"
IDS = ("_time", "user", "dest", "src", "action", "_bkt", "_cd")
"""What the model `logon` makes an event id of, in its order."""


@dataclass(frozen=True)
class Chunk:
    """A chunk as bytes: `records` without line ends, and the event id that each has by the definition."""

    body: bytes
    records: tuple[bytes, ...]
    event_ids: tuple[bytes, ...]

    def __len__(self) -> int:
        return len(self.records)


@functools.cache
def chunk(count: int, start: int, seed: int) -> Chunk:
    """`count` events from number `start` on. Every second chunk of a search should hold bytes that are not UTF-8."""
    chance = random.Random(f"{seed} {start}")
    made = [_event(start + at, chance) for at in range(count)]
    if start % 2:
        record, event_id = made[count // 2]
        made[count // 2] = record.replace(b"logged", b"\xff\xfelog\x00ged", 1), event_id
    records = tuple(record for record, _ in made)
    return Chunk(b"\n".join((HEADER, *records)) + b"\n", records, tuple(event_id for _, event_id in made))


def _event(number: int, chance: random.Random) -> tuple[bytes, bytes]:
    user = chance.randrange(30)
    dest = f"srv{(user * 3 + chance.randrange(3)) % 20}"
    src = f"10.0.{user}.{chance.randrange(2)}"
    values = [f"{START + number * 40}.{number % 1000:03d}", f"u{user}", dest, src, "success", "main~1", f"1:{number}"]
    event_id = hashlib.sha256("".join(["1", *map("\x1f%s=%s".__mod__, zip(IDS, values, strict=True))]).encode())
    raw, tags, several = _odd(number, user)
    cells = [*values[:5], raw, tags, several, f"row-{number}", *values[5:]]
    return ",".join(cells).encode(), event_id.hexdigest()[:32].encode()


def _odd(number: int, user: int) -> tuple[str, str, str]:
    """_raw, tags and __mv_tags as csv cells."""
    kind = number % 5
    if kind == 0:
        return f'"{number} user=""u{user}""\r\nlogged, on"', "", ""
    if kind == 1:
        return f"{number} logged on ü {{0}} %s $", '"a$b\nc"', "$a$$b$;$c$"
    if kind == 2:
        return f'" {number} logged\n\n,"",""\n"', '""', ""
    if kind == 3:
        return f"'{number}' logged\ton 日本 \x7f", "x", "$x$"
    return f"{number} logged on", "", ""
