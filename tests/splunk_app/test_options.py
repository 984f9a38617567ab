"""What the commands' options take, how it is kept, and what each refuses, in this process."""

import pytest
from aiscore_kit import options

ONE = options.OneOf("label", "fail")
COUNT = options.Whole(1, 3650)
SHARE = options.Decimal(1.0)
TRUTH = options.Truth()
HEAD = "17:" + "a" * 64


@pytest.mark.parametrize(
    ("validator", "given", "kept"),
    [
        *((validator, None, None) for validator in (ONE, COUNT, SHARE, TRUTH, options.field(), options.names())),
        (ONE, "fail", "fail"),
        *((COUNT, given, int(given)) for given in ("1", "3650", "007", 5)),
        *((SHARE, given, given) for given in ("1", "1.0", "0.000000000001", "1e-4", ".5")),
        *((TRUTH, given, "true") for given in ("true", "T", "1")),
        *((TRUTH, given, "false") for given in ("False", "f", "0")),
        *((options.model_name(), given, given) for given in ("m", "0", "a" * 64, "a_b.c-d")),
        *((options.fields(), given, given) for given in ("a", "a, b", "a b,c", "way=pair(user, dest)")),
        (options.heads(), f'("{HEAD},{HEAD}")', f"{HEAD},{HEAD}"),
        (options.heads(), '"none"', "none"),
        (options.names(), '("md5:ab,cd")', "md5:ab,cd"),
        *((options.entity(), given, given) for given in (" a ", 'a"b|c', "a" * 1000)),
        *((options.day(), given, given) for given in ("2026-01-31", "2026-01-31T08:00:00Z", "1700000000.5")),
        *((options.version(), given, given) for given in ("a" * 12, "0" * 64)),
    ],
)
def test_what_is_meant_is_kept_as_the_sidecar_takes_it(validator: object, given: object, kept: object) -> None:
    assert validator(given) == kept  # type: ignore[operator]


@pytest.mark.parametrize(
    ("validator", "given"),
    [
        *((ONE, given) for given in ("", "Label", "label,fail")),
        *((COUNT, given) for given in ("0", "3651", "-1", "1.0", "", " 1", "9" * 13)),
        *((SHARE, given) for given in ("0", "0.0", "1.1", "-0.5", "", ".", "nan", "inf", "1e4", "1_0", "1e-99x")),
        *((TRUTH, given) for given in ("yes", "", "2", "truef")),
        *((options.model_name(), given) for given in ("", ".m", "a" * 65, "a b", "a\n", "ä")),
        *((options.fields(), given) for given in ("", " a", "a,,b", "a,", "a\nb")),
        *((options.field(), given) for given in ("", "a,b", " a", "a\r")),
        *(
            (options.heads(), given)
            for given in ("", "17", HEAD.upper(), "0" + HEAD, f"{HEAD} x", ",".join([HEAD] * 201))
        ),
        (options.names(), "a\nb"),
        *((options.entity(), given) for given in ("", "a" * 1001, "a\nb")),
        *((options.day(), given) for given in ("", "yesterday", "-1d@d", "2026-1-31", "2026-01-31 8am", "1" * 11)),
        *((options.version(), given) for given in ("a" * 11, "A" * 12, "0" * 65)),
    ],
)
def test_what_could_mean_nothing_is_refused_with_what_is_expected(validator: options.Validator, given: str) -> None:
    with pytest.raises(ValueError) as caught:
        validator(given)
    assert str(caught.value) == validator.expected
