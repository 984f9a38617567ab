"""Putting the output columns onto the untouched rows."""

from aiscore_kit import cells


def splice(rows, names, suffixes):
    """The body with the output columns `names`; `suffixes` holds one line of cells (bytes) a row.

    Where the chunk already has some of these columns, or rows of uneven width, the slow way is taken: a column
    that came in is filled in its place and its old value is kept once as `orig_<name>`.
    """
    assert len(suffixes) == len(rows)
    if rows.plain and not _came_in(rows, names):
        comma = b","
        records = [record + comma + suffix for record, suffix in zip(rows.records, suffixes)]
        return rows.lines(rows.header + comma + ",".join(names).encode("utf-8"), records)
    return _slowly(rows, names, suffixes)


def _came_in(rows, names):
    here = set(rows.names)
    return any(name in here or "__mv_" + name in here for name in names)


def _slowly(rows, names, suffixes):
    width = len(rows.names)
    place = {}
    for number, name in enumerate(rows.names):
        place.setdefault(name, number)
    kept = _kept_columns(rows, names, place)
    header = cells.split(rows.header)
    added = [name for name in names if name not in place]
    new_keeps = [keep for _, keep in kept if keep not in place]
    for name in added + new_keeps:
        place[name] = len(header)
        header.append(cells.quote(name.encode("utf-8")))
    stale = [place["__mv_" + name] for name in names if "__mv_" + name in place]
    targets = [place[name] for name in names]
    moves = [(place[source], place[keep], place[keep.replace("__mv_", "")]) for source, keep in kept]
    total = len(header)
    records = []
    for record, suffix in zip(rows.records, suffixes):
        came = cells.split(record)
        # What we append must not fall into a quoted cell that never ends.
        came[-1] = cells.closed(came[-1])
        row = came[:width] + [b""] * (total - min(width, len(came)))
        _move(row, moves)
        for at in stale:
            row[at] = b""
        for at, cell in zip(targets, cells.split(suffix)):
            row[at] = cell
        records.append(b",".join(row + came[width:]))
    return rows.lines(b",".join(header), records)


def _kept_columns(rows, names, place):
    """(old column, column that keeps its value), single and multivalue halves, for columns that hold anything."""
    both = ["__mv_" + name for name in names] + list(names)
    wanted = [name for name in both if name in place]
    filled = _filled(rows, [place[name] for name in wanted])
    pairs = []
    for name in wanted:
        if place[name] in filled:
            keep = "__mv_orig_" + name[5:] if name.startswith("__mv_") else "orig_" + name
            pairs.append((name, keep))
    whole = {keep for _, keep in pairs}
    return [pair for pair in pairs if pair[1].replace("__mv_", "") in whole or pair[1].replace("__mv_", "") in place]


def _filled(rows, places):
    """Which of these columns hold a value in any row."""
    found = set()
    for record in rows.records:
        row = cells.split(record)
        found.update(at for at in places if at < len(row) and row[at] not in (b"", b'""'))
        if len(found) == len(places):
            break
    return found


def _move(row, moves):
    """Keep the old values, but never over a value that an earlier command kept (`guard`: its single half)."""
    for source, keep, guard in moves:
        if row[guard] in (b"", b'""'):
            row[keep] = row[source]
