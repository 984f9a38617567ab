"""Invented names of people, from which user names are made."""

# fmt: off
GIVEN = (
    "ada", "alan", "alma", "amir", "anna", "arun", "bea", "ben", "carl", "cora", "dana", "dev", "elif",
    "emma", "erik", "eva", "finn", "gita", "hana", "hugo", "ida", "igor", "ines", "ivan", "jana", "jon",
    "juno", "kai", "kim", "lara", "leon", "lina", "luis", "maja", "marc", "mia", "milo", "nadia", "nils",
    "nora", "omar", "otto", "pia", "ravi", "rita", "rosa", "sam", "sara", "sven", "tara", "theo", "tim",
    "uma", "vera", "viktor", "willa", "yara", "zoe",
)

FAMILY = (
    "abel", "adler", "baker", "bauer", "bose", "brandt", "cole", "costa", "cruz", "dahl", "das", "diaz",
    "eklund", "evans", "fischer", "ford", "frank", "garcia", "gill", "gray", "hahn", "hall", "haas", "iyer",
    "jain", "jensen", "kane", "kaur", "keller", "khan", "kowal", "lang", "lee", "lewis", "lopez", "maier",
    "mann", "mehta", "moss", "nair", "nowak", "ortiz", "park", "patel", "pohl", "price", "rao", "reed",
    "reyes", "roth", "roy", "ruiz", "sato", "scott", "shaw", "silva", "singh", "stein", "stone", "thomas",
    "vogel", "wagner", "weber", "wolf", "wood", "young", "zeller",
)
