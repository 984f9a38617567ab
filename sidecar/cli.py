"""The command line `aiscore`. Heavy parts are imported when a command needs them."""

import argparse
import getpass
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from models.errors import DataError
from sidecar.errors import Forbidden, NotReady, OutsideError, StoreError
from sidecar.words import parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 2 the caller can mend it, 1 the sidecar's keeper can, 70 a bug."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words[:1] == ["demo"]:
            return _demo(words[1:])
        if words[:1] == ["run"] and words[1:2] and set(words[2:]) & {"-h", "--help"}:
            return _verb_help(words[1])
        return _dispatch(words)
    except DataError as failure:
        return _fail(str(failure), 2)
    except (StoreError, Forbidden, NotReady, OutsideError) as failure:
        return _fail(str(failure), 1)
    except BrokenPipeError:
        # Whoever read us has left; the interpreter must not try to flush to them again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _fail("interrupted; nothing was changed", 130)
    except Exception as failure:
        return _bug(failure)


def _dispatch(words: list[str]) -> int:
    known = parser()
    arguments, rest = known.parse_known_args(words)
    # argparse gives words without a dash out too early: those after an option are left over.
    late = not any(word.startswith("-") for word in rest)
    if late and arguments.command == "run":
        arguments.words += rest
    elif late and arguments.command == "token" and len(rest) == 1 and arguments.id is None:
        arguments.id = rest[0]
    elif rest:
        known.error("unrecognized arguments: " + " ".join(rest))
    return ACTS[arguments.command](arguments)


def _run(arguments: argparse.Namespace) -> int:
    from sidecar.home import prepare
    from sidecar.settings import read_settings

    settings = read_settings(home=arguments.home)
    prepare(settings.home)
    from sidecar import verbs
    from sidecar.app import open_house
    from sidecar.local import run
    from sidecar.progress import shown

    verb = verbs.find(arguments.verb)
    house = open_house(settings, by=f"local:{getpass.getuser()}", local=True)
    heard: list[str] = []
    with shown(f"aiscore {verb.name}") as progress:
        for piece in run(verb, arguments.words, _standard_input, replace(house, progress=progress), heard.append):
            sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
    for told in heard:
        print(f"aiscore: {told}", file=sys.stderr)
    return 0


def _verb_help(name: str) -> int:
    from sidecar import verbs
    from sidecar.verb_help import help_of

    print(help_of(verbs.find(name)))
    return 0


def _standard_input() -> bytes:
    from sidecar.errors import CallerError

    if sys.stdin.isatty():
        raise CallerError("no input", field="input", mend="pipe a CSV file in: aiscore run ... < events.csv")
    return sys.stdin.buffer.read()


def _serve(arguments: argparse.Namespace) -> int:
    from sidecar.serve import serve
    from sidecar.settings import read_settings

    given = {name: getattr(arguments, name) for name in ("home", "bind", "tls_cert", "tls_key")}
    return serve(read_settings(**given))


def _token(arguments: argparse.Namespace) -> int:
    from sidecar.app import open_ledger, ticket_secret
    from sidecar.keeping import change_secret, make_token, revoke_token, tell_tokens
    from sidecar.settings import read_settings

    settings = read_settings(home=arguments.home)
    if arguments.what == "secret":
        print(ticket_secret(settings).decode())
        return 0
    ledger = open_ledger(settings)
    by = f"local:{getpass.getuser()}"
    if arguments.what in ("rotate", "forget"):
        change_secret(settings, ledger, arguments.what, by)
    elif arguments.what == "create":
        make_token(ledger, arguments.name, arguments.scope, by)
    elif arguments.what == "revoke":
        revoke_token(ledger, arguments.id, by)
    else:
        tell_tokens(ledger)
    return 0


def _ledger(arguments: argparse.Namespace) -> int:
    from sidecar.app import open_ledger
    from sidecar.keeping import tell_entries, tell_head, tell_verified
    from sidecar.settings import read_settings

    ledger = open_ledger(read_settings(home=arguments.home))
    if arguments.what == "verify":
        tell_verified(ledger, arguments.head)
    else:
        (tell_head if arguments.what == "head" else tell_entries)(ledger)
    return 0


def _demo(words: Sequence[str]) -> int:
    from sidecar.demo.play import main as play

    return int(play(list(words)))


def _fail(message: str, code: int) -> int:
    print(f"aiscore: {' '.join(message.split())}", file=sys.stderr)
    return code


def _bug(failure: Exception) -> int:
    if os.environ.get("AISCORE_DEBUG"):
        traceback.print_exception(failure)
    place = traceback.extract_tb(failure.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return _fail(f"internal error ({type(failure).__name__} at {where}); AISCORE_DEBUG=1 shows more", 70)


ACTS = {"run": _run, "serve": _serve, "token": _token, "ledger": _ledger}

if __name__ == "__main__":
    sys.exit(main())
