"""Every state a credential can be in. Tickets are written by hand from the contract, sharing no code with the service.

`opens` is what the credential is good for; None: it must be refused.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

ROLES = {
    "aiscore_analyst": ["score"],
    "aiscore_engineer": ["score", "fit"],
    "aiscore_admin": ["score", "fit", "admin"],
}
SCOPES = ("score", "fit", "admin", "metrics")


class Credential(NamedTuple):
    """A value of the header Authorization (None: no header), and the scopes it opens."""

    name: str
    header: str | None
    opens: frozenset[str] | None


class World(NamedTuple):
    """What the service knows: its secrets, its clock, its tokens by name (`revoked` among them)."""

    present: bytes
    former: bytes
    forgotten: bytes
    now: float
    tokens: dict[str, str]


def letters(content: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signed(head: str, secret: bytes, kind: Any = hashlib.sha256) -> str:
    """A ticket with this head."""
    return f"{head}.{letters(hmac.new(secret, head.encode(), kind).digest())}"


def payload(now: float, **change: Any) -> dict[str, Any]:
    """What a ticket says; None takes a field out."""
    facts = {"user": "ann", "scopes": list(SCOPES), "expires_at": int(now) + 600, "id": "1"} | change
    return {name: value for name, value in facts.items() if value is not ...}


def ticket(secret: bytes, says: Any, prefix: str = "t1.") -> str:
    """A ticket that says this (a JSON value, or bytes as they are)."""
    content = says if isinstance(says, bytes) else json.dumps(says).encode()
    return signed(prefix + letters(content), secret)


def every(world: World) -> list[Credential]:
    """All of them, refused ones first."""
    groups = (_none, _malformed, _dated, _altered, _foreign, _odd, _tokens_refused, _valid, _tokens_valid)
    found = [Credential(name, header, opens) for group in groups for name, header, opens in group(world)]
    assert len({credential.name for credential in found}) == len(found)
    return found


Found = Iterator[tuple[str, str | None, frozenset[str] | None]]


def _good(world: World, **change: Any) -> str:
    return ticket(world.present, payload(world.now, **change))


def _refused(**cases: str | None) -> Found:
    for name, header in cases.items():
        yield name.replace("_", " "), header, None


def _none(world: World) -> Found:
    good = _good(world)
    return _refused(
        no_header=None,
        empty="",
        scheme_only="Bearer",
        scheme_and_space="Bearer ",
        basic="Basic YWRtaW46Y2hhbmdlbWU=",
        basic_with_a_ticket=f"Basic {good}",
        no_scheme=good,
        scheme_twice=f"Bearer Bearer {good}",
        another_scheme=f"Token {good}",
        splunks_scheme=f"Splunk {good}",
        glued=f"Bearer{good}",
    )


def _malformed(world: World) -> Found:
    good = _good(world)
    head, _, seal = good.rpartition(".")
    return _refused(
        kind_only="Bearer t1.",
        two_dots="Bearer t1..",
        one_part="Bearer t1.abc",
        three_letters="Bearer t1.a.b",
        no_letters="Bearer t1.é.é",
        not_base64="Bearer t1.%%%%.%%%%",
        no_seal=f"Bearer {head}.",
        no_dot=f"Bearer {head}{seal}",
        no_head=f"Bearer t1..{seal}",
        seal_twice=f"Bearer {good}.{seal}",
        padded=f"Bearer {good}=",
        quoted=f'Bearer "{good}"',
        two_tickets=f"Bearer {good}, Bearer {good}",
        with_more=f"Bearer {good} x",
        upper=f"Bearer {good.upper()}",
        long="Bearer t1." + "A" * 6000 + ".A",
        kind_of_a_token_only="Bearer k1.",
        no_letters_of_a_token="Bearer k1.é.é",
    )


def _dated(world: World) -> Found:
    def at(expires_at: Any) -> str:
        return f"Bearer {_good(world, expires_at=expires_at)}"

    return _refused(
        expired=at(world.now - 100),
        expired_a_minute_ago=at(world.now - 62),
        expired_long_ago=at(0),
        too_far_ahead=at(world.now + 3600),
        a_year_ahead=at(world.now + 31e6),
        never_ends=at(float("inf")),
        always_ended=at(float("-inf")),
        no_number=at(float("nan")),
        beyond_numbers="Bearer "
        + ticket(world.present, json.dumps(payload(world.now, expires_at="END")).replace('"END"', "1e999").encode()),
        huge_number=at(10**400),
        ends_in_words=at("soon"),
        ends_null=at(None),
        no_end=at(...),
    )


def _altered(world: World) -> Found:
    good = _good(world, scopes=["score"])
    head, _, seal = good.rpartition(".")
    says = payload(world.now)
    none = letters(b'{"alg":"none","typ":"JWT"}') + "." + letters(json.dumps(says).encode())
    hs256 = letters(b'{"alg":"HS256","typ":"JWT"}') + "." + letters(json.dumps(says).encode())
    other = "t1." + letters(json.dumps(says).encode())
    return _refused(
        more_scopes_under_the_seal=f"Bearer {other}.{seal}",
        head_flipped=f"Bearer {head[:9]}{'A' if head[9] != 'A' else 'B'}{head[10:]}.{seal}",
        seal_flipped=f"Bearer {head}.{'A' if seal[0] != 'A' else 'B'}{seal[1:]}",
        seal_ends_otherwise=f"Bearer {head}.{seal[:-1]}{chr(ord(seal[-1]) ^ 1)}",
        seal_cut=f"Bearer {head}.{seal[:-1]}",
        seal_longer=f"Bearer {head}.{seal}A",
        seal_in_hex=f"Bearer {head}.{hmac.new(world.present, head.encode(), hashlib.sha256).hexdigest()}",
        sealed_without_a_secret=f"Bearer {signed(other, b'')}",
        sealed_with_a_hash=f"Bearer {other}.{letters(hashlib.sha256(other.encode()).digest())}",
        sealed_with_sha1=f"Bearer {signed(other, world.present, hashlib.sha1)}",
        sealed_with_sha512=f"Bearer {signed(other, world.present, hashlib.sha512)}",
        sealed_with_md5=f"Bearer {signed(other, world.present, hashlib.md5)}",
        sealed_over_the_payload_only="Bearer "
        + f"{other}.{letters(hmac.new(world.present, other[3:].encode(), hashlib.sha256).digest())}",
        jwt_without_algorithm=f"Bearer {none}.",
        jwt_without_algorithm_named_a_ticket=f"Bearer t1.{none}.",
        jwt_sealed=f"Bearer {signed(hs256, world.present)}",
        jwt_sealed_and_named_a_ticket=f"Bearer {signed('t1.' + hs256, world.present)}",
    )


def _foreign(world: World) -> Found:
    says = payload(world.now)
    secret = world.present
    return _refused(
        foreign_secret=f"Bearer {ticket(b'x' * 64, says)}",
        forgotten_secret=f"Bearer {ticket(world.forgotten, says)}",
        secret_cut=f"Bearer {ticket(secret[:-1], says)}",
        secret_with_a_line_end=f"Bearer {ticket(secret + bytes([10]), says)}",
        secret_in_upper_case=f"Bearer {ticket(secret.upper(), says)}",
        another_kind=f"Bearer {ticket(secret, says, 't2.')}",
        no_kind=f"Bearer {ticket(secret, says, '')}",
        named_a_token=f"Bearer {ticket(secret, says, 'k1.')}",
        kind_in_upper_case=f"Bearer {ticket(secret, says, 'T1.')}",
    )


def _odd(world: World) -> Found:
    def rightly(says: Any) -> str:
        return f"Bearer {ticket(world.present, says)}"

    def named(user: Any) -> str:
        return rightly(payload(world.now, user=user))

    return _refused(
        says_nothing=rightly(b""),
        says_no_json=rightly(b"{"),
        says_no_text=rightly(b"\xff\xfe\x00"),
        says_null=rightly(None),
        says_a_list=rightly([1]),
        says_a_word=rightly("admin"),
        says_a_nest=rightly(b"[" * 4000),
        nobody=named(...),
        user_null=named(None),
        user_empty=named(""),
        user_a_number=named(1),
        user_a_list=named(["ann"]),
        user_with_a_line_end=named("ann\nadmin"),
        user_with_nul=named("ann\x00"),
        user_with_escapes=named("\x1b[2Jann"),
        user_with_half_a_letter=named("\ud800"),
        user_too_long=named("a" * 257),
        no_scopes_field=rightly(payload(world.now, scopes=...)),
        scopes_null=rightly(payload(world.now, scopes=None)),
        scopes_a_word=rightly(payload(world.now, scopes="admin")),
        scopes_a_table=rightly(payload(world.now, scopes={"admin": True})),
    )


def _tokens_refused(world: World) -> Found:
    token, other = world.tokens["score"], world.tokens["admin"]
    _, own, secret = token.split(".")
    return _refused(
        token_unknown="Bearer k1.0123456789ab." + "x" * 43,
        token_revoked=f"Bearer {world.tokens['revoked']}",
        token_altered=f"Bearer {token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        token_cut=f"Bearer {token[:-1]}",
        token_half=f"Bearer {token[:38]}",
        token_without_secret=f"Bearer k1.{own}.",
        token_without_dot=f"Bearer k1.{own}",
        token_longer=f"Bearer {token}A",
        token_of_another_id=f"Bearer k1.{other.split('.')[1]}.{secret}",
        token_of_an_upper_id=f"Bearer k1.{own.upper()}x.{secret}",
        token_by_its_hash=f"Bearer k1.{own}.{hashlib.sha256(secret.encode()).hexdigest()}",
        token_named_a_ticket=f"Bearer t1.{own}.{secret}",
    )


def _valid(world: World) -> Found:
    def says(scopes: list[str], secret: bytes = world.present, **change: Any) -> str:
        return f"Bearer {ticket(secret, payload(world.now, scopes=scopes, **change))}"

    for role, scopes in ROLES.items():
        yield f"ticket of the role {role}", says(scopes), frozenset(scopes)
    for scope in SCOPES:
        yield f"ticket of the scope {scope}", says([scope]), frozenset({scope})
    yield "ticket of all scopes", says(list(SCOPES)), frozenset(SCOPES)
    yield "ticket of no scope", says([]), frozenset()
    yield "ticket of unknown scopes", says(["root", "*", "ADMIN", "admin ", "score,admin"]), frozenset()
    yield "ticket of a scope and an unknown one", says(["score", "root"]), frozenset({"score"})
    yield "ticket of the former secret", says(["score", "fit"], world.former), frozenset({"score", "fit"})
    yield "ticket nearly ended", says(["score"], expires_at=world.now - 1), frozenset({"score"})
    yield "ticket of a clock ahead", says(["score"], expires_at=world.now + 630), frozenset({"score"})
    yield "ticket of a name in other letters", says(["score"], user='Zoë "O\' Neill", 張'), frozenset({"score"})
    yield "ticket with more said", says(["score"], admin=True, scope="admin"), frozenset({"score"})
    yield "scheme in small letters", says(["score"]).replace("Bearer", "bearer"), frozenset({"score"})
    yield "scheme and two spaces", says(["score"]).replace("Bearer", "Bearer "), frozenset({"score"})


def _tokens_valid(world: World) -> Found:
    for name, token in world.tokens.items():
        if name != "revoked":
            yield f"token of {name}", f"Bearer {token}", frozenset(SCOPES if name == "all" else [name])
