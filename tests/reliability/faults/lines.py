"""CSV bytes cut into records, fast: a line end inside quotes ends none."""


def cut(body: bytes) -> list[bytes]:
    """The records without their line ends, header first.

    >>> cut(b'a,b\\n1,"x\\ny"\\n2,z\\n')
    [b'a,b', b'1,"x\\ny"', b'2,z']
    """
    found = body.split(b"\n")
    if found and not found[-1]:
        found.pop()
    if b'"' not in body:
        return found
    records: list[bytes] = []
    open_lines: list[bytes] = []
    for line in found:
        odd = line.count(b'"') % 2
        if open_lines or odd:
            open_lines.append(line)
            if odd and len(open_lines) > 1:
                records.append(b"\n".join(open_lines))
                open_lines = []
        else:
            records.append(line)
    return records + open_lines
