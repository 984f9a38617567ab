"""The invented events of each recipe: ordinary days, then one with a planted story.

A module for each recipe, with its events (`part`), the tags by which a data model finds them (`TAGS`), and the
fields of one plain event (`SAMPLE`).
"""
