"""Windows events as text, as a forwarder writes them without renderXml: the same fields as from XML."""

from __future__ import annotations

import pytest

from tests.searches.raw_world import row

SECURITY = "Microsoft Windows security auditing."
CHANGE, SIGN_IN = "aiscore_change_windows", "aiscore_authentication_windows"
PROCESS = "aiscore_processes_windows"
HOST = "host1.example.org"
SUBJECT = "Subject:\n\tSecurity ID:\t\tS-1-5-21-1\n\tAccount Name:\t\tAdmin1\n\tAccount Domain:\t\tCORP\n\n"


def event(
    number: int,
    message: str | None,
    source: str = SECURITY,
    *,
    failed: bool = False,
    log: str = "Security",
    **header: str,
) -> str:
    """An event with the header of the event log input; message: None leaves it out, as the input can be told to."""
    lines = ["02/03/2026 04:05:06 AM", f"LogName={log}", f"EventCode={number}", "EventType=0"]
    lines += [f"ComputerName={HOST.upper()}", *(f"{name}={value}" for name, value in header.items())]
    lines += [f"SourceName={source}", "Type=Information", "RecordNumber=7"]
    lines += [f"Keywords=Audit {'Failure' if failed else 'Success'}", "TaskCategory=Other", "OpCode=Info"]
    return "\n".join(lines if message is None else [*lines, f"Message={message}"])


def sign_in(text: str) -> tuple[object, ...]:
    """user, src, dest, app and action of an event, which are the same with the line ends of Windows."""
    found = row(text, SIGN_IN)
    head, _, message = text.partition("Message=")
    assert row(head + "Message=" + message.replace("\n", "\r\n"), SIGN_IN) == found
    assert found.pop("ai_form") == "windows" and "ai_left_out" not in found
    return tuple(found.get(name) for name in ("user", "src", "dest", "app", "action"))


def signed_in(kind: str, workstation: str = "WS7", address: str = "203.0.113.7", heading: str = "New Logon") -> str:
    """The message of 4624 and 4625: before and since Windows 10 the type stands in two places."""
    return (
        f"An account was successfully logged on.\n\n{SUBJECT}{kind}\n\n{heading}:\n\tSecurity ID:\t\tS-1-5-21-2\n"
        "\tAccount Name:\t\tAna\n\tAccount Domain:\t\tCORP\n\tNetwork Account Name:\tother\n\n"
        f"Network Information:\n\tWorkstation Name:\t{workstation}\n\tSource Network Address:\t{address}\n"
    )


@pytest.mark.parametrize(
    "kind", ["Logon Type:\t\t\t3", "Logon Information:\n\tLogon Type:\t\t3\n\tVirtual Account:\tNo"]
)
def test_sign_ins(kind: str) -> None:
    assert sign_in(event(4624, signed_in(kind))) == ("ana", "203.0.113.7", HOST, "network", "success")
    refused = signed_in(kind, heading="Account For Which Logon Failed")
    assert sign_in(event(4625, refused, failed=True)) == ("ana", "203.0.113.7", HOST, "network", "failure")
    assert sign_in(event(4624, signed_in(kind, address="-")))[1] == "ws7"
    assert sign_in(event(4624, signed_in(kind, "-", "::1")))[1] == HOST
    assert sign_in(event(4624, signed_in(kind, "", "")))[1] is None


def test_events_of_wmi() -> None:
    """Their header is in the order of the alphabet, and goes on behind the message."""
    lines = ["20260203040506.000000", f"ComputerName={HOST}", "EventCode=4625", "Logfile=Security"]
    lines += ["Message=" + signed_in("Logon Type:\t3", heading="Account For Which Logon Failed"), "RecordNumber=7"]
    lines += ["SourceName=Microsoft-Windows-Security-Auditing", "Type=Audit {}", "User=NULL", "wmi_type=x"]
    text = "\n".join(lines)
    assert sign_in(text.format("Failure")) == ("ana", "203.0.113.7", HOST, "network", "failure")
    changed = text.replace("4625", "4720")
    assert row(changed.format("Failure"), CHANGE)["status"] == "failure"
    assert row(changed.format("Success"), CHANGE)["status"] == "success"


def test_an_unknown_account_is_not_a_foreign_language() -> None:
    text = event(4625, signed_in("Logon Type:\t3").replace("\t\tAna", "\t\t-"), failed=True)
    assert sign_in(text)[0] == "unknown"


def test_kerberos_ntlm_and_remote_desktop() -> None:
    ticket = (
        "A Kerberos ticket was asked for.\n\nAccount Information:\n\tAccount Name:\t\tana@CORP.EXAMPLE\n\n"
        "Service Information:\n\tService Name:\t\tFILES$\n\tService ID:\t\tS-1\n\nNetwork Information:\n"
        "\tClient Address:\t\t::ffff:203.0.113.7\n\tClient Port:\t\t1\n\nAdditional Information:\n\t{}:\t\t{}\n"
    )
    asked = ("ana", "203.0.113.7")
    assert sign_in(event(4768, ticket.format("Result Code", "0x0"))) == (*asked, HOST, "Kerberos ticket", "success")
    assert sign_in(event(4768, ticket.format("Result Code", "0x6")))[4] == "failure"
    assert sign_in(event(4769, ticket.format("Failure Code", "0x0"))) == (
        *asked,
        "files$",
        "Kerberos service",
        "success",
    )
    assert sign_in(event(4771, ticket.format("Failure Code", "0x18")))[3:] == ("Kerberos ticket", "failure")
    checked = "It was checked.\n\nLogon Account:\tana\nSource Workstation:\t\\\\WS7\nError Code:\t{}\n"
    assert sign_in(event(4776, checked.format("0x0"))) == ("ana", "ws7", HOST, "NTLM", "success")
    assert sign_in(event(4776, checked.format("0xC000006A")))[4] == "failure"
    other = (
        f"It was tried.\n\n{SUBJECT}Account Whose Credentials Were Used:\n\tAccount Name:\t\tana\n\n"
        "Target Server:\n\tTarget Server Name:\tFILES\n\nNetwork Information:\n\tNetwork Address:\t203.0.113.7\n"
    )
    assert sign_in(event(4648, other)) == ("ana", "203.0.113.7", "files", "other credentials", "success")
    denied = "Denied.\n\nSubject:\n\tUser Name:\tana\n\nAdditional Information:\n\tClient Address:\t203.0.113.7\n"
    assert sign_in(event(4825, denied)) == ("ana", "203.0.113.7", HOST, "remote desktop", "failure")
    manager = "Microsoft-Windows-TerminalServices-RemoteConnectionManager"
    said = "It succeeded:\n\nUser: ana\nDomain: CORP\nSource Network Address: 203.0.113.7"
    assert sign_in(event(1149, said, manager, User="NOT_TRANSLATED", Sid="S-1-5-20"))[:2] == ("ana", "203.0.113.7")


def test_every_field_of_a_change() -> None:
    member = "Member:\n\tSecurity ID:\t\tS-1-5-21-3\n\tAccount Name:\t\tCN=ana\n\n"
    group = "Group:\n\tSecurity ID:\t\tS-1-5-21-512\n\tGroup Name:\t\tDomain Admins\n\tGroup Domain:\t\tCORP\n"
    assert row(event(4728, f"A member was added.\n\n{SUBJECT}{member}{group}"), CHANGE) == {
        "user": "admin1",
        "command": "member added to global group",
        "object_category": "group",
        "object": "domain admins",
        "action": "modified",
        "status": "success",
        "dest": HOST,
        "ai_form": "windows",
    }


@pytest.mark.parametrize(
    ("number", "said", "wanted"),
    [
        (4720, "New Account:\n\tSecurity ID:\tS\n\tAccount Name:\t\tnew\n", "new"),
        (4726, "Target Account:\n\tSecurity ID:\tS\n\tAccount Name:\t\tgone\n", "gone"),
        (4740, "Account That Was Locked Out:\n\tAccount Name:\t\tana\n", "ana"),
        (4781, "Target Account:\n\tOld Account Name:\told\n\tNew Account Name:\tnew\n", "old"),
        (4799, "Group:\n\tSecurity ID:\tS\n\tGroup Name:\t\tAdministrators\n", "administrators"),
        (4697, "Service Information:\n\tService Name: \t\tsvc\n\tService File Name:\tx\n", "svc"),
        (
            4698,
            "Task Information:\n\tTask Name: \t\t\\t\n\tTask Content: \t\t<Task>\n<Author>a</Author>\n</Task>\n",
            "\\t",
        ),
        (4719, "Audit Policy Change:\n\tCategory:\tx\n\tSubcategory GUID:\t{A}\n", "{a}"),
        (4657, "Object:\n\tObject Name:\t\t\\REGISTRY\\X\n", "\\registry\\x"),
        (5136, "Object:\n\tDN:\tCN=x\n\tGUID:\t{1}\n", "cn=x"),
        (5142, "Share Information:\n\tShare Name:\t\t\\\\*\\s\n", "\\\\*\\s"),
    ],
)
def test_changes_of_many_kinds(number: int, said: str, wanted: str) -> None:
    found = row(event(number, f"Something was done.\n\n{SUBJECT}{said}"), CHANGE)
    assert (found["user"], found["object"], "ai_left_out" in found) == ("admin1", wanted, False)


def test_changes_of_other_logs() -> None:
    """user and object; the account of the header where the message names none."""

    def of(number: int, source: str, message: str, **header: str) -> tuple[object, ...]:
        found = row(event(number, message, source, log="System", **header), CHANGE)
        assert "ai_left_out" not in found
        return found["user"], found.get("object")

    manager = "Microsoft-Windows-Service Control Manager"
    installed = "A service was installed in the system.\n\nService Name:  svc\nService File Name:  C:\\a.exe\n"
    assert of(7045, manager, installed, User="NOT_TRANSLATED", Sid="S-1-5-18") == ("s-1-5-18", "svc")
    assert of(7045, manager, installed, User="CORP\\Bo", Sid="S-1-5-21-1") == ("bo", "svc")
    assert of(7045, manager, installed, User="NULL") == ("host1$", "svc")
    assert of(7040, manager, "The start type of the Update service was changed from a to b.") == ("host1$", "update")
    registered = 'User "CORP\\bo" registered Task Scheduler task "\\Run"'
    assert of(106, "Microsoft-Windows-TaskScheduler", registered, Sid="S-1-5-18") == ("s-1-5-18", "\\run")
    cleared = "The audit log was cleared.\nSubject:\n\tSecurity ID:\tS\n\tAccount Name:\tbo\n\tDomain Name:\tCORP\n"
    assert of(1102, "Microsoft-Windows-Eventlog", cleared) == ("bo", None)
    assert of(1100, "Microsoft-Windows-Eventlog", "The event logging service has shut down.") == ("host1$", None)
    sysmon = "Registry value set:\nEventType: SetValue\nTargetObject: HKLM\\x\nUser: CORP\\bo"
    assert of(13, "Microsoft-Windows-Sysmon", sysmon, User="NOT_TRANSLATED", Sid="S-1-5-18") == ("bo", "hklm\\x")
    assert of(13, "Microsoft-Windows-Sysmon", sysmon.partition("User")[0], Sid="S-1-5-18")[0] == "host1$"


def test_a_started_process() -> None:
    said = (
        "A new process has been created.\n\nCreator Subject:\n\tSecurity ID:\t\tS\n\tAccount Name:\t\tHOST1$\n\n"
        "Target Subject:\n\tSecurity ID:\t\tNULL SID\n\tAccount Name:\t\t{}\n\nProcess Information:\n"
        "\tNew Process ID:\t\t0x1\n\tNew Process Name:\tC:\\Win\\Net.exe\n\tCreator Process ID:\t0x2\n"
        '\tCreator Process Name:\tC:\\Win\\cmd.exe\n\tProcess Command Line:\tnet "a: b" <c>\n\nMore.\n'
    )
    wanted = {
        "user": "host1$",
        "dest": HOST,
        "process_path": "C:\\Win\\Net.exe",
        "process_name": "net.exe",
        "process": 'net "a: b" <c>',
        "parent_process_name": "cmd.exe",
        "ai_form": "windows",
    }
    assert row(event(4688, said.format("-")), PROCESS) == wanted
    assert row(event(4688, said.format("ana").replace("\n", "\r\n")), PROCESS) == wanted | {"user": "ana"}
    sysmon = (
        "Process Create:\nRuleName: -\nImage: C:\\Win\\Net.exe\nOriginalFileName: NET.EXE\n"
        'CommandLine: net "a: b" <c>\nUser: CORP\\ana\nParentImage: C:\\Win\\cmd.exe\nParentUser: y'
    )
    found = row(event(1, sysmon, "Microsoft-Windows-Sysmon", User="NOT_TRANSLATED", Sid="S-1-5-18"), PROCESS)
    assert found == wanted | {"user": "ana", "original_file_name": "net.exe"}


def test_a_failed_audit_is_a_failure() -> None:
    assert row(event(4720, f"x\n\n{SUBJECT}", failed=True), CHANGE)["status"] == "failure"


@pytest.mark.parametrize(
    "message", [None, "Ein Konto.\n\nAntragsteller:\n\tKontoname:\t\tana\n\nNeue Anmeldung:\n\tKontoname:\tbo\n"]
)
def test_what_cannot_be_read_says_so(message: str | None) -> None:
    for number, macro in ((4624, SIGN_IN), (4720, CHANGE), (4688, PROCESS)):
        reason = str(row(event(number, message), macro)["ai_left_out"])
        assert reason.startswith(f"event {number} (") and reason.endswith(": its message is missing, or not in English")
    assert str(row(event(4634, message), SIGN_IN)["ai_left_out"]).endswith("belongs to no recipe")


def test_one_form_inside_the_other() -> None:
    """A script that was logged may hold an event of the other form."""
    named = "<Provider Name='Microsoft-Windows-Sysmon'/><EventID>13</EventID><Computer>evil</Computer>"
    xml = f"<Event><System>{named}</System></Event>"
    found = row(
        event(4697, f"x\n\n{SUBJECT}Service Information:\n\tService Name:\tsvc\n\tService File Name:\t{xml}\n"), CHANGE
    )
    assert (found["dest"], found["object"]) == (HOST, "svc")
    held = event(4720, f"x\n\n{SUBJECT}")
    logged = xml.replace("</System>", f"</System><EventData><Data Name='TargetObject'>{held}</Data></EventData>")
    assert row(logged, CHANGE)["dest"] == "evil"
    assert "ai_form" not in row(f"said: {held}".replace("\n", " "), CHANGE)
