"""What may go wrong around a command, rather than in what it was asked for: each in one sentence that says what to do, with an exit status."""

from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError
from kombu.exceptions import OperationalError as BrokerAway
from redis.exceptions import RedisError

from infacta.unapplied import unapplied

FAILED = 1
LATER = 75  # EX_TEMPFAIL of sysexits.h: mail servers and timers know it
INTERRUPTED, UNREAD = 130, 141  # 128 and the signal, as shells have it: SIGINT, SIGPIPE


@dataclass(frozen=True)
class Fault:
    sentence: str
    status: int


def fault_of(error: BaseException) -> Fault | None:
    """The fault behind an error; None for what nobody foresaw, which is better seen with its traceback."""
    match error:
        case KeyboardInterrupt():
            return Fault("Interrupted. What was finished stays, and nothing is half done.", INTERRUPTED)
        case BrokenPipeError():
            return Fault("Nobody reads the output any more, so the command stopped. What was finished stays.", UNREAD)
        case OperationalError() | InterfaceError() | ProgrammingError():
            return database_fault(error)
        case RedisError() | BrokerAway():
            return Fault(f"Redis does not answer ({first_line(error)}). REDIS_URL names it. Run the command again when it does.", LATER)
        case OSError(strerror=str(why)):
            place = f"{error.filename}: " if error.filename else ""
            return Fault(f"{place}{why}. The command could not go on.", FAILED)
    return None


def database_fault(error: DatabaseError | InterfaceError) -> Fault | None:
    """It is away, or it is older than the code. None for a statement that no database would take: that is a fault of the code."""
    try:
        missing = len(unapplied())
    except (DatabaseError, InterfaceError):
        missing = 0
    if missing:
        return Fault(f"The database is older than the program: {missing} migrations are missing. Run manage.py migrate first.", FAILED)
    if isinstance(error, ProgrammingError):
        return None
    return Fault(f"The database does not answer ({first_line(error)}). DATABASE_URL names it. Run the command again when it does.", LATER)


def first_line(error: BaseException) -> str:
    """What it says, in brief: drivers add hints over several lines."""
    return (str(error).splitlines() or [type(error).__name__])[0].strip().rstrip(".")
