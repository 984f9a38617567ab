"""What a parsed search is made of: a pipeline of stages, each with its arguments, and expressions inside them."""

from __future__ import annotations

from dataclasses import dataclass, field

# expressions: of eval, where, and the eval() inside stats


@dataclass(frozen=True)
class Literal:
    """A number or a quoted text."""

    value: float | str


@dataclass(frozen=True)
class FieldRef:
    """A field by its name; in an expression it may stand in single quotes."""

    name: str


@dataclass(frozen=True)
class Unary:
    """`-x` or `NOT x`; op is "-" or "NOT"."""

    op: str
    value: Expression


@dataclass(frozen=True)
class Binary:
    """op is one of + - * / % . = == != < <= > >= LIKE AND OR XOR; `==` is written as `=` here."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class In:
    """`x IN (a, b)`."""

    value: Expression
    choices: tuple[Expression, ...]


@dataclass(frozen=True)
class Call:
    """A function of eval, its name in lower case."""

    name: str
    args: tuple[Expression, ...]


Expression = Literal | FieldRef | Unary | Binary | In | Call

# filters: of search, of tstats' where, and before the first pipe


@dataclass(frozen=True)
class Term:
    """A word or quoted phrase looked for in _raw; `*` stands for any letters."""

    text: str


@dataclass(frozen=True)
class Compare:
    """`field op value`, op one of = != < <= > >=; `*` in the value of = and != stands for any letters."""

    name: str
    op: str
    value: str


@dataclass(frozen=True)
class InList:
    """`field IN (a, b*)`."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Not:
    """NOT filter."""

    value: Filter


@dataclass(frozen=True)
class And:
    """All of them; nothing inside means every event."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Or:
    """Any of them."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Subsearch:
    """`[ ... ]` where a filter, or an argument, is expected: its result becomes text and is parsed again there."""

    pipeline: Pipeline


Filter = Term | Compare | InList | Not | And | Or | Subsearch

# aggregations: of stats and its relatives


@dataclass(frozen=True)
class Aggregation:
    """`function(argument) AS name`: the argument a field, an expression in eval(), or None for a bare count.

    `name` is what the column is called, also where the search does not say: `sum(x)`, `count`.
    """

    function: str
    argument: FieldRef | Expression | None
    name: str


# stages: one class a command, in the order of the alphabet. Defaults are Splunk's.


@dataclass(frozen=True)
class Addinfo:
    pass


@dataclass(frozen=True)
class Append:
    pipeline: Pipeline


@dataclass(frozen=True)
class Appendpipe:
    pipeline: Pipeline


@dataclass(frozen=True)
class Bin:
    """`span` as written: 5m, 1h, 0.1; `name` is the output field, the input's own where there is no AS."""

    input: str
    name: str
    span: str


@dataclass(frozen=True)
class Collect:
    """Options as written: index, source, sourcetype, marker, testmode, addtime, output_format."""

    options: dict[str, str]


@dataclass(frozen=True)
class CustomCommand:
    """A command of the app's own, its arguments as splunkd hands them over.

    `subsearches`: argument -> what its brackets hold, where the result of a search stands in it as `[0]`.
    """

    name: str
    raw_args: tuple[str, ...]
    subsearches: tuple[tuple[str, Pipeline], ...] = ()


@dataclass(frozen=True)
class Dedup:
    """The first `count` rows of each combination stay; rows that lack one of the fields go unless `keepempty`."""

    fields: tuple[str, ...]
    count: int = 1
    keepempty: bool = False
    consecutive: bool = False


@dataclass(frozen=True)
class Eval:
    assignments: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True)
class Eventstats:
    aggregations: tuple[Aggregation, ...]
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fields:
    """`fields [+|-] names`; names may hold `*`."""

    names: tuple[str, ...]
    remove: bool = False


@dataclass(frozen=True)
class Fillnull:
    value: str = "0"
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    pass


@dataclass(frozen=True)
class Head:
    count: int = 10


@dataclass(frozen=True)
class Inputlookup:
    """`where` filters the rows; `append` puts them behind the rows there are."""

    lookup: str
    append: bool = False
    where: Filter | None = None


@dataclass(frozen=True)
class Iplocation:
    input: str
    prefix: str = ""


@dataclass(frozen=True)
class Lookup:
    """`inputs` and `outputs` are pairs (field of the lookup, field of the event); no outputs means every other field.

    `overwrite` is False for OUTPUTNEW.
    """

    lookup: str
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...] = ()
    overwrite: bool = True


@dataclass(frozen=True)
class Makemv:
    name: str
    delim: str = " "
    allowempty: bool = False


@dataclass(frozen=True)
class Makeresults:
    count: int = 1


@dataclass(frozen=True)
class Mvexpand:
    name: str
    limit: int = 0


@dataclass(frozen=True)
class Outputlookup:
    """`append`, `key_field`, `override_if_empty` as in the documentation."""

    lookup: str
    append: bool = False
    key_field: str | None = None
    override_if_empty: bool = True


@dataclass(frozen=True)
class Rename:
    """Pairs (old, new); both may hold `*`, as often on either side."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rest:
    path: str
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Return:
    """`return [count] a b=c $d`: each item (alias or None, field, bare value only)."""

    count: int
    items: tuple[tuple[str | None, str, bool], ...]


@dataclass(frozen=True)
class Rex:
    """`mode` is None or "sed"; `pattern` as written between the quotes, escapes of the quotes undone."""

    pattern: str
    name: str = "_raw"
    mode: str | None = None
    max_match: int = 1


@dataclass(frozen=True)
class Savedsearch:
    name: str


@dataclass(frozen=True)
class Search:
    """The search command: first in the pipeline it reads the indexes, later it filters."""

    filter: Filter


@dataclass(frozen=True)
class Sort:
    """`count` 0 keeps all, Splunk's default is 10,000; keys are (descending, field, auto|num|str|ip)."""

    keys: tuple[tuple[bool, str, str], ...]
    count: int = 10_000


@dataclass(frozen=True)
class Spath:
    """`path` as written: names with periods between, `{}` behind a name for every element of its array."""

    path: str
    output: str
    input: str = "_raw"


@dataclass(frozen=True)
class Stats:
    aggregations: tuple[Aggregation, ...]
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Streamstats:
    """`time_window` as written (10m), or None; `window` 0 is all rows; `current` counts the row itself."""

    aggregations: tuple[Aggregation, ...]
    by: tuple[str, ...] = ()
    time_window: str | None = None
    window: int = 0
    current: bool = True


@dataclass(frozen=True)
class Table:
    names: tuple[str, ...]


@dataclass(frozen=True)
class Timechart:
    """One aggregation over spans of time, split by at most one field."""

    aggregations: tuple[Aggregation, ...]
    span: str | None = None
    by: str | None = None


@dataclass(frozen=True)
class Tstats:
    """`data_model` is Model.Dataset, or None where `where` names an index; `span` of `_time` in BY, or None.

    fillnull_value: what a BY field holds where an event lacks it.
    """

    aggregations: tuple[Aggregation, ...]
    data_model: str | None
    where: Filter | None = None
    by: tuple[str, ...] = ()
    span: str | None = None
    summariesonly: bool = False
    fillnull_value: str | None = None


@dataclass(frozen=True)
class Where:
    condition: Expression


Stage = (
    Addinfo | Append | Appendpipe | Bin | Collect | CustomCommand | Dedup | Eval | Eventstats | Fields | Fillnull
    | Format | Head | Inputlookup | Iplocation | Lookup | Makemv | Makeresults | Mvexpand | Outputlookup | Rename
    | Rest | Return | Rex | Savedsearch | Search | Sort | Spath | Stats | Streamstats | Table | Timechart | Tstats
    | Where
)  # fmt: skip


@dataclass(frozen=True)
class Pipeline:
    """A whole search, or what stands between brackets."""

    stages: tuple[Stage, ...]
