"""From events to numbers: what each feature is, what the past says of it, and how a table becomes a matrix."""
