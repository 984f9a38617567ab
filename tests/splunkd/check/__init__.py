"""Whether an app's confs and views hold together: `python -m tests.splunkd.check [app folder]` says what does not.

Structure (known files, stanzas, keys, types of values) and cross-references (every macro, lookup, view, field, token
and option that something names is there). Nothing is run.
"""
