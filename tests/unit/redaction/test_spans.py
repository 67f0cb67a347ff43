"""Many recognisers speak of the same bytes: each byte is covered once, and none is lost."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tarsd.redaction.spans import EMAIL, HOST, SECRET, USER, Span, merge


def span(start: int, size: int, kind: str) -> Span:
    return Span(start, start + size, kind, f"test/{kind}")


spans = st.lists(
    st.builds(
        span,
        st.integers(0, 60),
        st.integers(1, 20),
        st.sampled_from([SECRET, USER, HOST, EMAIL]),
    ),
    max_size=12,
)


def covered(of: list[Span], kind: str | None = None) -> set[int]:
    return {at for span in of if kind in (None, span.kind) for at in range(span.start, span.end)}


@given(spans)
def test_every_byte_stays_covered_and_only_once(of: list[Span]) -> None:
    merged = merge(of)
    assert covered(merged) == covered(of)
    assert covered(merged, SECRET) == covered(of, SECRET)
    assert all(left.end <= right.start for left, right in pairwise(merged))


def test_the_secret_in_an_address_is_the_secret() -> None:
    email = Span(10, 30, EMAIL, "people/email")
    secret = Span(10, 18, SECRET, "url/password")
    assert merge([email, secret]) == [secret, Span(18, 30, EMAIL, "people/email")]
