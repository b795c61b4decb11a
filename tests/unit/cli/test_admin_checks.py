"""The doctor warns where nobody reads reports."""

from dataclasses import replace

from bot.accounts.model import Role
from bot.chat.model import Report, ReportReason
from bot.cli.admin_checks import check_admins
from bot.cli.findings import Finding, Status
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from config.settings import load_settings
from tests.message_builders import NOW
from tests.relay_stage import add_person


async def look(storage: SqlStorage, admins: str = "") -> Finding:
    url = storage.url.render_as_string(hide_password=False)
    (found,) = await check_admins(load_settings(None, database_url=url, admins=admins))
    return found


async def test_without_an_administrator_it_says_how_many_reports_wait(storage: SqlStorage) -> None:
    def unit(work: Work) -> None:
        ana = add_person(work, "ana")
        reason = ReportReason.SPAM
        work.chat.reports.add(Report(thread_id="t", reporter_id=ana.id, reason=reason, at=NOW))

    assert (await look(storage)).status is Status.WARN
    await storage.write(unit)
    assert "reports that wait: 1" in (await look(storage)).detail


async def test_one_named_or_made_by_a_link_is_enough(storage: SqlStorage) -> None:
    assert (await look(storage, "telegram:1")).status is Status.OK

    def unit(work: Work) -> None:
        olga = add_person(work, "olga")
        work.users.save(replace(olga, roles=frozenset({Role.ADMIN})))

    await storage.write(unit)
    assert (await look(storage)).status is Status.OK
