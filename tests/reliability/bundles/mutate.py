"""Sealed sets altered by someone who has no key, and manifests that no `seal` writes, signed by someone who has.

Each must be refused by its signature, its hashes or its manifest, before anything in it is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any, NamedTuple

from models.bundle import MAX_FILES, sign
from tests.reliability.bundles.foreign import contents
from tests.reliability.bundles.specimen import KEY, Set, Specimen

EVIL_NAMES = (
    "../model.json",
    "/etc/passwd",
    "model\x00.json",
    "m" * 5000 + ".json",
    "modèle.json",
    "model.pkl",
    "con:model.json",
    "",
    "model.json/../../x.npy",
    "$(touch x).json",
    "\u202enosj.json",
)
EVIL_DIGESTS: tuple[Any, ...] = ("", "0" * 63, "../" + "0" * 61, "0" * 64 + "\n", "G" * 64, None, 5, ["a"], 1e308)


Edit = tuple[str, Callable[[], bytes]]


class Attempt(NamedTuple):
    """A set as it lies in the store. changed: contents by the digest they are stored under, None: taken away;
    says: one of these words stands in the refusal; parses: whether its manifest may be read, its signature fitting."""

    what: str
    kind: str
    manifest: bytes
    signature: str
    changed: Mapping[str, bytes | None]
    says: tuple[str, ...]
    parses: bool


def attempt(number: int, seed: int, specimen: Specimen, older: Specimen) -> Attempt:
    """Case `number` of a seed. older: another version of the model."""
    chance = Random(f"{seed} {number}")
    whole, other = (specimen, older) if number % 3 else (older, specimen)
    kept = whole[chance.randrange(2)]
    former = other.bundle if kept.kind == "bundle" else other.generation
    turn = (_content, _manifest, _signed_manifest, _signature)[number % 4]
    return turn(chance, kept, former, whole)


def _content(chance: Random, kept: Set, former: Set, whole: Specimen) -> Attempt:
    """A file that has changed on disk."""
    name = chance.choice(sorted(kept.files))
    content = kept.files[name]
    what, new = chance.choice(_alterations(chance, name, kept, former))
    digest = _digest(content)
    says = (name, digest[:12])
    # Two files of one content are one file on disk: the first of them is named.
    says += tuple(other for other in kept.files if kept.files[other] == content)
    if new == content:
        what, new = "emptied", b"" if content else b" "
    return Attempt(f"{name} {what}", kept.kind, kept.manifest, kept.signature, {digest: new}, says, parses=True)


def _alterations(chance: Random, name: str, kept: Set, former: Set) -> list[tuple[str, bytes | None]]:
    content = kept.files[name]
    flipped = bytearray(content)
    bit = chance.randrange(8 * len(content))
    flipped[bit // 8] ^= 1 << bit % 8
    twin = chance.choice(sorted(kept.files))
    foreign = chance.choice(sorted(contents()))
    return [
        (f"with bit {bit} flipped", bytes(flipped)),
        ("cut short", content[: chance.randrange(len(content))]),
        ("grown", content + chance.randbytes(chance.choice((1, 64, 5000)))),
        (f"swapped with {twin}", kept.files[twin]),
        ("of an older version", former.files.get(name, b"")),
        ("taken away", None),
        (f"as {foreign}", contents()[foreign]),
        (f"with {foreign} behind", content + contents()[foreign] + b"."),
    ]


def _manifest(chance: Random, kept: Set, former: Set, whole: Specimen) -> Attempt:
    """A manifest that was edited, and the signature of the true one."""
    edits = [*_edits(chance, kept, former, whole), *_valid_edits(chance, kept, former)]
    what, edit = chance.choice(edits)
    new = edit()
    if new == kept.manifest:
        what, new = "grown", kept.manifest + b" "
    says = ("the signature does not fit",)
    return Attempt(f"manifest {what}", kept.kind, new, kept.signature, {}, says, parses=False)


def _signed_manifest(chance: Random, kept: Set, former: Set, whole: Specimen) -> Attempt:
    """A manifest that was edited and signed with the true key, such as no `seal` has ever written."""
    what, edit = chance.choice(_edits(chance, kept, former, whole))
    new = edit()
    says = ("the manifest",)
    return Attempt(f"signed manifest {what}", kept.kind, new, sign(new, KEY), {}, says, parses=True)


def _signature(chance: Random, kept: Set, former: Set, whole: Specimen) -> Attempt:
    """A true manifest and another signature."""
    at = chance.randrange(64)
    letter = "0" if kept.signature[at] != "0" else "1"
    choices = {
        "missing": "",
        "of another key": sign(kept.manifest, chance.randbytes(32)),
        "of an empty key": sign(kept.manifest, b""),
        "of the older version": former.signature,
        "of the other kind": (whole.generation if kept.kind == "bundle" else whole.bundle).signature,
        "cut short": kept.signature[:at],
        "grown": kept.signature + "0",
        "in other letters": kept.signature.replace("a", "а"),
        "half a letter": "\ud800" * 64,
        "in capitals": kept.signature.upper(),
        f"with letter {at} changed": kept.signature[:at] + letter + kept.signature[at + 1 :],
        "a plain hash": _digest(kept.manifest),
    }
    what = chance.choice([name for name, text in choices.items() if text != kept.signature])
    says = ("the signature does not fit",)
    return Attempt(f"signature {what}", kept.kind, kept.manifest, choices[what], {}, says, parses=False)


def _edits(chance: Random, kept: Set, former: Set, whole: Specimen) -> list[Edit]:
    """Manifests that are none of ours, whoever has signed them."""
    name = chance.choice(sorted(kept.files))
    evil, digest = chance.choice(EVIL_NAMES), chance.choice(EVIL_DIGESTS)
    schema = chance.choice((0, 2, 1.5, "1", None, [1], -1, 10**400, 1e308, {}))
    kind = chance.choice(("partition", "", None, 7, ["bundle"], kept.kind.upper(), "../bundle"))
    where = chance.randrange(len(kept.manifest))
    other = whole.generation if kept.kind == "bundle" else whole.bundle
    doubled = kept.manifest.replace(b'{"files":{', b'{"files":{"model.json":"' + b"0" * 64 + b'",', 1)
    return [
        (f"of schema {str(schema)[:20]}", lambda: _edited(kept, lambda m: m.update(schema=schema))),
        (f"of kind {kind}", lambda: _edited(kept, lambda m: m.update(kind=kind))),
        ("of the other kind of set", lambda: other.manifest),
        (f"with the name {evil[:30]!r}", lambda: _edited(kept, lambda m: _renamed(m, name, evil))),
        (f"with the digest {digest!r}", lambda: _edited(kept, lambda m: m["files"].update({name: digest}))),
        ("with 20,001 files", lambda: _edited(kept, _crowded)),
        ("with a key twice", lambda: doubled),
        ("nested deeply", lambda: b'{"files":' + b"[" * 200_000),
        ("with NaN", lambda: kept.manifest.replace(b'"schema":1', b'"schema":NaN')),
        ("with its files in a list", lambda: _edited(kept, lambda m: m.update(files=sorted(m["files"])))),
        ("with files null", lambda: _edited(kept, lambda m: m.update(files=None))),
        ("with one fact more", lambda: _edited(kept, lambda m: m.update(run="os.system"))),
        ("without a kind", lambda: _edited(kept, lambda m: m.pop("kind"))),
        ("in other spacing", lambda: json.dumps(json.loads(kept.manifest)).encode()),
        (f"cut at {where}", lambda: kept.manifest[:where]),
        ("grown", lambda: kept.manifest + b" "),
        ("with a BOM", lambda: b"\xef\xbb\xbf" + kept.manifest),
        ("in UTF-16", lambda: kept.manifest.decode().encode("utf-16")),
        ("null", lambda: b"null"),
        ("a list", lambda: b"[]"),
        ("of 5 MB of names", lambda: _edited(kept, _swollen)),
        *((f"as {kind}", partial(contents().__getitem__, kind)) for kind in sorted(contents())),
    ]


def _valid_edits(chance: Random, kept: Set, former: Set) -> list[Edit]:
    """Manifests that would pass for ours, but for the signature."""
    name, second = chance.choice(sorted(kept.files)), chance.choice(sorted(kept.files))
    bits = bytearray(kept.manifest)
    bit = chance.randrange(8 * len(bits))
    bits[bit // 8] ^= 1 << bit % 8
    return [
        (f"with bit {bit} flipped", lambda: bytes(bits)),
        ("of the older version", lambda: former.manifest),
        (f"without {name}", lambda: _edited(kept, lambda m: m["files"].pop(name))),
        ("with one file more", lambda: _edited(kept, lambda m: m["files"].update({"more.json": _digest(b"{}")}))),
        (f"with {second} for {name}", lambda: _edited(kept, lambda m: m["files"].update({name: m["files"][second]}))),
        (f"with a wrong hash of {name}", lambda: _edited(kept, lambda m: m["files"].update({name: "0" * 64}))),
        (f"with {name} renamed", lambda: _edited(kept, lambda m: _renamed(m, name, "other.npy"))),
    ]


def _edited(kept: Set, edit: Callable[[dict[str, Any]], object]) -> bytes:
    found = json.loads(kept.manifest)
    edit(found)
    return json.dumps(found, sort_keys=True, separators=(",", ":")).encode()


def _renamed(manifest: dict[str, Any], name: str, new: str) -> None:
    manifest["files"][new] = manifest["files"].pop(name)


def _crowded(manifest: dict[str, Any]) -> None:
    digest = next(iter(manifest["files"].values()))
    more = MAX_FILES + 1 - len(manifest["files"])
    manifest["files"] |= {f"more.{number}.npy": digest for number in range(more)}


def _swollen(manifest: dict[str, Any]) -> None:
    manifest["files"]["n" * 5_000_000 + ".npy"] = "0" * 64


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
