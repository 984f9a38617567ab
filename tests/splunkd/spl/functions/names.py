"""The functions on the list; every other is an error that names it."""

import re

EVAL = """
    abs case ceiling coalesce exact exp false floor if in isnotnull isnull isnum isstr len like ln log lower ltrim
    match max md5 min mvappend mvcount mvdedup mvfilter mvfind mvindex mvjoin mvmap mvsort mvzip now null nullif pow
    relative_time replace round rtrim split sqrt strftime strptime substr time tonumber tostring trim true typeof
    upper urldecode validate
"""
STATS = """
    avg count dc distinct_count earliest earliest_time first last latest latest_time list max median min mode range
    stdev sum sumsq values var
"""

FUNCTIONS = frozenset(EVAL.split())
"""Of eval and where."""

AGGREGATIONS = frozenset(STATS.split())
"""Of stats and its relatives."""

PERCENTILE = re.compile(r"(?:perc|p)(\d{1,2}(?:\.\d+)?)")
"""p95, perc95."""
