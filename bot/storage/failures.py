"""What the drivers raise, in our terms: the database's trouble, a lost race, or our own bug."""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.core.errors import Cause, ServiceFailure, Stale

SERVICE = "database"

# SQLite's result codes by name (sqlite.org/rescode.html); an extended name begins with a plain one.
_SQLITE_TROUBLE = {
    "SQLITE_BUSY": Cause.BUSY,
    "SQLITE_LOCKED": Cause.BUSY,
    "SQLITE_FULL": Cause.BUSY,
    "SQLITE_NOMEM": Cause.BUSY,
    "SQLITE_IOERR": Cause.UNREACHABLE,
    "SQLITE_CANTOPEN": Cause.UNREACHABLE,
    "SQLITE_READONLY": Cause.MISCONFIGURED,
    "SQLITE_PERM": Cause.MISCONFIGURED,
    "SQLITE_NOTADB": Cause.MISCONFIGURED,
    "SQLITE_CORRUPT": Cause.MISCONFIGURED,
}
# Classes of SQLSTATE (PostgreSQL, appendix A) and single codes that are not the statement's fault.
_SQLSTATE_TROUBLE = {
    "08": Cause.UNREACHABLE,
    "40": Cause.BUSY,
    "53": Cause.BUSY,
    "55": Cause.BUSY,
    "57": Cause.UNREACHABLE,
    "58": Cause.UNREACHABLE,
    "28": Cause.MISCONFIGURED,
    "3D": Cause.MISCONFIGURED,
    "25006": Cause.UNREACHABLE,  # read-only: a standby that is being promoted
    "42501": Cause.MISCONFIGURED,
    "42P01": Cause.MISCONFIGURED,
    "42703": Cause.MISCONFIGURED,
}
_UNIQUE = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505"}
_GONE = {"SQLITE_CONSTRAINT_FOREIGNKEY", "23503"}
_ROLLED_BACK = "40"  # serialization failure, deadlock
_OLD_PLAN = "0A000"  # a statement prepared before a migration
_OLD_SCHEMA = "a table or column is missing: `linguaflex migrate` brings the database up to date"


def as_ours(error: BaseException) -> BaseException:
    """The error a unit's caller sees; anything that is not the database's stays what it is.

    Trouble with the database is a `ServiceFailure`. A unique violation that no repository has
    worded is `Stale`: somebody else was first; so is a row that belongs to what is gone. What
    remains (a value too long, a missing one) is a bug of ours and keeps its driver's words.
    """
    if isinstance(error, StopIteration):  # a future cannot carry it
        return RuntimeError("a unit raised StopIteration")
    if isinstance(error, PoolTimeout):
        return ServiceFailure(SERVICE, Cause.BUSY, "all connections are taken")
    code = _code(error)
    if code in _UNIQUE | _GONE:
        return Stale()
    cause = _cause(error, code)
    if cause is None:
        return error
    is_old = code in {"42P01", "42703"} or _lacks_table(error)
    return ServiceFailure(
        SERVICE, cause, _OLD_SCHEMA if is_old else code or type(_original(error)).__name__
    )


def may_retry(error: BaseException) -> bool:
    """Whether a unit that failed before its COMMIT may be run again at once."""
    code = _code(error)
    return (
        _cause(error, code) is Cause.UNREACHABLE
        or code.startswith(_ROLLED_BACK)
        or code == _OLD_PLAN
    )


def was_rolled_back(error: BaseException) -> bool:
    """Whether a failed COMMIT certainly kept nothing; a lost connection leaves that open."""
    return _code(error).startswith(_ROLLED_BACK)


def _cause(error: BaseException, code: str) -> Cause | None:
    if code.startswith("SQLITE_"):
        trouble = (cause for name, cause in _SQLITE_TROUBLE.items() if code.startswith(name))
        return Cause.MISCONFIGURED if _lacks_table(error) else next(trouble, None)
    if code:
        return _SQLSTATE_TROUBLE.get(code) or _SQLSTATE_TROUBLE.get(code[:2])
    is_gone = isinstance(error, DBAPIError) and error.connection_invalidated
    return Cause.UNREACHABLE if is_gone or isinstance(_original(error), OSError) else None


def _original(error: BaseException) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def _code(error: BaseException) -> str:
    """SQLSTATE, or the name of SQLite's extended result code; empty when there is neither."""
    original = _original(error)
    code = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    return str(code or "")


def _lacks_table(error: BaseException) -> bool:
    return str(_original(error)).startswith(("no such table", "no such column"))
