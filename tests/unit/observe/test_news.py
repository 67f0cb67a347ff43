"""Who listens is woken when something turns, and never by a figure that moved a little."""

import asyncio

from tarsd.host.resources import Resources
from tarsd.observe.news import News
from tarsd.observe.picture import STALE, Picture
from tests.unit.observe.pictures import PICTURE, incident, picture, service, status, with_incidents


async def test_a_listener_hears_of_the_next_turn_and_all_of_them_do() -> None:
    news = News(lambda: 0.0)
    news.take(PICTURE)
    waiting = [asyncio.create_task(news.after(news.number, 5)) for _ in range(3)]
    await asyncio.sleep(0)
    news.take(picture(status=with_incidents(incident())))
    assert await asyncio.gather(*waiting) == [True] * 3
    assert news.body["incidents_open"] == 1


async def test_who_comes_late_is_told_how_it_is_now_and_not_how_it_was() -> None:
    now = [PICTURE.at]
    news = News(lambda: now[0])
    news.take(PICTURE)
    assert (news.body["overall_status"], news.body["age_seconds"]) == ("healthy", 0.0)
    now[0] += STALE + 1
    assert news.body["overall_status"] == "unknown"
    assert set(news.body["services"].values()) == {"unknown"}


async def test_a_figure_alone_is_no_news() -> None:
    news = News(lambda: 0.0)
    news.take(PICTURE)
    before = news.number
    news.take(picture(resources=Resources(cores=8, busy=0.9), taken=PICTURE.taken + 60))
    assert news.number == before
    assert not await news.after(before, 0.01)


async def test_a_service_that_starts_anew_is_news_although_it_is_well_again() -> None:
    news = News(lambda: 0.0)
    news.take(PICTURE)
    again = service("redis", since="2026-11-22T04:00:00.000Z")
    news.take(picture(status=status(services=[again])))
    assert news.number == 2


async def test_who_was_slow_gets_the_newest_at_once() -> None:
    news = News(lambda: 0.0)
    for shown in (Picture(), PICTURE, picture(status=with_incidents(incident()))):
        news.take(shown)
    assert await news.after(1, 5)
    assert news.number == 3
