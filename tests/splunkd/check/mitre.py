"""The techniques of MITRE ATT&CK (Enterprise) that the app may name, with their tactics, from attack.mitre.org."""

from __future__ import annotations

TECHNIQUES = {
    "T1021": ("Remote Services", ("TA0008",)),
    "T1027": ("Obfuscated Files or Information", ("TA0005",)),
    "T1036": ("Masquerading", ("TA0005",)),
    "T1039": ("Data from Network Shared Drive", ("TA0009",)),
    "T1046": ("Network Service Discovery", ("TA0007",)),
    "T1048": ("Exfiltration Over Alternative Protocol", ("TA0010",)),
    "T1059": ("Command and Scripting Interpreter", ("TA0002",)),
    "T1071": ("Application Layer Protocol", ("TA0011",)),
    "T1078": ("Valid Accounts", ("TA0001", "TA0003", "TA0004", "TA0005")),
    "T1098": ("Account Manipulation", ("TA0003", "TA0004")),
    "T1105": ("Ingress Tool Transfer", ("TA0011",)),
    "T1110": ("Brute Force", ("TA0006",)),
    "T1114": ("Email Collection", ("TA0009",)),
    "T1119": ("Automated Collection", ("TA0009",)),
    "T1190": ("Exploit Public-Facing Application", ("TA0001",)),
    "T1204": ("User Execution", ("TA0002",)),
    "T1530": ("Data from Cloud Storage", ("TA0009",)),
    "T1534": ("Internal Spearphishing", ("TA0008",)),
    "T1562": ("Impair Defenses", ("TA0005",)),
    "T1567": ("Exfiltration Over Web Service", ("TA0010",)),
    "T1568": ("Dynamic Resolution", ("TA0011",)),
    "T1580": ("Cloud Infrastructure Discovery", ("TA0007",)),
    "T1595": ("Active Scanning", ("TA0043",)),
}

KILL_CHAIN_PHASES = (
    "Reconnaissance",
    "Weaponization",
    "Delivery",
    "Exploitation",
    "Installation",
    "Command and Control",
    "Actions on Objectives",
)
"""The seven of the Lockheed Martin Cyber Kill Chain."""
