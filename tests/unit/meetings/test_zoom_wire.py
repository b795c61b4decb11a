"""Zoom's signatures, events and addresses, by worked examples that were made with openssl."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.hook import Verdict
from bot.meetings.adapters.zoom_wire import event_key, in_path, parse_event, signature, zoom_hook
from bot.meetings.model import What

SECRET = "zoom_secret_token_example"
ENDED = (
    b'{"event":"meeting.ended","event_ts":1764612002000,"payload":{"account_id":"acc_1","object":'
    b'{"id":"93123456789","uuid":"4444AAAiAAAAAiAiAiiAii==","host_id":"host_1","topic":"Spanish",'
    b'"type":2,"start_time":"2025-12-01T18:00:02Z","timezone":"UTC","duration":30,'
    b'"end_time":"2025-12-01T18:27:41Z"}}}'
)
SIGNED = "v0=2433712678e73acedcd12856ed3063433ade9799f1b591f5ac5f7e3aa2fc90ad"
SENT_AT = datetime.fromtimestamp(1764612002, UTC)
HEADERS = {"x-zm-request-timestamp": "1764612002", "x-zm-signature": SIGNED}


def test_a_delivery_is_proved_by_the_worked_example() -> None:
    assert signature(SECRET, "1764612002", ENDED) == SIGNED
    assert zoom_hook(SECRET).verify(HEADERS, ENDED, SENT_AT) is Verdict.GENUINE


@pytest.mark.parametrize(
    ("headers", "body", "secret", "verdict"),
    [
        ({}, ENDED, SECRET, Verdict.FORGED),
        (HEADERS, ENDED + b" ", SECRET, Verdict.FORGED),
        (HEADERS, ENDED, "another", Verdict.FORGED),
        ({**HEADERS, "x-zm-request-timestamp": "1764612003"}, ENDED, SECRET, Verdict.FORGED),
        ({**HEADERS, "x-zm-signature": "\udcff" + SIGNED}, ENDED, SECRET, Verdict.FORGED),
        ({**HEADERS, "x-zm-request-timestamp": "\udcff"}, ENDED, SECRET, Verdict.FORGED),
        (
            {"x-zm-request-timestamp": "now", "x-zm-signature": signature(SECRET, "now", ENDED)},
            ENDED,
            SECRET,
            Verdict.STALE,
        ),
    ],
)
def test_what_is_not_exactly_so_is_refused(
    headers: dict[str, str], body: bytes, secret: str, verdict: Verdict
) -> None:
    assert zoom_hook(secret).verify(headers, body, SENT_AT) is verdict


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_delivery_of_another_time_is_stale(minutes: int) -> None:
    then = SENT_AT + timedelta(minutes=minutes)

    assert zoom_hook(SECRET).verify(HEADERS, ENDED, then) is Verdict.STALE


def test_zooms_question_is_answered_by_the_worked_example() -> None:
    question = {
        "event": "endpoint.url_validation",
        "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"},
    }

    assert zoom_hook("zoom_secret_token_example").answer(question) == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": "ab6193e5fc2172ba4a29511700f0cbf2aeabefa44064ef9bf89732e27aa58708",
    }
    assert zoom_hook(SECRET).answer(json.loads(ENDED)) is None


def test_an_end_is_understood() -> None:
    heard = parse_event(ENDED)

    assert heard is not None
    assert (heard.provider_id, heard.what) == ("93123456789", What.CLOSED)
    assert heard.at == datetime(2025, 12, 1, 18, 27, 41, tzinfo=UTC)


def an_event(event: str, **person: object) -> dict[str, object]:
    about = {"id": "9", "uuid": "u", "host_id": "h", "participant": {"user_id": "1", **person}}
    return {"event": event, "event_ts": 1, "payload": {"object": about}}


def test_the_same_event_has_one_identity_and_others_have_others() -> None:
    join, leave = "meeting.participant_joined", "meeting.participant_left"
    events = [
        an_event(join, join_time="2026-12-01T18:00:00Z"),
        an_event(join, join_time="2026-12-01T18:00:01Z"),
        an_event(leave, leave_time="2026-12-01T18:00:00Z"),
        an_event(join, join_time="2026-12-01T18:00:00Z", user_id="2"),
    ]
    keys = [event_key(event) for event in events]

    assert len(set(keys)) == 4
    assert keys == [event_key(json.loads(json.dumps(event))) for event in events]


@pytest.mark.parametrize(
    "event",
    [
        "meeting.participant_joined_waiting_room",
        "meeting.participant_left_waiting_room",
        "meeting.participant_jbh_joined",
        "meeting.started",
        "recording.completed",
        "",
    ],
)
def test_the_waiting_room_and_all_else_is_left_alone(event: str) -> None:
    assert event_key(an_event(event)) is None


@pytest.mark.parametrize(
    ("uuid", "path"),
    [
        ("4444AAAiAAAAAiAiAiiAii==", "4444AAAiAAAAAiAiAiiAii%3D%3D"),
        ("/ajXp112QmuoKj4854875==", "%252FajXp112QmuoKj4854875%253D%253D"),
        ("a//b==", "a%252F%252Fb%253D%253D"),
        ("a/b==", "a%2Fb%3D%3D"),
    ],
)
def test_instances_with_slashes_are_encoded_twice(uuid: str, path: str) -> None:
    assert in_path(uuid) == path
