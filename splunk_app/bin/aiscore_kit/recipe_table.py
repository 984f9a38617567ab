"""The recipes and their fields. Written by `python -m splunk_app.searches`."""

from collections import namedtuple

# fields: what a row has before it is scored; filled_up: those in which "unknown" counts as empty;
# raw: whether it reads events without fields.
Recipe = namedtuple("Recipe", "title data_model fields filled_up raw")

RECIPES = {
    "authentication": Recipe(
        "Sign-ins",
        "Authentication",
        [
            "user",
            "src",
            "src_country",
            "dest",
            "app",
            "action",
            "failures_10m",
            "dests_1h",
            "users_per_src_10m",
            "bytes_1h",
        ],
        [
            "user",
            "src",
            "src_country",
            "dest",
            "app",
            "action",
        ],
        True,
    ),
    "alerts": Recipe(
        "Alert streams",
        "Alerts",
        [
            "dest",
            "signature",
            "count",
            "signatures",
            "sources",
        ],
        [
            "dest",
        ],
        False,
    ),
    "change": Recipe(
        "Changes and cloud audit",
        "Change",
        [
            "user",
            "command",
            "object_category",
            "action",
            "object",
            "dest",
            "status",
            "src",
            "src_country",
            "user_agent",
            "vendor_region",
            "failures_10m",
            "commands_1h",
            "objects_1h",
            "events_1h",
        ],
        [
            "user",
            "command",
            "object_category",
            "action",
            "object",
            "dest",
            "status",
            "src",
            "src_country",
            "user_agent",
            "vendor_region",
        ],
        True,
    ),
    "network_traffic": Recipe(
        "Network traffic",
        "Network_Traffic",
        [
            "src",
            "dest",
            "dest_port",
            "transport",
            "action",
            "connections",
            "bytes_out",
            "bytes_in",
            "dests_1h",
            "ports_1h",
            "bytes_out_1h",
        ],
        [
            "src",
            "dest",
            "dest_port",
            "transport",
            "action",
        ],
        False,
    ),
}
