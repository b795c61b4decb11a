"""/earnings: what a teacher has earned, when it is sent, and statements of it."""

from collections.abc import Sequence

from bot.billing.model import Party
from bot.billing.parties import own_commission
from bot.billing.payouts import earnings_of
from bot.billing.rules import BillingRules
from bot.billing.sending import Sending
from bot.flows.awaiting import Awaited
from bot.flows.billing_news import MONEY_PREFIX
from bot.flows.lesson_words import Reader
from bot.flows.receipt_words import PAPER
from bot.flows.receipts import Receipts, send_file
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.statements import CSV, earned_by, statement_paper, statement_table
from bot.flows.voice_turn import Parts
from bot.i18n.formats import percent
from bot.messaging.model import Button, Paragraph, Style


class EarningsFlow:
    """Shown to whoever ever earned something, or teaches."""

    def __init__(
        self, parts: Parts, sending: Sending, rules: BillingRules, receipts: Receipts
    ) -> None:
        self._parts = parts
        self._sending = sending
        self._rules = rules
        self._receipts = receipts

    def show(self, scene: Scene, _: str = "") -> Later | None:
        """By currency: ready, waiting, sent; and how it is sent."""
        parties = scene.work.billing.parties.of_user(scene.user.id)
        if scene.work.teachers.find_of_user(scene.user.id) is None and not parties:
            scene.say(scene.text("earnings.not_a_teacher"))
            return None
        reader = Reader(scene.user, scene.incoming.address.platform)
        lines = [
            scene.texts(
                "earnings.line",
                ready=reader.money(own.ready),
                waiting=reader.money(own.waiting),
                sent=reader.money(own.sent),
            )
            for own in earnings_of(scene.work, parties, self._rules, scene.now)
        ]
        can_be_paid = any(party.can_be_paid for party in parties)
        own = own_commission(parties)
        share = percent(self._rules.commission_bp if own is None else own, scene.texts.language)
        scene.say(
            scene.text("earnings.title", Style.STRONG),
            *([Paragraph("\n\n".join(lines))] if lines else [scene.text("earnings.nothing")]),
            scene.text("earnings.commission", percent=share),
            scene.text("earnings.by_transfer" if can_be_paid else "earnings.by_statement"),
            buttons=_rows(scene, has_entries=bool(lines), can_be_paid=can_be_paid),
        )
        return None

    def press(self, scene: Scene, action: str) -> Later | None:
        """`action`: "onboard", or a statement as "csv" or "paper"."""
        if action == "onboard":
            return self._onboard(scene)
        if action == "paper":
            return self._paper(scene)
        self._table(scene)
        return None

    def _onboard(self, scene: Scene) -> Later:
        """Where the teacher proves who they are; those already checked are told so."""
        user_id = scene.user.id
        if scene.work.teachers.find_of_user(user_id) is None:
            raise StaleButton

        async def ask() -> str | None:
            if await self._sending.look_at_account(user_id):
                return None
            return await self._sending.onboarding(user_id)

        return Awaited(self._parts, ask, _offer_onboarding)

    def _table(self, scene: Scene) -> None:
        """Every entry, for a spreadsheet."""
        entries = earned_by(scene.work, _parties(scene))
        send_file(scene, statement_table(entries, _on_paper(scene)), CSV, "my-statement.csv")

    def _paper(self, scene: Scene) -> Later:
        """Every entry, on paper."""
        entries = earned_by(scene.work, _parties(scene))
        document = statement_paper(entries, _on_paper(scene), scene.now)
        return self._receipts.printed(document, "my-statement.pdf")


def _rows(scene: Scene, *, has_entries: bool, can_be_paid: bool) -> list[list[Button]]:
    rows = []
    if not can_be_paid:
        rows.append([scene.button("earnings.button.onboard", f"{MONEY_PREFIX}:onboard:")])
    if has_entries:
        rows.append(
            [
                scene.button("earnings.button.csv", f"{MONEY_PREFIX}:csv:"),
                scene.button("earnings.button.pdf", f"{MONEY_PREFIX}:paper:"),
            ]
        )
    return rows


def _offer_onboarding(scene: Scene, url: str | None) -> None:
    scene.answer_button()
    if url is None:
        scene.say(scene.text("earnings.by_transfer"))
        return
    scene.say(
        scene.text("earnings.onboard"),
        buttons=[[Button(scene.texts("earnings.button.page"), url=url)]],
    )


def _parties(scene: Scene) -> Sequence[Party]:
    """Raises StaleButton for somebody who never earned or paid anything."""
    parties = scene.work.billing.parties.of_user(scene.user.id)
    if not parties:
        raise StaleButton
    return parties


def _on_paper(scene: Scene) -> Reader:
    return Reader(scene.user, PAPER)
