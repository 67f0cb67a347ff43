"""The text that Prometheus reads."""

import pytest

from tarsd.observe.metrics.everything import METRICS, Scrape
from tarsd.observe.metrics.exposition import text
from tarsd.observe.metrics.metric import Metric, Sample
from tests.unit.observe.pictures import PICTURE, picture

THING = Metric("tars_thing", "gauge", 'A "thing" \\ of\ntwo lines', ("name",))


def test_labels_are_escaped_and_samples_of_one_metric_stand_together() -> None:
    other = Metric("tars_other", "counter", "Other")
    told = text([THING.of(1, 'a"b\\c\nd'), other.of(2.5), THING.of(3, "e")])
    assert told == (
        '# HELP tars_thing A "thing" \\\\ of\\ntwo lines\n'
        "# TYPE tars_thing gauge\n"
        'tars_thing{name="a\\"b\\\\c\\nd"} 1\n'
        'tars_thing{name="e"} 3\n'
        "# HELP tars_other Other\n"
        "# TYPE tars_other counter\n"
        "tars_other 2.5\n"
    )


def test_nothing_is_lost_of_a_number() -> None:
    def line(value: float) -> str:
        return text([Metric("tars_n", "gauge", "N").of(value)]).splitlines()[-1]

    assert line(1_795_317_124.123) == "tars_n 1795317124.123"
    assert line(5 << 60) == f"tars_n {float(5 << 60)!r}" or line(5 << 60) == f"tars_n {5 << 60}"
    assert line(1e-9) == "tars_n 1e-09"


def test_a_sample_with_other_labels_is_a_defect() -> None:
    with pytest.raises(ValueError, match="tars_thing has the labels"):
        THING.of(1, "a", "b")
    assert THING.maybe(None, "a") == []


def test_what_a_picture_shows_is_put_into_words_once() -> None:
    shown, asked = [PICTURE], list[int]()

    def live() -> list[Sample]:
        asked.append(1)
        return [THING.of(len(asked), "live")]

    scrape = Scrape(lambda: shown[0], [live])
    first, second = scrape.text(), scrape.text()
    assert ("} 1\n" in first, "} 2\n" in second) == (True, True)
    assert first.partition("tars_overall_status")[2] == second.partition("tars_overall_status")[2]
    shown[0] = picture(status=None, why="it did not answer")
    assert 'tars_overall_status{status="unknown"} 1' in scrape.text()
    assert "tars_service_up" not in scrape.text()


def test_no_two_metrics_share_a_name() -> None:
    names = [it.name for it in METRICS]
    assert len(set(names)) == len(names)
    assert all(name.startswith("tars_") for name in names)
    assert all((it.kind == "counter") == it.name.endswith("_total") for it in METRICS)
