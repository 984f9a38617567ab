"""Which mailboxes a recipe watches: domains and addresses, as an admin writes them.

The text goes into a macro, so it is read name by name and the search is written anew from what was understood.
"""

import re

from aiscore_kit.setup_splunkd import Refused

ALL = "*"
_LONGEST = 2000
_DOMAIN = r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+"
_NAME = re.compile(r"(?:(?:[a-z0-9._+-]+|\*)?@)?(%s)" % _DOMAIN)
_MEND = "write your own mail domains or addresses with commas between, such as example.com, example.org; * watches all"


def search(text, entity, field="own"):
    """The search command that lets these through. Raises Refused naming what cannot be read.

    >>> search("Example.com, ann@b.example", "src_user")
    'search (src_user="*@example.com" OR src_user="ann@b.example")'
    """
    names = [name for name in re.split(r"[\s,;]+", text.lower()) if name]
    if len(text) > _LONGEST:
        raise Refused(400, "the mailboxes are longer than %d letters" % _LONGEST, "name domains", field)
    if not names:
        raise Refused(400, "no mailbox is named", _MEND, field)
    if ALL in names:
        return 'search %s="*"' % entity
    terms = ['%s="%s"' % (entity, _pattern(name, field)) for name in dict.fromkeys(names)]
    return "search " + (terms[0] if len(terms) == 1 else "(%s)" % " OR ".join(terms))


def read(definition, entity):
    """What `search` was given, as it would be written; None where the macro has become something else.

    >>> read('search (src_user="*@example.com" OR src_user="ann@b.example")', "src_user")
    'example.com, ann@b.example'
    """
    names = [name[2:] if name.startswith("*@") else name for name in re.findall(r'="([^"]*)"', definition)]
    try:
        return ", ".join(names) if search(", ".join(names), entity) == definition else None
    except Refused:
        return None


def _pattern(name, field):
    found = _NAME.fullmatch(name)
    if not found:
        raise Refused(400, "this is no mail domain or address: %s" % name[:80], _MEND, field)
    return name if not name.startswith("@") and "@" in name else "*@" + found.group(1)
