"""phase4.server, in which whoever has an operator's name is logged in. For the checks.

    python -m tests.kit.logged_in phase4.server --operator Ann

So what operators may do is asked many times without a password, each of which takes time. That a
real login makes an operator is asked in test_operator_accounts.py.
"""

import sys

from phase4.server.__main__ import main
from phase4.server.member import Member
from phase4.server.people import People

OPERATORS = ("Ann", "Boss", "lia")

_claim = People.claim


def _claim_and_log_in(people: People, member: Member, name: str) -> None:
    if name in OPERATORS:
        member.account = name
    _claim(people, member, name)


if __name__ == "__main__":
    People.claim = _claim_and_log_in  # type: ignore[method-assign, assignment]
    sys.exit(main(sys.argv[2:]))
