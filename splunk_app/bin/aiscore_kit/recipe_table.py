"""The recipes and their fields. Written by `python -m splunk_app.searches`."""

from collections import namedtuple

# fields: what a row has before it is scored; filled_up: those in which "unknown" counts as empty.
Recipe = namedtuple("Recipe", "title data_model fields filled_up")

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
    ),
}
