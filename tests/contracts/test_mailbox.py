"""The SMTP mailbox, used through two real clients."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
import pytest

from bot.simulators.faults import Fault
from bot.simulators.mailbox import Mailbox


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with Mailbox() as mailbox:
        yield mailbox


def a_mail(to: str = "ana@example.org", text: str = "Hola\n") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "LinguaFlex <bot@example.org>", to, "Clase mañana"
    mail.set_content(text)
    return mail


async def send(mailbox: Mailbox, mail: EmailMessage, **options: object) -> None:
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=mailbox.port, timeout=5, **options)


async def test_a_mail_is_kept_with_its_texts_and_its_envelope(mailbox):
    mail = a_mail(text="¡Hasta mañana!\n.una línea con punto\n..dos\n.\nfin\n")
    mail.add_alternative("<p>¡Hasta mañana!</p>\n", subtype="html")
    await send(mailbox, mail)
    kept = await mailbox.wait(to="ana@example.org")
    assert (kept.to, kept.sender) == (("ana@example.org",), "bot@example.org")
    assert kept.subject == "Clase mañana"
    assert kept.text == "¡Hasta mañana!\n.una línea con punto\n..dos\n.\nfin\n"
    assert kept.html == "<p>¡Hasta mañana!</p>\n"
    assert kept.message["From"] == "LinguaFlex <bot@example.org>"


async def test_the_standard_library_can_send_to_it_too(mailbox):
    def deliver() -> None:
        with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=5) as client:
            assert client.noop()[0] == 250
            client.send_message(a_mail("one@example.org"))
            client.rset()
            client.sendmail("", ["two@example.org", "three@example.org"], b"Subject: raw\r\n\r\nx")

    await asyncio.to_thread(deliver)
    first, second = mailbox.messages
    assert first.to == ("one@example.org",)
    assert (second.sender, second.to) == ("", ("two@example.org", "three@example.org"))
    assert (second.subject, second.text) == ("raw", "x\n")


async def test_waiting_takes_each_mail_once(mailbox):
    await send(mailbox, a_mail("ana@example.org", "one\n"))
    waiting = asyncio.create_task(mailbox.wait(to="BO@example.org"))
    await send(mailbox, a_mail("bo@example.org", "two\n"))
    assert (await waiting).text == "two\n"
    assert (await mailbox.wait()).text == "one\n"
    with pytest.raises(TimeoutError):
        await mailbox.wait(timeout=0)


async def test_a_page_hears_of_every_mail(mailbox):
    queue: asyncio.Queue = asyncio.Queue()
    mailbox.subscribe(queue)
    await send(mailbox, a_mail())
    event = queue.get_nowait()
    assert (event["type"], event["to"], event["subject"]) == (
        "mail",
        ["ana@example.org"],
        "Clase mañana",
    )


async def test_credentials_are_asked_for_when_there_are_any():
    async with Mailbox(credentials=("bot", "secret")) as mailbox:
        with pytest.raises(aiosmtplib.SMTPException):
            await send(mailbox, a_mail())
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await send(mailbox, a_mail(), username="bot", password="wrong")
        await send(mailbox, a_mail(), username="bot", password="secret")
        assert len(mailbox.messages) == 1


async def test_an_address_without_a_mailbox_is_refused_for_good(mailbox):
    mailbox.refuse("gone@example.org")
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await send(mailbox, a_mail("gone@example.org"))
    assert refused.value.recipients[0].code == 550
    assert mailbox.messages == []


async def test_too_large_a_mail_is_refused_before_or_after_it_is_sent():
    async with Mailbox(max_size=2_000) as mailbox:
        with pytest.raises(aiosmtplib.SMTPSenderRefused) as announced:
            await send(mailbox, a_mail(text="x" * 70 + "\n" + "y" * 3_000))
        assert announced.value.code == 552
        codes = await _talk(mailbox, "EHLO me", "MAIL FROM:<a@b.c>", "RCPT TO:<d@e.f>", "DATA",
                            "x" * 900 + "\r\n" + "y" * 1_200 + "\r\n.")  # fmt: skip
        assert codes[-1] == "552"
        assert mailbox.messages == []


async def _talk(mailbox: Mailbox, *lines: str) -> list[str]:
    """Answer codes to lines sent one by one, the greeting left out."""
    reader, writer = await asyncio.open_connection("127.0.0.1", mailbox.port)
    await reader.readline()
    codes = []
    for line in lines:
        writer.write(f"{line}\r\n".encode())
        while (answer := await reader.readline())[3:4] == b"-":
            pass
        codes.append(answer[:3].decode())
    writer.close()
    await writer.wait_closed()
    return codes


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (["MAIL FROM:<a@b.c>"], ["503"]),
        (["EHLO"], ["501"]),
        (["HELO me", "RCPT TO:<a@b.c>"], ["250", "503"]),
        (["EHLO me", "MAIL FROM:<a@b.c>", "DATA"], ["250", "250", "503"]),
        (["EHLO me", "MAIL FROM:<a@b.c>", "MAIL FROM:<a@b.c>"], ["250", "250", "503"]),
        (["EHLO me", "MAIL TO:<a@b.c>"], ["250", "501"]),
        (["EHLO me", "MAIL FROM:<nobody>"], ["250", "553"]),
        (["EHLO me", "MAIL FROM:<a@b.c>", "RCPT TO:<nobody>"], ["250", "250", "553"]),
        (["EHLO me", "MAIL FROM:<a@b.c>", "RSET", "RCPT TO:<a@b.c>"], ["250", "250", "250", "503"]),
        (["AUTH PLAIN AAA"], ["504"]),
        (["EHLO me", "MAIL FROM:<a@b.c> SIZE=99999999"], ["250", "552"]),
        (["STARTTLS", "VRFY a", "NOOP", "x" * 1_001, "noop", "QUIT"],
         ["502", "252", "250", "500", "250", "221"]),
    ],
)  # fmt: skip
async def test_commands_out_of_order_or_malformed_are_refused(
    mailbox, lines: list[str], codes: list[str]
):
    assert await _talk(mailbox, *lines) == codes


@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        (Fault("status", match="DATA", status=451), 0),
        (Fault("status", match="CONNECT", status=554), 0),
        (Fault("rate_limit", match="MAIL"), 0),
        (Fault("drop_before", match="CONNECT"), 0),
        (Fault("drop_before", match="DATA"), 0),
        (Fault("drop_after", match="DATA"), 1),
    ],
)
async def test_faults_strike_once_and_the_next_try_gets_through(mailbox, fault: Fault, kept: int):
    mailbox.faults.add(fault)
    with pytest.raises((aiosmtplib.SMTPException, ConnectionError)):
        await send(mailbox, a_mail())
    assert len(mailbox.messages) == kept
    await send(mailbox, a_mail())
    assert len(mailbox.messages) == kept + 1


async def test_a_delayed_answer_outlasts_an_impatient_client(mailbox):
    mailbox.faults.add(Fault("delay", match="DATA", seconds=30))
    with pytest.raises(aiosmtplib.SMTPException):
        await aiosmtplib.send(a_mail(), hostname="127.0.0.1", port=mailbox.port, timeout=0.05)
    assert mailbox.messages == []


async def test_a_closed_mailbox_refuses_connections_until_it_opens_again(mailbox):
    port = mailbox.port
    await mailbox.stop()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await send(mailbox, a_mail())
    await mailbox.start(port)
    assert mailbox.url == f"smtp://127.0.0.1:{port}"
    await send(mailbox, a_mail())
    assert len(mailbox.messages) == 1
