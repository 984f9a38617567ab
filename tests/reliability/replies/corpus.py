"""Odd chunks that are kept: each is something that a reader of CSV has stumbled over, or could."""

from tests.splunk_app.identity import Chunk

HEADER = [b"_time", b"user", b"_raw"]


def _chunk(name: str, *rows: bytes, names: list[bytes] | None = None, **more: object) -> Chunk:
    """Rows whose cells stand apart by `|`."""
    return Chunk(name, names or HEADER, [row.split(b"|") for row in rows], **more)


def corpus() -> list[Chunk]:
    """All of them, small ones first."""
    return [*_bytes(), *_quotes(), *_ends(), *_shapes(), *_columns(), *_large()]


def _bytes() -> list[Chunk]:
    return [
        _chunk("nul", b"1|a\0b|x", b'2|\0|"\0,\0\n"', b"\0\0|\0|\0"),
        _chunk("not utf-8", b"1|\xff|caf\xe9", b'2|\xc0\x80|"\xed\xa0\x80,\n"', b"3|\xf5|\xfe\xff"),
        _chunk("utf-16", b"1|" + "user".encode("utf-16") + b"|x"),
        _chunk("control letters", b"1|" + bytes(set(range(1, 32)) - {10, 13}) + b"|\x7f\x80\x9f"),
        _chunk("every mark", b'1|\xff\xfe\xc0\xc1\0\1\2\3|"two\nlines"', b'2|"a\nb"|\xff'),
        _chunk("separators of other kinds", "1|a\u2028b\u2029c\u0085d|\x0b\x0c\x1c\x1d\x1e".encode(), b"2|a;b|\t"),
        _chunk("formats", b"1|{0}|{}", b"2|%s|%(x)d", b"3|$user$|$$", b"4|\\n|\\", b"5|`x`|$(id)"),
        _chunk("beyond the plane", "1|😀|𝄞é\u0301".encode(), "2|\u202egnihton|\ufeff".encode()),
        _chunk(
            "numbers", b"1e999|NaN|-inf", b"1,234|007|0x1F".replace(b"1,234", b'"1,234"'), b"|-0|1.0000000000000001"
        ),
    ]


def _quotes() -> list[Chunk]:
    return [
        _chunk("doubled", b'1|""|""""', b'2|""""""|"a""b"', b'3|"""a"|"a"""'),
        _chunk("in quotes", b'1|","|"\n"', b'2|"\n\n\n"|"\r\n"', b'3|"a,b\nc,d"|","'),
        _chunk("inside a cell", b'1|a"b|5" disk', b'2|x""y|x"', b'3|\'"\'|"x"y'),
        _chunk("never closed", b"1|a|b", b'2|c|"d, e\nf', closing=b'"', ends=[b"\n", b"\n", b""]),
        _chunk("never closed but doubled", b'1|a|"b""', closing=b'"', ends=[b"\n", b""]),
        _chunk("a lone quote at the end", b'1|a|"', closing=b'"', ends=[b"\n", b""]),
        _chunk("json", b'1|ann|"{""a"": [1, ""x\ny""], ""b"": {}}"', b'2|bob|"[]"'),
        _chunk("xml", b'1|ann|"<Event a=""1"">\r\n\t<Data>1,2</Data>\r\n</Event>"'),
    ]


def _ends() -> list[Chunk]:
    return [
        _chunk("carriage returns", b"1|a|b", b'2|c|"d\r\ne"', ends=[b"\r\n"] * 3),
        _chunk("both ends", b"1|a|b", b"2|c|d", b"3|e|f", ends=[b"\r\n", b"\n", b"\r\n", b"\n"]),
        _chunk("lone returns", b"1|a\rb|x", b"2|\rc|x", b'3|"\r"|x', b"4|\r\r|\rx"),
        _chunk("no last end", b"1|a|b", b"2|c|d", ends=[b"\n", b"\n", b""]),
        _chunk("no last end and an empty cell", b"1|a|", ends=[b"\n", b""]),
    ]


def _shapes() -> list[Chunk]:
    return [
        _chunk("empty cells", b"||", b"||", b'""|""|""'),
        _chunk("short rows", b"1", b"2|a", b"3|a|b", b"4"),
        _chunk("long rows", b"1|a|b|c", b"2|a|b", b'3|a|b|"c,d"|e'),
        _chunk("short and long", b'1|"x\ny"', b"2|a|b|c|d", b"3"),
        _chunk("one column", b"a", b'""', b'"b\nc"', b"d", names=[b"user"]),
        Chunk("no rows", HEADER, []),
        Chunk("no rows, no end", HEADER, [], [b""]),
    ]


def _columns() -> list[Chunk]:
    multi = [b"user", b"__mv_user", b"dest", b"__mv_dest"]
    outputs = [b"ai_score", b"user", b"ai_reasons", b"__mv_ai_reasons", b"orig_ai_score", b"ai_status"]
    return [
        _chunk("multivalues", b'"a\nb"|$a$;$b$|x|', b'"$"|$$$$;$b$|"y,z"|"$y,z$;$""$"', b"||c|$c$", names=multi),
        _chunk("a multivalue that is broken", b"a|$a$;$b|x|$", b"b|$;$|y|a$b", names=multi),
        _chunk("one name twice", b"1|ann|bob", b"2|ann|bob", names=[b"_time", b"user", b"user"]),
        _chunk("no name", b"1|ann|bob", names=[b"", b"user", b""]),
        _chunk("quoted names", b"1|ann|bob", names=[b'"a, b"', b'"say ""so"""', b'"two\nlines"']),
        _chunk("byte order mark", b"ann|b|c", names=[b"\xef\xbb\xbfuser", b"_time", b"_raw"]),
        _chunk("byte order mark and a quoted name", b"ann|b|c", names=[b'\xef\xbb\xbf"a"', b"_time", b"_raw"]),
        _chunk("names that are not utf-8", b"1|2|3", names=[b"\xff", b"a\0b", b"caf\xe9"]),
        _chunk("scored before", b'0.5|ann|"x\ny"|$x$;$y$||scored', b"|bob||||", b"0.1|c|z||0.7|", names=outputs),
        _chunk("scored before, and twice", b"0.5|0.6|ann", names=[b"ai_score", b"ai_score", b"user"]),
        Chunk("5,000 columns", [b"f%d" % at for at in range(5000)], [[b"%d" % at for at in range(5000)]] * 2),
    ]


def _large() -> list[Chunk]:
    text = b'"' + b'long, ""text""\n' * 800_000 + b'"'
    return [
        _chunk("65,536 and one more", b"1|" + b"x" * 65_536 + b"|a", b"2|" + b"x" * 65_537 + b"|b"),
        _chunk("a letter on the border", b"1|" + b"x" * 65_535 + "é".encode() + b"|a"),
        _chunk("10 MB", b"1|ann|" + b"x" * 10_485_761, b"2|bob|y"),
        _chunk("10 MB of lines", b"1|ann|" + text, b"2|bob|y"),
        _chunk("10 MB that are not utf-8", b"1|ann|" + b"\xff\0" * 5_300_000),
    ]
