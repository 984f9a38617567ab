"""Which stage of a search a command is: two of them in one search must not share a key."""


def position(search, command, args):
    """The 0-based stage of `search` that is `command` with these arguments; the command's first stage if none is.

    >>> position('search index=a "x|y" | stats count | aifit model=m', "aifit", ["model=m"])
    2
    """
    first = None
    for number, stage in enumerate(stages(search)):
        words = stage.strip().split(None, 1)
        if not words or words[0] != command:
            continue
        first = number if first is None else first
        text = words[1] if len(words) > 1 else ""
        if all(_bare(arg) in _bare(text) for arg in args or []):
            return number
    return first or 0


def stages(search):
    """The parts of a search between its own pipes: not those in quotes or in [subsearches]."""
    parts, depth, quoted, escaped, start = [], 0, False, False, 0
    for at, letter in enumerate(search):
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = quoted
        elif letter == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "[]":
            depth += 1 if letter == "[" else -1
        elif letter == "|" and depth <= 0:
            parts.append(search[start:at])
            start = at + 1
    parts.append(search[start:])
    return parts[1:] if parts and not parts[0].strip() else parts


def _bare(text):
    return "".join(text.replace('"', "").replace("\\", "").split())
