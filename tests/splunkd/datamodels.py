"""Data models: which events belong to a dataset, and its fields under the dataset's name.

Constraints and the fields that the model itself fills are those of Splunk's Common Information Model 8.5; that a
filled field becomes "unknown" (0 for counts and ports) is in the CIM manual and the model files. All_Risk comes with
Enterprise Security only; its fields are those that public searches use, and calculated_risk_score is the risk_score:
no risk factor is set.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from tests.splunkd.spl import columns
from tests.splunkd.spl.errors import NotSupported

ALWAYS = ("_time", "_indextime", "index", "host", "source", "sourcetype")
"""Fields that every dataset inherits without its name before them."""


@dataclass(frozen=True)
class Dataset:
    """`tags` an event needs, or the index it lies in; `filled`: field -> what it holds where an event lacks it.

    empty: texts that count as lacking; extracted: field -> (field, regular expression of one group) it is read from.
    """

    fields: tuple[str, ...]
    tags: tuple[str, ...] = ()
    index: str = "*"
    filled: dict[str, str] = field(default_factory=dict)
    empty: tuple[str, ...] = ("",)
    extracted: dict[str, tuple[str, str]] = field(default_factory=dict)


def _unknown(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "unknown")


DATASETS = {
    "Authentication.Authentication": Dataset(
        tags=("authentication",),
        fields=(
            "action", "app", "authentication_method", "authentication_service", "dest",
            "duration", "reason", "reason_id", "session_id", "signature", "signature_id", "src", "src_user",
            "src_user_id", "tag", "user", "user_agent", "user_id", "vendor_account",
        ),
        filled=_unknown("action", "app", "dest", "src", "src_user", "user"),
    ),
    "Alerts.Alerts": Dataset(
        tags=("alert",),
        fields=(
            "app", "description", "dest", "dest_type", "id", "mitre_technique_id", "severity", "severity_id",
            "signature", "signature_id", "src", "src_type", "tag", "type", "user", "user_name", "vendor_account",
        ),
        filled=_unknown("app", "dest", "severity", "signature_id", "src", "type", "user"),
    ),
    "Network_Traffic.All_Traffic": Dataset(
        tags=("network", "communicate"),
        fields=(
            "action", "app", "bytes", "bytes_in", "bytes_out", "dest", "dest_ip", "dest_port", "dest_zone",
            "direction", "duration", "dvc", "packets", "packets_in", "packets_out", "protocol", "rule", "session_id",
            "src", "src_ip", "src_port", "src_zone", "tag", "tcp_flag", "transport", "user", "vendor_product",
        ),
        filled=_unknown("action", "dest", "dvc", "rule", "src", "transport", "user", "vendor_product")
        | dict.fromkeys(("bytes", "bytes_in", "bytes_out", "dest_port", "src_port"), "0"),
    ),
    "Change.All_Changes": Dataset(
        tags=("change",),
        fields=(
            "action", "change_type", "command", "dest", "dvc", "object", "object_attrs", "object_category",
            "object_id", "object_path", "result", "result_id", "src", "status", "tag", "user", "user_agent",
            "user_name", "user_type", "vendor_account", "vendor_product", "vendor_region",
        ),
        filled=_unknown(
            "action", "change_type", "command", "dest", "dvc", "object", "object_attrs", "object_category", "object_id",
            "object_path", "result", "result_id", "src", "status", "user", "vendor_product",
        ),
    ),
    "Web.Web": Dataset(
        tags=("web",),
        fields=(
            "action", "app", "bytes", "bytes_in", "bytes_out", "cached", "category", "cookie", "dest", "dest_ip",
            "dest_port", "duration", "http_content_type", "http_method", "http_referrer", "http_user_agent",
            "response_time", "site", "src", "src_ip", "status", "tag", "uri_path", "uri_query", "url", "url_domain",
            "user", "vendor_product",
        ),
        filled=_unknown(
            "action", "dest", "http_content_type", "http_method", "http_referrer", "http_user_agent", "src", "status",
            "url", "user", "vendor_product",
        ),
        empty=("", "-"),
        extracted={"url_domain": ("url", r"^(?:(?:http|https|ftp)://)*(?:[\w.\-]+(?::\w+)?@)?([^/:]+)(?::[0-9]+)?")},
    ),
    "Email.All_Email": Dataset(
        tags=("email",),
        fields=(
            "action", "delay", "dest", "duration", "file_hash", "file_name", "file_size", "internal_message_id",
            "message_id", "message_info", "orig_dest", "orig_recipient", "orig_src", "process", "process_id",
            "protocol", "recipient", "recipient_status", "response_time", "retries", "return_addr", "size", "src",
            "src_user", "status_code", "subject", "tag", "url", "user", "vendor_product", "xdelay", "xref",
        ),
        filled=_unknown("action", "dest", "recipient", "src", "src_user", "vendor_product"),
    ),
    "Endpoint.Processes": Dataset(
        tags=("process", "report"),
        fields=(
            "action", "cpu_load_percent", "dest", "loaded_file", "mem_used", "original_file_name", "os",
            "parent_process", "parent_process_exec", "parent_process_guid", "parent_process_hash",
            "parent_process_id", "parent_process_name", "parent_process_path", "parent_user", "process",
            "process_current_directory", "process_exec", "process_guid", "process_hash", "process_id",
            "process_integrity_level", "process_name", "process_path", "tag", "user", "user_id", "vendor_product",
        ),
        filled=_unknown(
            "dest", "loaded_file", "original_file_name", "parent_process", "parent_process_name", "parent_user",
            "process", "process_name", "user", "vendor_product",
        ),
    ),
    "Risk.All_Risk": Dataset(
        index="risk",
        fields=(
            "risk_object", "risk_object_type", "normalized_risk_object", "risk_score", "calculated_risk_score",
            "risk_message", "risk_event_count", "threat_object", "threat_object_type", "tag", "analyticstories",
            "annotations._all", "annotations.mitre_attack", "annotations.mitre_attack.mitre_technique_id",
            "annotations.mitre_attack.mitre_tactic_id", "savedsearch_description", "search_name", "user", "src", "dest",
            "ai_event_id", "ai_score",
        ),
    ),
}  # fmt: skip

_SAME_AS = {"normalized_risk_object": "risk_object", "calculated_risk_score": "risk_score"}


def dataset(name: str) -> Dataset:
    """The dataset `Model.Dataset`; raises NotSupported for one that is not on the list."""
    found = DATASETS.get(name)
    if found is None:
        raise NotSupported(f"the data model {name}: there are {', '.join(DATASETS)}")
    return found


def as_dataset(name: str, events: pl.DataFrame) -> pl.DataFrame:
    """The events that belong to a dataset, in their order, with every field of it; fields no event has are null."""
    found = dataset(name)
    events = _constrained(name, found, events)
    prefix = name.rpartition(".")[2]
    made = [events[always] for always in ALWAYS if always in events.columns]
    for field_name in found.fields:
        values = columns.column(events, _SAME_AS.get(field_name, field_name))
        if field_name in found.filled:
            values = _filled(values, found.filled[field_name], found.empty)
        if field_name in found.extracted:
            values = _extracted(values, events, *found.extracted[field_name])
        made.append(values.alias(f"{prefix}.{field_name}"))
    return pl.DataFrame(made)


def _constrained(name: str, found: Dataset, events: pl.DataFrame) -> pl.DataFrame:
    if not found.tags:
        return events
    tags = columns.column(events, "tag")
    if tags.dtype != pl.List:
        kept = tags.is_in(list(found.tags)) if len(found.tags) == 1 else pl.repeat(False, len(tags), eager=True)
    else:
        kept = pl.repeat(True, len(tags), eager=True)
        for tag in found.tags:
            kept &= tags.list.contains(tag)
    if name.startswith("Authentication."):
        # Sign-ins of machine accounts that went well: NOT (action=success user=*$).
        action = columns.as_kind(columns.column(events, "action"), pl.String()).str.to_lowercase()
        user = columns.as_kind(columns.column(events, "user"), pl.String())
        kept &= ~((action == "success") & user.str.ends_with("$")).fill_null(False)
    return events.filter(kept.fill_null(False))


def _filled(values: pl.Series, default: str, empty: tuple[str, ...]) -> pl.Series:
    if values.dtype == pl.List:
        return values
    return values.set(values.is_null() | values.cast(pl.String).is_in(list(empty)).fill_null(False), default)


def _extracted(values: pl.Series, events: pl.DataFrame, source: str, pattern: str) -> pl.Series:
    """What the expression finds; the event's own value where it finds nothing."""
    found = columns.as_kind(columns.column(events, source), pl.String()).str.extract(pattern, 1)
    return found.zip_with(found.is_not_null(), columns.as_kind(values, pl.String()))
