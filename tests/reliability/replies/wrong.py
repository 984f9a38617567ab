"""Replies that must not be taken: what a sidecar that errs, or something between it and the command, could send.

Each forger makes a reply from a Scene. Two sorts are told apart by the seal, which is the Content-Digest of a reply: a
sidecar that errs seals what it says; what is changed on the way keeps the seal of what was said.
"""

import base64
import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tests.reliability.replies import honest
from tests.reliability.replies.honest import Asked

Table = list[list[str]]


@dataclass(frozen=True)
class Reply:
    """A response before it is written; `ends` is where its bytes stop, where they are cut short."""

    body: bytes
    headers: Mapping[str, str]
    status: int = 200
    ends: int | None = None
    announced: bool = True

    def wire(self) -> bytes:
        """As it goes over a connection."""
        given = {"Content-Type": "text/csv; charset=utf-8", **self.headers}
        if self.announced:
            given.setdefault("Content-Length", str(len(self.body)))
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        return (f"HTTP/1.1 {self.status} Said\r\n{head}\r\n".encode() + self.body)[: self.ends]


@dataclass(frozen=True)
class Scene:
    """What a forger has at hand: the chunk asked for, the request's headers, and replies to earlier requests."""

    chance: random.Random
    asked: Asked
    sent: Mapping[str, str]
    earlier: Sequence[tuple[Asked, Reply]] = field(repr=False)

    def good(self) -> Reply:
        """The honest reply."""
        return self.sealed(honest.to_csv(self.asked.table()))

    def sealed(self, body: bytes) -> Reply:
        """What a sidecar sends that means `body` to be the answer to this request."""
        headers = {
            "AIScore-Request-Id": self.sent["AIScore-Request-Id"],
            "AIScore-Digest": self.sent["AIScore-Digest"],
            "AIScore-Model": self.asked.model,
            "AIScore-Carry": "Y2Fycnk=",
            "Content-Digest": seal(body),
        }
        return Reply(body, headers)

    def changed(self, body: bytes) -> Reply:
        """The honest reply, its body changed on the way."""
        return replace(self.good(), body=body)

    def either(self, body: bytes) -> Reply:
        """Changed on the way, or said so by the sidecar."""
        return self.chance.choice((self.sealed, self.changed))(body)

    def at(self, of: int) -> int:
        """A place below `of`, the ends being as likely as all between."""
        return self.chance.choice((0, of - 1, self.chance.randrange(of)))

    def alike(self) -> tuple[Asked, Reply] | None:
        """An earlier reply to as many other events of the same model: nothing in its body is wrong."""
        found = [(asked, reply) for asked, reply in self.earlier if _is_alike(asked, self.asked)]
        return self.chance.choice(found) if found else None


def _is_alike(one: Asked, other: Asked) -> bool:
    return len(one.keys) == len(other.keys) and one.model == other.model and one.keys != other.keys


def seal(body: bytes) -> str:
    """The Content-Digest of a body (RFC 9530)."""
    return "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"


def _written(scene: Scene, table: Table) -> Reply:
    return scene.either(honest.to_csv(table))


def _numbered(table: Table) -> Table:
    return [table[0], *([str(at), *row[1:]] for at, row in enumerate(table[1:]))]


def shuffled(scene: Scene) -> Reply:
    """Lines in another order, each with its ordinal."""
    head, *lines = scene.asked.table()
    order = scene.chance.sample(lines, len(lines))
    if order == lines:
        order = order[1:] + order[:1] if len(lines) > 1 else order * 2
    return _written(scene, [head, *order])


def shuffled_and_numbered(scene: Scene) -> Reply:
    """Lines in another order, or one of another event, numbered anew: all that tells is the seal."""
    head, *lines = scene.asked.table()
    if len(lines) == 1:
        return scene.changed(honest.to_csv([head, scene.chance.choice(scene.earlier)[0].table()[1]]))
    at = scene.chance.randrange(1, len(lines))
    return scene.changed(honest.to_csv(_numbered([head, *lines[at:], *lines[:at]])))


def short(scene: Scene) -> Reply:
    """Lines are missing, with or without a gap in the ordinals."""
    head, *lines = scene.asked.table()
    kept = scene.chance.sample(range(len(lines)), scene.chance.randrange(len(lines)))
    table = [head, *(lines[at] for at in sorted(kept))]
    return _written(scene, scene.chance.choice((_numbered, list))(table))


def long(scene: Scene) -> Reply:
    """Lines of another reply stand in it, too."""
    head, *lines = scene.asked.table()
    other = scene.chance.choice(scene.earlier)[0].table()[1:]
    at = scene.at(len(lines) + 1)
    table = [head, *lines[:at], *other[: scene.chance.randint(1, len(other))], *lines[at:]]
    return _written(scene, scene.chance.choice((_numbered, list))(table))


def doubled(scene: Scene) -> Reply:
    """A line stands twice: beside itself, or in the place of another."""
    head, *lines = scene.asked.table()
    at = scene.at(len(lines))
    if len(lines) > 1 and scene.chance.random() < 0.5:
        return _written(scene, [head, *lines[:at], lines[at - 1], *lines[at + 1 :]])
    return _written(scene, [head, *lines[:at], lines[at], *lines[at:]])


def renumbered(scene: Scene) -> Reply:
    """Ordinals that do not run 0, 1, 2, ..., or are not written so."""
    head, *lines = scene.asked.table()
    at = scene.at(len(lines))
    was = int(lines[at][0])
    lines[at][0] = scene.chance.choice((str(was + 1), f"0{was}", f"-{was}", f"+{was}", f" {was}", "", f"{was}.0", "x"))
    if scene.chance.random() < 0.3:
        lines = [[str(int(number) + 1), *line[1:]] for number, line in enumerate(lines)]
    return _written(scene, [head, *lines])


def mixed(scene: Scene) -> Reply:
    """Some lines are of another version of the model, or all but the header are."""
    model = scene.chance.choice([name for name in honest.MODELS if name != scene.asked.model])
    other = replace(scene.asked, model=model).table()
    table = scene.asked.table()
    picked = scene.chance.sample(range(1, len(table)), scene.chance.randint(1, len(table) - 1))
    if all(not table[at][8] for at in picked):  # lines without a score name no model: nothing would be mixed
        table[1] = ["0", "0.5", "medium", "50", "0.9", "", "", "", model, "00ff", "scored", ""]
    for at in picked:
        table[at] = other[at] if other[at][8] else table[at]
    if scene.chance.random() < 0.3:
        return replace(
            scene.sealed(body := honest.to_csv(table)), headers={**scene.sealed(body).headers, "AIScore-Model": ""}
        )
    return _written(scene, table)


BAD_SHARES = (
    "NaN",
    "nan",
    "inf",
    "-inf",
    "-0.1",
    "-0",
    "1.000001",
    "2",
    "1e3",
    "1e999",
    "0x1",
    " 0.5",
    "+0.5",
    "0,5",
    ".5",
    "0.",
    "½",
)
BAD_RISKS = ("0", "101", "-1", "1.5", "007", "NaN", "", "1000", " 5")


def worthless(scene: Scene) -> Reply:
    """A number that is none, or lies outside its range."""
    table = scene.asked.table()
    at = scene.at(len(table) - 1) + 1
    if table[at][10] == "unscored":
        table[at][scene.chance.choice((1, 3, 4, 5))] = "0.5"
        return _written(scene, table)
    column = scene.chance.choice((1, 1, 3, 4, 5))
    table[at][column] = scene.chance.choice(BAD_RISKS if column == 3 else BAD_SHARES)
    return _written(scene, table)


def worded(scene: Scene) -> Reply:
    """A severity, status or note that is no word of ours."""
    table = scene.asked.table()
    at = scene.at(len(table) - 1) + 1
    column = scene.chance.choice((2, 9, 10, 11))
    table[at][column] = scene.chance.choice(("awful", "SCORED", "a b", "-", "é", "0.5"))
    if column == 11:
        table[at][column] = scene.chance.choice(("A", "a b", "note!", "a,,b"))
    if column == 9:
        table[at][column] = scene.chance.choice(("XYZ", "-", "00FF"))
    return _written(scene, table)


def otherwise(scene: Scene) -> Reply:
    """Other columns: another prefix, another order, one more, one less, none."""
    table = scene.asked.table()
    how = scene.chance.randrange(7)
    if how == 0:
        table[0] = honest.header("net_")
    elif how == 1:
        table[0][1:] = table[0][:0:-1]
    elif how == 2:
        table = [[*row, ""] for row in table]
    elif how == 3:
        table = [row[:-1] for row in table]
    elif how == 4:
        table = table[1:]
    elif how == 5:
        table[0] = ["ordinal", *table[0][:0:-1]]
    else:
        return scene.either(
            scene.chance.choice((b"", b"\n", b"\xef\xbb\xbf" + scene.good().body, b"{}", b"<h1>hello</h1>"))
        )
    return _written(scene, table)


def leftover(scene: Scene) -> Reply:
    """Something stands before, after or between the lines."""
    lines = [honest.to_csv([row]) for row in scene.asked.table()]
    at = scene.at(len(lines) + 1)
    junk = scene.chance.choice((b"\n", b" ", b"#", b"\0", b"x" * 9, b"0", b"\r\n", b'"', b"," * 11 + b"\n", b"7,\n"))
    return scene.either(b"".join([*lines[:at], junk, *lines[at:]]))


def flipped(scene: Scene) -> Reply:
    """One to three bytes are others."""
    body = bytearray(scene.good().body)
    for _ in range(scene.chance.randint(1, 3)):
        body[scene.at(len(body))] ^= scene.chance.randint(1, 255)
    return scene.either(bytes(body))


def spliced(scene: Scene) -> Reply:
    """The start of one reply and the end of another, cut anywhere, or at the same column of two lines."""
    asked, other = scene.alike() or scene.chance.choice(scene.earlier)
    mine, theirs = scene.good().body, other.body
    if scene.chance.random() < 0.5 or len(asked.keys) != len(scene.asked.keys):
        return scene.changed(mine[: scene.at(len(mine))] + theirs[scene.at(len(theirs)) :])
    ours, others = scene.asked.table(), asked.table()
    row, column = scene.at(len(ours) - 1) + 1, scene.chance.randrange(1, 12)
    # From any cell on the other's: scores of one event beside the reasons of another.
    return scene.changed(honest.to_csv([*ours[:row], [*ours[row][:column], *others[row][column:]], *others[row + 1 :]]))


def cut(scene: Scene) -> Reply:
    """The connection ends at any byte; where no length was announced, an end looks like an end."""
    good = replace(scene.good(), announced=scene.chance.random() < 0.5)
    size = len(good.wire())
    return replace(
        good,
        ends=scene.chance.choice(
            (scene.chance.randrange(20), scene.chance.randrange(size), size - 1, size - len(good.body))
        ),
    )


def stale(scene: Scene) -> Reply:
    """An earlier reply, whole: late, of another search, or its body under some or all headers of this request's."""
    alike = scene.alike() if scene.chance.random() < 0.8 else None
    _, old = alike or scene.chance.choice(scene.earlier)
    now = scene.good().headers
    renewed = scene.chance.choice(((), ("AIScore-Request-Id",), ("AIScore-Digest",), ("AIScore-Model",), tuple(now)))
    return replace(old, headers={**old.headers, **{name: now[name] for name in renewed}})


def unsealed(scene: Scene) -> Reply:
    """A reply of other events under this request's headers, without a seal, or with one that is none."""
    _, old = scene.alike() or scene.chance.choice(scene.earlier)
    headers = dict(scene.good().headers)
    del headers["Content-Digest"]
    said = scene.chance.choice((None, "", "sha-256=::", "md5=:AAAA:", "unknown"))
    return replace(old, headers=headers if said is None else {**headers, "Content-Digest": said})


def misheaded(scene: Scene) -> Reply:
    """A header or a status that makes a good body none; the body is one of other events where there is one."""
    alike = scene.alike() if scene.chance.random() < 0.5 else None
    good = replace(scene.good(), body=alike[1].body) if alike else scene.good()
    status = scene.chance.choice((200, 200, 200, 200, 301, 307, 304, 400, 401, 404, 413, 429, 500, 502, 503))
    if status != 200:
        return replace(good, status=status, headers={**good.headers, "Location": "/v1/score"})
    wrong = scene.chance.choice(
        (
            {"AIScore-Request-Id": ""},
            {"AIScore-Request-Id": scene.sent["AIScore-Request-Id"].upper() + "0"},
            {"AIScore-Digest": scene.sent["AIScore-Digest"][:-1]},
            {"AIScore-Model": ""},
            {"Content-Encoding": "gzip"},
            {"Content-Type": "text/html"},
            {"Content-Type": ""},
            {"Content-Length": str(1 << 31)},
            {"Content-Length": "-1"},
            {"Content-Length": "ten"},
            {"AIScore-Carry": "A" * 9000},
            {"Transfer-Encoding": "chunked"},
        )
    )
    return replace(good, headers={**good.headers, **wrong})


FORGERS: dict[str, Callable[[Scene], Reply]] = {
    forger.__name__: forger
    for forger in (
        shuffled, shuffled_and_numbered, short, long, doubled, renumbered, mixed, worthless, worded, otherwise,
        leftover, flipped, spliced, cut, stale, unsealed, misheaded,
    )
}  # fmt: skip
"""Every way to answer wrongly, by name."""
