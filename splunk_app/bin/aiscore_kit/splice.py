"""Putting the output columns onto the untouched rows."""

from aiscore_kit import cells

_EMPTY = (b"", b'""')


def splice(rows, names, suffixes):
    """The body with the output columns `names`; `suffixes` holds one line of cells (bytes) a row.

    Where the chunk already has some of these columns, or rows of uneven width, the slow way is taken: a column
    that came in is filled in its place and its old value is kept once as `orig_<name>`.
    """
    assert len(suffixes) == len(rows)  # nosec B101  # ReplyReader has counted them
    if rows.plain and not _came_in(rows, names):
        header = b",".join([rows.header] + [name.encode("utf-8") for name in names])
        return rows.lines(header, rows.records, [b","] * len(rows), suffixes)
    return _slowly(rows, names, suffixes)


def _came_in(rows, names):
    here = set(rows.names)
    return any(name in here or "__mv_" + name in here for name in names)


def _slowly(rows, names, suffixes):
    width = len(rows.names)
    table = [cells.split(record) for record in rows.records]
    place = {}
    for number, name in enumerate(rows.names):
        place.setdefault(name, number)
    kept = _kept_columns(table, names, place)
    header = cells.split(rows.header)
    for name in [name for name in names if name not in place] + [keep for _, keep in kept if keep not in place]:
        place[name] = len(header)
        header.append(cells.quote(name.encode("utf-8")))
    stale = [place["__mv_" + name] for name in names if "__mv_" + name in place]
    targets = [place[name] for name in names]
    moves = [(place[source], place[keep], place[_single(keep)]) for source, keep in kept]
    blank = [b""] * (len(header) - width)
    records = []
    for came, suffix in zip(table, suffixes):
        # What we append must not fall into a quoted cell that never ends.
        came[-1] = cells.closed(came[-1])
        row = came[:width] + [b""] * (width - len(came)) + blank
        _move(row, moves)
        for at in stale:
            row[at] = b""
        for at, cell in zip(targets, cells.split(suffix)):
            row[at] = cell
        records.append(b",".join(row + came[width:]))
    return rows.lines(b",".join(header), records)


def _kept_columns(table, names, place):
    """(old column, column that keeps its value), multivalue halves first, for columns that hold anything."""
    both = ["__mv_" + name for name in names] + list(names)
    wanted = [name for name in both if name in place]
    filled = _filled(table, [place[name] for name in wanted])
    pairs = []
    for name in wanted:
        if place[name] in filled:
            keep = "__mv_orig_" + name[5:] if name.startswith("__mv_") else "orig_" + name
            pairs.append((name, keep))
    known = {keep for _, keep in pairs} | set(place)
    return [(name, keep) for name, keep in pairs if _single(keep) in known]


def _single(name):
    return name[5:] if name.startswith("__mv_") else name


def _filled(table, places):
    """Which of these columns hold a value in any row."""
    found, left = set(), list(places)
    for row in table:
        fresh = [at for at in left if at < len(row) and row[at] not in _EMPTY]
        if fresh:
            found.update(fresh)
            left = [at for at in left if at not in found]
    return found


def _move(row, moves):
    """Keep the old values, but never over a value that an earlier command kept (`guard`: its single half)."""
    for source, keep, guard in moves:
        if row[guard] in _EMPTY:
            row[keep] = row[source]
