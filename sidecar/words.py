"""What may be written after `aiscore`, with help and examples."""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  aiscore run fit model=logon entity=user time=_time < train.csv
  aiscore run learn model=logon < yesterday.csv
  aiscore run score model=logon < events.csv > scored.csv
  aiscore run models
  aiscore run models action=promote model=logon version=0123456789ab
  aiscore serve --bind 127.0.0.1:8765
  aiscore token create --name nightly --scope score,fit
  aiscore token secret
  aiscore token rotate
  aiscore ledger verify
  aiscore demo

State is kept in AISCORE_HOME (default ~/.aiscore) or --home. All settings: docs/settings.md.
"""
RUN_EXAMPLES = """verbs and their words are those of the Splunk commands:
  aiscore run fit model=ait entity=host time=_time label=label fields="short,count,types,ips" < train.csv
  aiscore run score model=ait < test.csv > scored.csv
  aiscore run learn model=ait < yesterday.csv
  aiscore run quality model=ait < yesterday.csv
  aiscore run models action=show model=ait

all words of one verb, with examples: aiscore run learn --help

`score` passes every input column through unchanged and adds the ai_* fields. `fit` on the command line puts
the new model into service at once, unless challenger=true. `time=none` is for rows without a time.
"""
TOKEN_EXAMPLES = """examples:
  aiscore token create --name nightly --scope score,fit
  aiscore token list
  aiscore token revoke 0123456789ab

the secret shared with Splunk, without a failed search:
  aiscore token rotate > secret.txt   a new secret; the former one is accepted too, for a day
  (store secret.txt in Splunk: docs/commands.md)
  aiscore token forget                end the former one now
"""  # nosec B105  # words for people
LEDGER_EXAMPLES = """examples:
  aiscore ledger verify
  aiscore ledger head > /elsewhere/head.txt
  aiscore ledger verify --head "$(cat /elsewhere/head.txt)"
  aiscore ledger show

exit code 1: it is not what was written, and the line says which entry and what was done to it.
"""
SHAPE = argparse.RawDescriptionHelpFormatter
TITLES = {
    "run": "run one verb on CSV, without a server",
    "serve": "serve the Splunk app",
    "token": "tokens of services, and the secret shared with Splunk",  # nosec B105  # words for people
    "ledger": "check or show what was recorded",
    "demo": "see the whole product work, without Splunk",
}
EPILOGS = {
    "run": RUN_EXAMPLES,
    "serve": "example:\n  aiscore serve --bind 127.0.0.1:8765",
    "token": TOKEN_EXAMPLES,
    "ledger": LEDGER_EXAMPLES,
    "demo": "its own options: aiscore demo --help",
}


def parser() -> argparse.ArgumentParser:
    """The parser; `command` is the chosen one."""
    whole = argparse.ArgumentParser(
        "aiscore",
        description="Scores for events, each with its reasons.",
        epilog=EXAMPLES,
        formatter_class=SHAPE,
    )
    commands = whole.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")
    made = {name: _command(commands, name) for name in TITLES}
    made["run"].add_argument("verb", help="score, fit, learn, quality, models or audit")
    made["run"].add_argument("words", nargs="*", metavar="key=value", help="the verb's options")
    _serve_words(made["serve"])
    _token_words(made["token"])
    _ledger_words(made["ledger"])
    return whole


def _command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str) -> argparse.ArgumentParser:
    made = commands.add_parser(
        name, help=TITLES[name], description=TITLES[name], epilog=EPILOGS[name], formatter_class=SHAPE
    )
    made.add_argument("--home", type=Path, help="folder of all state (AISCORE_HOME)")
    return made


def _serve_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bind", metavar="HOST:PORT", help="where to listen (AISCORE_BIND)")
    parser.add_argument("--tls-cert", type=Path, metavar="PEM", help="certificate chain (AISCORE_TLS_CERT)")
    parser.add_argument("--tls-key", type=Path, metavar="PEM", help="its private key (AISCORE_TLS_KEY)")


def _ledger_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("verify", "head", "show"))
    parser.add_argument(
        "--head", default="none", metavar="NUMBER:HASH", help="heads kept elsewhere, commas between (verify)"
    )


def _token_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("create", "list", "revoke", "secret", "rotate", "forget"))
    parser.add_argument("id", nargs="?", help="which one to revoke")
    parser.add_argument("--name", default="service", help="whom the ledger will name (create)")
    parser.add_argument("--scope", default="score", help="by commas: score, fit, admin, metrics (create)")
