"""Texts that have broken other programs."""

import random

MARK = "zq7CANARYx"
"""Stands in many cells, and must never stand in a log."""

TEXTS = (
    "",
    " ",
    MARK,
    "a" * 300,
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(1)",
    "' OR 1=1 --",
    "| delete index=*",
    "`macro(\"x\")`",
    "$token$ $$ $;$",
    "<script>alert(1)</script>",
    "{{7*7}} ${7*7} %n%s%x",
    "../../etc/passwd",
    "..\\..\\x",
    "a\nb\nc",
    "a\r\nSet-Cookie: x=1\r\n\r\n",
    "\x00",
    "a\x00b",
    "".join(map(chr, range(1, 32))),
    "\x7f\x80\x9f\xa0\xad",
    "\u2028\u2029\u200b\ufeff\u202e",
    "é" + "\u0301" * 50,
    "😀" * 40,
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "\uffff\ufffe\U0010ffff",
    "\\", '"', '""', "'", ",", ";", ":", "\t",
    "^.*$", "^(a+)+$", "a|b", "*", ".*", "[", "(?", "literal",
    "a=1; b=2 (+3.4); c never seen",
    "null", "None", "NaN", "nan", "-nan", "inf", "-inf", "Infinity", "true", "false", "undefined",
    "__proto__", "__class__", "__mv_user", "constructor", "id", "index", "row", "value", "ordinal", "text", "len",
)  # fmt: skip
NUMBERS = (
    "0", "-0", "-0.0", "1", "-1", "0.1", "1e308", "-1e308", "1e309", "1e-308", "5e-324", "1e-400", "1e400",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616",
    "340282346638528859811704183484516925440", "3.4028236e38", "0x10", "1_000", "1,5", "١٢٣", "²", "½", "1e", "e5",
    ".", "+", "-", "--1", "1 000", " 7 ", "7\n", "0" * 400 + "1", "9" * 400, "0." + "0" * 400 + "1", "1e+0000000001",
    "NaN", "inf", "-Infinity", "1e99999999999", "4294967295", "4294967296", "2147483648",
)  # fmt: skip
TIMES = (
    "", "0", "-1", "1700000000", "1700000000.123456789", "1700086399", "4102444800", "4102444801", "253402300800",
    "1e18", "-1e18", "1e300", "-1e300", "1.7e9", "1700000000000", "nan", "inf", "2023-11-14T22:13:20Z",
    "2023-11-14T22:13:20+23:59", "2023-11-14T22:13:20.999999999-12:00", "0000-00-00T00:00:00Z", "9999-12-31T23:59:60Z",
    "-0001-01-01T00:00:00Z", "+262142-12-31T23:59:59Z", "+999999-01-01T00:00:00Z", "2023-02-30T00:00:00Z",
    "2023-W46-2", "2023-318", "20231114T221320Z", "2023-11-14", "2023-11-14 22:13:20", "22:13", "14/11/2023",
    "Nov 14 22:13:20", "2023-11-14T22:13:20" + "0" * 200, "2023-11-14T24:00:00Z", "1677-09-21T00:12:43Z",
    "2023-10-29T02:30:00 Europe/Berlin", "now", "-1d@d", "%Y-%m-%dT%H:%M:%S", "٢٠٢٣-١١-١٤T٢٢:١٣:٢٠Z",
)  # fmt: skip
NAMES = ("_time", "user", "dest", "bytes", "app", "__mv_user", "__mv_dest", "_raw", "ai_score", "orig_ai_score", "tag")


def text(chance: random.Random) -> str:
    """A hostile text, at times one made up on the spot."""
    kind = chance.random()
    if kind < 0.7:
        return chance.choice(TEXTS)
    if kind < 0.8:
        return chance.choice(NUMBERS)
    if kind < 0.9:
        return chance.choice(TEXTS) + chance.choice(TEXTS)
    return "".join(chr(_letter(chance)) for _ in range(chance.randint(0, 20)))


def _letter(chance: random.Random) -> int:
    code = chance.choice((chance.randint(0, 255), chance.randint(0, 0xFFFF), chance.randint(0, 0x10FFFF)))
    return 0xFFFD if 0xD800 <= code < 0xE000 else code


def cell(chance: random.Random, name: str) -> str:
    """What may stand in a column of this name: usual, odd for its kind, or anything."""
    kind = chance.random()
    if kind < 0.3:
        return text(chance)
    if name == "_time":
        return chance.choice(TIMES) if kind < 0.6 else str(1_700_000_000 + chance.randint(0, 10**6))
    if name == "bytes":
        return chance.choice(NUMBERS) if kind < 0.7 else str(chance.randint(0, 9999))
    if name.startswith("__mv_"):
        return chance.choice(("", "$a$;$b$", "$a", "a$;$b", "$$$$", "$$;$$", "$;$" * 20, f"$u1$;${MARK}$"))
    return f"{name[:1]}{chance.randint(0, 9)}"


def name(chance: random.Random) -> str:
    """The name of a column."""
    return chance.choice(NAMES) if chance.random() < 0.6 else text(chance)
