"""Boards, postings and rooms made for people, on both engines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.errors import Stale
from bot.live.hall_model import Board, HallRoom, Posting, Trouble
from bot.live.model import RoomKind
from bot.storage.engine import SqlStorage
from bot.storage.work import Work

NOW = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)


def a_board(**changes: object) -> Board:
    values: dict[str, object] = {
        "user_id": "ana",
        "platform": "discord",
        "server": "1",
        "place": "discord:10",
        "since": NOW,
    }
    return Board(**{**values, **changes})  # type: ignore[arg-type]


def a_room(**changes: object) -> HallRoom:
    values: dict[str, object] = {
        "conversation_id": "coffee",
        "server": "1",
        "place": "discord:20",
        "kind": RoomKind.DISCORD_VOICE,
        "opened_at": NOW,
    }
    return HallRoom(**{**values, **changes})  # type: ignore[arg-type]


async def test_a_board_is_found_by_its_server_and_by_its_channel(storage: SqlStorage) -> None:
    board = a_board(troubles=(Trouble.EVENTS,))
    other = a_board(server="2", place="telegram:-5", platform="telegram", since=NOW - timedelta(1))

    def unit(work: Work) -> None:
        work.halls.boards.add(board)
        work.halls.boards.add(other)

    await storage.write(unit)
    boards = await storage.read(
        lambda work: (
            work.halls.boards.of_server("discord", "1"),
            work.halls.boards.at_place("discord:10"),
            work.halls.boards.of_server("telegram", "1"),
            list(work.halls.boards.all()),
        )
    )

    assert boards == (board, board, None, [other, board])


async def test_a_server_has_one_board_and_a_conversation_one_posting_on_it(
    storage: SqlStorage,
) -> None:
    board, posting = a_board(), Posting(conversation_id="coffee", board_id="board")

    def unit(work: Work) -> None:
        work.halls.boards.add(board)
        work.halls.postings.add(posting)

    await storage.write(unit)
    for again in (
        lambda work: work.halls.boards.add(a_board(place="discord:11")),
        lambda work: work.halls.postings.add(Posting(conversation_id="coffee", board_id="board")),
    ):
        with pytest.raises(Stale):
            await storage.write(again)


async def test_a_board_outlives_who_chose_it_and_takes_its_postings_with_it(
    storage: SqlStorage,
) -> None:
    board = a_board()
    posting = Posting(conversation_id="coffee", board_id=board.id)

    def unit(work: Work) -> None:
        work.halls.boards.add(board)
        work.halls.postings.add(posting)
        work.halls.boards.remove_of_user("ana")

    await storage.write(unit)
    assert await storage.read(lambda work: work.halls.boards.all()) == [
        replace(board, user_id=None)
    ]
    await storage.write(lambda work: work.halls.postings.remove_of_board(board.id))
    assert await storage.read(lambda work: work.halls.postings.of_conversation("coffee")) == []


async def test_only_open_rooms_are_found(storage: SqlStorage) -> None:
    room, closed = a_room(), a_room(place="discord:21", closed_at=NOW)
    elsewhere = a_room(conversation_id="tea", server="2", place="discord:22")

    def unit(work: Work) -> None:
        for each in (room, closed, elsewhere):
            work.halls.rooms.add(each)

    await storage.write(unit)
    found = await storage.read(
        lambda work: (
            work.halls.rooms.open_for("coffee"),
            work.halls.rooms.open_at("discord:20"),
            work.halls.rooms.open_at("discord:21"),
            list(work.halls.rooms.open_on("discord")),
            list(work.halls.rooms.open_on("telegram")),
        )
    )

    assert found == (room, room, None, [room, elsewhere], [])
