"""Write-behind: rows arrive in order, what goes wrong is said, and what was not settled is not there."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from rwaledger.registry.database import Connection, Database
from rwaledger.registry.write_behind import WriteBehind

MANY = 50


@pytest.fixture
def marks(database: Database) -> Database:
    with database.begin() as c:
        c.execute(text("create table marks (place integer not null)"))
    return database


def insert(c: Connection, place: int) -> None:
    c.execute(text("insert into marks values (:place)"), {"place": place})


def refuse(_: Connection) -> None:
    raise ValueError("the first to go wrong")


def places(database: Database) -> list[int]:
    with database.begin() as c:
        return list(c.scalars(text("select place from marks")))


def test_rows_arrive_in_the_order_in_which_they_were_given(marks: Database) -> None:
    with marks.begin() as c, WriteBehind(c) as behind:
        for place in range(MANY):
            behind.write(insert, place)
        settled = list(behind.settled().scalars(text("select place from marks")))
    assert settled == places(marks) == list(range(MANY))


def test_what_goes_wrong_is_said_at_the_latest_when_settled(marks: Database) -> None:
    with pytest.raises(ValueError, match="the first to go wrong"), marks.begin() as c, WriteBehind(c) as behind:
        insert(c, 1)
        behind.write(refuse)
        for place in range(MANY):
            behind.write(insert, place)
        behind.settled()
    assert places(marks) == []


def test_leaving_waits_for_what_has_begun_and_drops_the_rest(empty_postgres_url: str) -> None:
    began, go_on, called = threading.Event(), threading.Event(), []

    def slow(_: Connection) -> None:
        began.set()
        go_on.wait(10)
        called.append("slow")

    database = Database(empty_postgres_url)
    try:
        with pytest.raises(KeyboardInterrupt), database.begin() as c, WriteBehind(c) as behind:
            behind.write(slow)
            behind.write(lambda _: called.append("never"))
            assert began.wait(10)
            threading.Timer(0.2, go_on.set).start()
            raise KeyboardInterrupt
    finally:
        database.close()
    assert called == ["slow"]


def test_no_more_than_a_few_wait(empty_postgres_url: str) -> None:
    go_on, given = threading.Event(), []

    def give(behind: WriteBehind) -> None:
        for place in range(MANY):
            behind.write(lambda _: go_on.wait(10))
            given.append(place)

    database = Database(empty_postgres_url)
    try:
        with database.begin() as c, WriteBehind(c) as behind:
            giver = threading.Thread(target=give, args=(behind,))
            giver.start()
            giver.join(0.5)
            waiting = len(given)
            go_on.set()
            giver.join()
            behind.settled()
    finally:
        database.close()
    assert 0 < waiting < MANY // 5
    assert len(given) == MANY
