"""What was made for one server believes no other one than that, whatever else is asked for."""

import argparse
from pathlib import Path

import pytest

from phase4.client.preset import Preset
from phase4.transport.trusting import HeldCertificates, Trust

INSIDE = Trust(HeldCertificates("chat.pyz", "a certificate"))
ANOTHER = Trust(Path("another.pem"))
REMEMBERED = Trust(known_hosts=Path("known"))


def trust_of(inside: Trust | None, asked_for: Trust | None) -> Trust | None:
    """Whose certificates will do for a program with this inside."""
    program = Preset("chat.pyz", "", argparse.ArgumentParser(), "192.0.2.1", 12345, inside)
    return program.trust_over(asked_for)


@pytest.mark.parametrize("asked_for", [None, Trust(), REMEMBERED])
def test_a_certificate_inside_is_believed_alone_until_another_is_named(
    asked_for: Trust | None,
) -> None:
    assert trust_of(INSIDE, asked_for) == INSIDE
    assert trust_of(INSIDE, ANOTHER) == ANOTHER


@pytest.mark.parametrize("asked_for", [REMEMBERED, ANOTHER])
def test_without_one_inside_the_command_line_says_it(asked_for: Trust) -> None:
    assert trust_of(Trust(), asked_for) == asked_for
    assert trust_of(None, asked_for) == asked_for
