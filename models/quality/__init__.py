"""The quality of data: what is wrong with the events, field by field, before a model believes them."""
