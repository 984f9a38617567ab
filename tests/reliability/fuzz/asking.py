"""Requests of every kind to every route."""

import base64
import hashlib
import random
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from tests.reliability.fuzz import bodies
from tests.reliability.fuzz.bodies import Body
from tests.reliability.fuzz.words import MARK, NUMBERS, TEXTS, text

VERBS = ("score", "fit", "models")
METHODS = (
    "GET",
    "POST",
    "PUT",
    "HEAD",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "get",
    "PRI",
    "X" * 40,
)
PATHS = (
    "/", "//", "/v1", "/v1/", "/v1//score", "//v1/score", "/v1/score/", "/v1/./score", "/v1/../v1/score", "/V1/score",
    "/v1/score;x=1", "/v1/%73core", "/v1/score%00", "/v1/score%2f", "/v1/score%0d%0aX: y", "/v1/%ff%fe",
    "/v1/..%2f..%2fetc",
    "/v1/jobs", "/v1/jobs/", "/v1/fit/", "/v1/fit/a/b", "/v1/fit/a/b/c", "/v1/fit/a/b/-1", "/v1/fit/a/b/+1",
    "/v1/fit/a/b/1.0",
    "/v1/fit/../../1", "/v1/fit/%2e%2e/%2e%2e/1", "/healthz/", "/healthz/..", "/healthz%2f", "/HEALTHZ", "/readyz?x",
    "/metrics/",
    "/openapi.json/", "/openapi.yaml", "/static/x", "/favicon.ico", "/.git/config", "/v1/score\\", "*", "", "score",
    "/\u00e9",
    "/v1/%E2%82%AC", "/v1/%", "/v1/%4", "/v1/%zz", "/v1/" + "a" * 9000, "/v1/fit/a/b/" + "9" * 5000,
    "/v1/fit/a/b/" + "9" * 12,
    "/v1/fit/a/b/%D9%A1", "/v1/fit/a/b/%C2%B2", "/" + "a/" * 3000, "/v1/jobs/" + "f" * 9000,
)  # fmt: skip
OPEN = ("/healthz", "/readyz")
OWN = ("/metrics", "/openapi.json", *OPEN)
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "score": ("model", "explain", "explain_engine", "prefix", "explain_budget_s", "carry"),
    "fit": (
        "model",
        "entity",
        "time",
        "label",
        "fields",
        "scope",
        "peers",
        "recipe",
        "seed",
        "challenger",
        "session",
        "parts",
    ),
    "models": ("model", "action", "version", "job"),
}
USUAL: Mapping[str, tuple[str, ...]] = {
    "explain": ("none", "all", "auto", "1", "0", "999999999", "9" * 30, "9" * 5000, "00", "-1", "1.0", "\u00b2"),
    "explain_engine": ("auto", "library", "AUTO"),
    "prefix": ("ai_", "net_", "x", "_", "a" * 31 + "_", "a" * 32 + "_", "ai_\n", "ordinal_", "a-b_"),
    "explain_budget_s": ("0", "0.001", "-1", "600", "601", "nan", "inf", "1e9999", "1_0", "0x1"),
    "entity": ("user", "user,dest", ",", "," * 5000, "nobody", "_time", "user,user", "us\x00er"),
    "time": ("_time", "none", "", "bytes", "nobody"),
    "label": ("bytes", "user", "", "_time"),
    "fields": ("dest", "bytes:number", "dest:hour", "dest:", ":", "dest:nonsense", "dest,dest", "a" * 5000),
    "scope": ("dest", "", "nobody", "user"),
    "recipe": ("authentication", "alerts", "../x", "/etc/passwd", "x\x00", "", "a" * 300),
    "seed": ("7", "0", "-1", "2147483648", "1e3", "7.0", "9" * 5000, "\u0667"),
    "challenger": ("true", "false", "1", "maybe"),
    "session": ("s0/1", "s1/1", "/", "", "../..", "a" * 5000, "s0/1/2"),
    "parts": ("1", "2", "0", "-1", "1e9", "999999999999", "9" * 5000, "\u00b2", " 1", "1000000000"),
    "action": ("list", "show", "contract", "rollback", "promote", "retire", "LIST", ""),
    "version": ("0" * 12, "", "a", "0" * 64, "../x", "_" * 12),
    "job": ("nope", "", "0" * 16, "../x", "a" * 5000),
}
KINDS = (
    "text/csv", "text/csv; charset=utf-8", "text/csv;charset=utf-16", "TEXT/CSV", "application/json",
    "application/JSON; x=y",
    "text/html", "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "",
    ";", "text/",
    "text/csv, text/csv", "a" * 5000, "\xe9/\xff", "text/csv; charset=\"", "application/octet-stream",
    "application/x-pickle",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """`target` is path and query as they stand in the request line; `rows` as in Body; `told`: it must be accepted."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    rows: int | None = None


@dataclass(frozen=True)
class Maker:
    """Makes requests. `models`: names that can be scored with; `carries`: genuine ones; `ticket`: a valid one."""

    chance: random.Random
    models: Sequence[str]
    carries: Sequence[bytes]
    ticket: str

    def next(self) -> Request:
        """One request."""
        return self.chance.choices(KINDS_OF_REQUEST, WEIGHTS)[0](self)

    def of(self, verb: str, options: Mapping[str, str], body: Body, **headers: str) -> Request:
        """A request to a verb."""
        given = {"Content-Type": body.kind, "Authorization": f"Bearer {self.ticket}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        query = urlencode(options)
        return Request("POST", f"/v1/{verb}?{query}" if query else f"/v1/{verb}", given, body.content, body.rows)

    def model(self) -> str:
        return self.chance.choice(self.models)

    def bare(self, method: str, target: str, content: bytes = b"", kind: str = "text/csv") -> Request:
        """A request with a ticket and nothing else."""
        return Request(method, target, {"Authorization": f"Bearer {self.ticket}", "Content-Type": kind}, content)


def score(maker: Maker) -> Request:
    """Odd events to a real model."""
    chance = maker.chance
    options = {
        "model": maker.model(),
        "explain": "none" if chance.random() < 0.7 else chance.choice(("auto", "all", "2")),
    }
    make = chance.choices((bodies.odd_csv, bodies.odd_json, bodies.marked), (4, 1, 1))[0]
    return maker.of("score", options, make(chance))


def body(maker: Maker) -> Request:
    """Something that is no table to a verb that wants one."""
    chance = maker.chance
    verb = chance.choice(("score", "score", "fit"))
    make = chance.choice((bodies.broken_csv, bodies.broken_json))
    # A fit of what turns out to be a table is work in the background, of which there shall be little.
    options = {"model": maker.model()} | ({"explain": "none"} if verb == "score" else {"entity": text(chance)})
    return maker.of(verb, options, make(chance))


def options(maker: Maker) -> Request:
    """Options of every kind."""
    chance = maker.chance
    verb = chance.choice(VERBS)
    pairs = [(_option(chance, verb), "") for _ in range(chance.choice((0, 1, 1, 2, 3, 3)))]
    given = {name: _value(maker, name) for name, _ in pairs}
    if chance.random() < 0.7:
        given = {"model": maker.model()} | given
    if verb == "score" and chance.random() < 0.7:
        given = {"explain": "none"} | given
    if verb == "models" and given.get("action") in ("promote", "retire") and given.get("version"):
        given["version"] = "0" * 12  # what is in service stays there
    found = maker.of(verb, given, Body(b"" if verb != "score" else b"user\na\n", "text/csv"))
    spoilt = chance.random()
    if spoilt < 0.1:
        return Request(
            found.method,
            found.target + chance.choice(("&&&", "&model=a", "&=", "&%", "#x", "?", "&a=%ff", "&" * 3000)),
            found.headers,
            found.content,
        )
    return found


def _option(chance: random.Random, verb: str) -> str:
    return chance.choice(OPTIONS[verb]) if chance.random() < 0.85 else text(chance)


def _value(maker: Maker, name: str) -> str:
    chance = maker.chance
    if name == "model" and chance.random() < 0.5:
        return maker.model()
    return chance.choice(USUAL[name]) if name in USUAL and chance.random() < 0.7 else text(chance)


def carry(maker: Maker) -> Request:
    """A carry that is another's, altered, or nothing of the kind."""
    chance = maker.chance
    found = chance.choice(CARRIES)(chance, chance.choice(maker.carries))
    rows = [["1700000000", "u1", "h1", "5"], ["1700000000", "u2", "h2", "x"]]
    made = Body(bodies.written(bodies.USUAL, rows), "text/csv", 2)
    return maker.of("score", {"model": maker.model(), "explain": "none"}, made, AIScore_Carry=found)


def _whole(chance: random.Random, genuine: bytes) -> str:
    return _letters(genuine)


def _flipped(chance: random.Random, genuine: bytes) -> str:
    found = bytearray(genuine)
    for _ in range(chance.randint(1, 4)):
        found[chance.randrange(len(found))] = chance.randrange(256)
    return _letters(bytes(found))


def _forged(chance: random.Random, genuine: bytes) -> str:
    sizes = (0.0, -0.0, 1.0, -1.0, 1e308, -1e308, 5e-324, float("nan"), float("inf"), 1.7e9, 1.7e9 + 1, 1e18)
    count = chance.choice((1, 2, 100, 101))
    records = [
        struct.pack("<Qddd", chance.choice((0, 1, 2**64 - 1)), *chance.choices(sizes, k=3)) for _ in range(count)
    ]
    return _letters(genuine[:4] + b"".join(records))


def _resized(chance: random.Random, genuine: bytes) -> str:
    return _letters(
        chance.choice(
            (genuine[:-1], genuine + b"x", genuine[:4], genuine * 40, genuine[:5], b"\x80\x04N.", b"x" * 4096)
        )
    )


def _strange(chance: random.Random, genuine: bytes) -> str:
    letters = _letters(genuine)
    return chance.choice(
        ("=", "====", "A", letters + "=", letters[:-1], letters + "\xff", "a b", "A" * 6000, letters + "!", "-_-_")
    )


def _letters(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _pickled(chance: random.Random, genuine: bytes) -> str:
    # Whoever unpickles this runs `true`, and finds posix.system on the way.
    return _letters(PICKLE)


PICKLE = b"cposix\nsystem\n(S'true'\ntR."
CARRIES = (_pickled, _whole, _flipped, _flipped, _forged, _forged, _resized, _strange)


def headers(maker: Maker) -> Request:
    """One header that is not what it should be."""
    chance = maker.chance
    made = bodies.marked(chance) if chance.random() < 0.2 else Body(b"user\na\n", "text/csv", 1)
    verb = chance.choice(("score", "models", "models", "models"))
    found = maker.of(verb, {"model": maker.model()} | ({"explain": "none"} if verb == "score" else {}), made)
    name, values = chance.choice(tuple(HEADERS.items()))
    value = (
        chance.choice(values).replace("TICKET", maker.ticket).replace("SHA", hashlib.sha256(made.content).hexdigest())
    )
    value = value.encode("utf-8", "replace").decode("latin-1")
    return Request(found.method, found.target, {**found.headers, name: value}, found.content)


HEADERS: Mapping[str, tuple[str, ...]] = {
    "Content-Type": KINDS,
    "Content-Encoding": ("gzip", "identity", "br", "\xff", "a" * 3000),
    "AIScore-Digest": ("SHA", "", "0" * 64, "é", "a" * 9000, "\xff", "SHA ", "sha256=SHA",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")),
    "AIScore-Request-Id": ("", "a" * 32, "A" * 32, "a" * 33, "a" * 9000, "\xff", "x\ty", MARK, "\u0661" * 32),
    "AIScore-Search": ("", "sid/1/0", "a" * 9000, "\xff", "x\ty", '"}\\', *TEXTS[5:12]),
    "AIScore-Carry": ("", "AAAA", "é", "a" * 9000),
    "Authorization": (
        "", "Bearer", "Bearer ", "bearer TICKET", "Bearer  TICKET ", "Basic YTpi", "Bearer t1.", "Bearer t1..",
        "Bearer k1.",
        "Bearer k1.a.b", "Bearer t1.e30.AAAA", "Bearer TICKET.x", "Bearer é", "Bearer t1.é.é", "Bearer k1.é.é",
        "Digest a=1",
        "Bearer t1." + "A" * 9000, "a" * 9000, "Negotiate \xff", "Bearer \x01",
    ),
    "Accept": ("application/json", "text/html", "*/*;q=x", "a" * 3000),
    "Accept-Encoding": ("gzip", "br;q=1"),
    "Range": ("bytes=0-1", "bytes=9-1", "x"),
    "If-None-Match": ("*", "x"),
    "Expect": ("100-continue", "x"),
    "Host": ("", "a:b:c", "\xff", "x" * 3000),
    "X-Forwarded-For": ("127.0.0.1",),
    "X-HTTP-Method-Override": ("DELETE", "GET"),
    "Cookie": ("a=b", "\xff", "session=" + "a" * 3000, "session=Y3Bvc2l4CnN5c3RlbQooUyd0cnVlJwp0Ui4="),
    "Origin": ("null", "http://evil.example"),
    "Upgrade": ("websocket", "h2c"),
}  # fmt: skip


def elsewhere(maker: Maker) -> Request:
    """A path that may not be one, with any method."""
    chance = maker.chance
    path = (
        chance.choice(PATHS) if chance.random() < 0.7 else "/" + quote(text(chance), safe=chance.choice(("", "/%?#")))
    )
    query = "?" + urlencode({text(chance): text(chance)}) if chance.random() < 0.1 else ""
    return maker.bare(chance.choice(METHODS), path + query)


def method(maker: Maker) -> Request:
    """A path that is one, with any method."""
    chance = maker.chance
    path = chance.choice((*OWN, "/v1/score", "/v1/models", "/v1/nope", "/v1/jobs/x", "/v1/fit/a/1/0"))
    return maker.bare(chance.choice(METHODS), path, chance.choice((b"", b"user\na\n")))


def own(maker: Maker) -> Request:
    """What the service says of itself."""
    return maker.bare("GET", maker.chance.choice(OWN), maker.chance.choice((b"", b"x" * 50)))


def part(maker: Maker) -> Request:
    """A part of a fit session: of a few real ones, or of one with a strange name."""
    chance = maker.chance
    usual = chance.random() < 0.5
    session = f"s{chance.randint(0, 3)}/1" if usual else "/".join(quote(text(chance), safe="") for _ in range(2))
    number = str(chance.randint(0, 3)) if usual else quote(chance.choice(NUMBERS), safe="")
    made = bodies.odd_csv(chance, 4) if usual else bodies.body(chance)
    return maker.bare("PUT", f"/v1/fit/{session}/{number}", made.content, made.kind)


def commit(maker: Maker) -> Request:
    """The end of a fit session, mostly of one that is not whole."""
    chance = maker.chance
    session = chance.choice((f"s{chance.randint(0, 3)}/1", *USUAL["session"], text(chance)))
    given = {"model": "made", "session": session, "parts": chance.choice(USUAL["parts"])}
    return maker.of("fit", given, Body(b"", "text/csv"))


def job(maker: Maker) -> Request:
    """A job that is none."""
    chance = maker.chance
    return maker.bare("GET", "/v1/jobs/" + quote(text(chance), safe=chance.choice(("", "/"))))


def fit(maker: Maker) -> Request:
    """A model of odd events: the fit itself runs in the background."""
    chance = maker.chance
    columns = bodies.names(chance)
    rows = [row for _ in range(4) for row in bodies.cells(chance, columns, 30)]
    given = {"model": chance.choice(("made", "other"))} | {
        name: chance.choice(USUAL[name]) for name in ("entity", "time", "scope", "label") if chance.random() < 0.3
    }
    return maker.of("fit", {"time": "none"} | given, Body(bodies.written(columns, rows), "text/csv"))


def listed(maker: Maker) -> Request:
    """What is known of the models."""
    given = maker.chance.choice(({}, {"model": maker.model()}, {"model": maker.model(), "action": "contract"}))
    return maker.of("models", given, Body(b"", "text/csv"))


MIX: tuple[tuple[float, Callable[[Maker], Request]], ...] = (
    (7, score),
    (15, body),
    (15, options),
    (3, carry),
    (12, headers),
    (17, elsewhere),
    (12, method),
    (5, own),
    (8, part),
    (2, commit),
    (4, job),
    (0.02, fit),
    (2, listed),
)
"""The shares of these kinds."""
WEIGHTS = [weight for weight, _ in MIX]
KINDS_OF_REQUEST = [kind for _, kind in MIX]
