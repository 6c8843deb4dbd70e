"""Names that belong to somebody, asked of a real server: register, log in, take over, log out."""

import re
from collections.abc import Callable

import pytest

from phase4.accounts import passwords
from phase4.accounts.account import accounts_of
from phase4.accounts.store import Store
from tests.kit.accounts import PASSWORD, AccountChat, welcomed
from tests.kit.chat import PROMPT, TIME, Chat, Person, both_transports

REGISTERED = "{0} is registered: /login {0} PASSWORD, or another name\\."


def gone_elsewhere(person: Person) -> None:
    """Another connection of theirs has taken the place of this one."""
    person.refused(r"You logged in from elsewhere\.")
    person.expect_end()


# --- whose a name is ------------------------------------------------------------------------------


def test_a_registered_name_is_its_owners_and_nobody_elses(accounts: AccountChat) -> None:
    accounts.know("Alice")
    with accounts.arrive() as mallory:
        for name in ("Alice", "ALICE", "A1ice"):
            mallory.send(name)
            mallory.refused(REGISTERED.format("Alice"))
            mallory.expect(PROMPT)
        mallory.send("Mallory")
        welcomed(mallory)
        mallory.send("/nick alice")
        mallory.refused(REGISTERED.format("Alice"))


def test_a_registered_name_is_told_to_be_so_also_while_its_owner_is_here(
    accounts: AccountChat,
) -> None:
    with accounts.register("Aaron"), accounts.arrive() as newcomer:
        newcomer.send("Aaron")
        newcomer.refused(REGISTERED.format("Aaron"))


def test_nobody_else_reads_that_somebody_registers(accounts: AccountChat) -> None:
    with accounts.join("Zoe") as zoe, accounts.register("Bella"):
        zoe.hear("* Bella joined")
        zoe.fence()


def test_a_name_is_registered_once(accounts: AccountChat) -> None:
    with accounts.register("Carol") as carol:
        carol.send(f"/register {PASSWORD}")
        carol.refused(r"Carol is registered already; /password NEW changes the password\.")


@pytest.mark.parametrize("password", ["short12", "x" * 129])
def test_a_password_that_is_not_allowed_registers_nothing(
    accounts: AccountChat, password: str
) -> None:
    with accounts.join("Cora") as cora:
        cora.send(f"/register {password}")
        cora.refused(r"A password has 8 to 128 characters\.")
        cora.send("/nick Corinna")
        cora.hear("* Cora is now Corinna")
    assert not accounts.refuses("Cora")


def test_a_command_without_its_password_says_how_it_is_written(accounts: AccountChat) -> None:
    with accounts.join("Cara") as cara:
        for line in ("/register", "/login", "/password", "/unregister"):
            cara.send(line)
            cara.refused(rf"Write {line} .*\.")
        cara.send("/logout", f"/password {PASSWORD}", f"/unregister {PASSWORD}")
        for _ in range(3):
            cara.refused(r"You are not logged in\.")


# --- logging in -----------------------------------------------------------------------------------


def test_one_logs_in_at_the_prompt_and_the_others_read_that_one_joined(
    accounts: AccountChat,
) -> None:
    accounts.know("Dora")
    with accounts.join("Zoe") as zoe, accounts.log_in("Dora") as dora:
        zoe.hear("* Dora joined")
        dora.send("hello")
        zoe.hear("Dora: hello")


def test_after_the_name_was_refused_the_password_alone_will_do(accounts: AccountChat) -> None:
    accounts.know("Donna", "password-of-donna")
    with accounts.arrive() as donna:
        donna.send("donna")
        donna.refused(REGISTERED.format("Donna"))
        donna.expect(PROMPT)
        donna.send("/login password-of-donna")
        assert welcomed(donna).name == "Donna"


def test_a_wrong_password_and_a_name_of_nobody_are_answered_alike(accounts: AccountChat) -> None:
    accounts.know("Emma")
    with accounts.arrive() as mallory:
        for line in (f"/login Emma {PASSWORD}x", f"/login Nobody {PASSWORD}", "/login Emma x"):
            mallory.send(line)
            mallory.refused(r"Wrong name or password\.")
            mallory.expect(PROMPT)
        mallory.send("/login")
        mallory.refused(r"Write /login NAME PASSWORD\.")


def test_a_guest_who_logs_in_is_renamed(accounts: AccountChat) -> None:
    accounts.know("Fiona")
    with accounts.join("Zoe") as zoe, accounts.join("Guest") as fiona:
        zoe.hear("* Guest joined")
        fiona.send(f"/login fiona {PASSWORD}")
        fiona.hear("* Guest is now Fiona")
        fiona.hear("* You are logged in as Fiona.")
        zoe.hear("* Guest is now Fiona")
        fiona.send(f"/login Fiona {PASSWORD}")
        fiona.refused(r"You are logged in as Fiona already\.")


def test_five_wrong_passwords_a_minute_are_looked_at_from_one_address(
    accounts: AccountChat,
) -> None:
    accounts.know("Frieda")
    with accounts.arrive() as mallory, accounts.join("Zoe") as zoe:
        for _ in range(5):
            mallory.send("/login Frieda wrong password")
            mallory.refused(r"Wrong name or password\.")
            mallory.expect(PROMPT)
        mallory.send(f"/login Frieda {PASSWORD}")
        mallory.refused(r"Too many tries: again in \d+ s\.")
        zoe.send(f"/login Frieda {PASSWORD}")
        zoe.refused(r"Too many tries: again in \d+ s\.")
    accounts.move()
    accounts.visit("Frieda")


def test_sixteen_who_log_in_at_once_all_do_from_one_address(accounts: AccountChat) -> None:
    """More than the queue holds, and than an address may try: but all of them are right."""
    names = [f"Many{chr(ord('a') + number)}" for number in range(16)]
    store, stored = Store(accounts_of(accounts.logs)), passwords.keep(PASSWORD)
    for name in names:
        store.add(name, stored)
    store.close()
    people = [accounts.arrive() for _ in names]
    for person, name in zip(people, names, strict=True):
        person.send(f"/login {name} {PASSWORD}")
    for person, name in zip(people, names, strict=True):
        assert welcomed(person, 60).name == name
        person.hear(f"* You are logged in as {name}.")
    for person in people:
        person.close()


def test_a_wrong_password_is_noted_with_the_address_and_without_itself(
    accounts: AccountChat,
) -> None:
    accounts.know("Gudrun")
    accounts.forget_logs()
    with accounts.arrive() as mallory:
        for line in ("/login gudrun Sesame-open1", "/login Sesame-open2 Gudrun"):
            mallory.send(line)
            mallory.refused(r"Wrong name or password\.")
            mallory.expect(PROMPT)
    noted = f"{accounts.address}:40000 gave a wrong password for "
    assert accounts.log("connections.txt")[:2] == [
        f"{noted}Gudrun",
        f"{noted}a name that nobody has registered",
    ]


@both_transports
def test_one_registers_and_logs_in_from_this_machine_and_over_tls(
    start: Callable[..., Chat],
) -> None:
    with start("--flood-rate", "0") as chat:
        with chat.join("Alice") as alice:
            alice.send(f"/register {PASSWORD}", "/quit")
            alice.skip_to(rf"{TIME} \* You are logged in as Alice\.")
            alice.expect_end()
        with chat.connect() as alice:
            alice.expect(PROMPT)
            alice.send(f"/login Alice {PASSWORD}")
            alice.expect(rf"{TIME} \* Welcome, Alice! .*")


# --- one's own lost connection --------------------------------------------------------------------


def test_at_the_prompt_one_takes_over_from_ones_lost_connection_and_nobody_is_told(
    accounts: AccountChat,
) -> None:
    with accounts.join("Zoe") as zoe, accounts.register("Greta") as before:
        zoe.hear("* Greta joined")
        accounts.forget_logs()
        with accounts.log_in("Greta") as greta:
            gone_elsewhere(before)
            greta.send("still here")
            zoe.hear("Greta: still here")
            zoe.send("/who")
            zoe.hear("* 2 online: Greta, Zoe")
            zoe.send("/pm Greta hi")
            greta.hear("Zoe -> Greta: hi")
        zoe.hear("Zoe -> Greta: hi")
        zoe.hear("* Greta left")
    [first, *_] = accounts.log("connections.txt")
    where = r"\S+, and their connection from \S+ was ended"
    assert re.fullmatch(rf"Greta logged in from {where}", first)


def test_as_a_guest_one_takes_ones_name_after_the_lost_connection_has_left(
    accounts: AccountChat,
) -> None:
    with accounts.register("Hanna") as before, accounts.join("Guest") as hanna:
        before.hear("* Guest joined")
        with accounts.join("Zoe") as zoe:
            before.hear("* Zoe joined")
            hanna.hear("* Zoe joined")
            hanna.send(f"/login Hanna {PASSWORD}")
            for each in (hanna, zoe):
                each.hear("* Hanna left (logged in from elsewhere)")
                each.hear("* Guest is now Hanna")
            hanna.hear("* You are logged in as Hanna.")
            gone_elsewhere(before)


def test_of_two_who_log_in_at_the_same_instant_one_stays(accounts: AccountChat) -> None:
    accounts.know("Ida")
    with accounts.join("Zoe") as zoe:
        people = [accounts.arrive() for _ in range(4)]
        for each in people:
            each.send(f"/login Ida {PASSWORD}")
        for each in people:
            welcomed(each)
            each.hear("* You are logged in as Ida.")
        zoe.hear("* Ida joined")
        zoe.send("/who")
        zoe.hear("* 2 online: Ida, Zoe")
        zoe.send("one of you")
        heard = [each.read_line() for each in people]
        assert sorted(re.sub(TIME, "", line) for line in heard) == [
            " Zoe: one of you",
            *["! You logged in from elsewhere."] * 3,
        ]
    for each in people:
        each.close()


def test_who_leaves_while_the_password_is_checked_takes_nobodys_place(
    accounts: AccountChat,
) -> None:
    with accounts.register("Jana") as jana:
        for _ in range(5):
            lost = accounts.arrive()
            lost.send(f"/login Jana {PASSWORD}")
            lost.reset()
        jana.fence()
        with accounts.log_in("Jana"):  # its turn came after theirs
            gone_elsewhere(jana)


# --- logging out ----------------------------------------------------------------------------------


def test_another_name_logs_one_out_and_another_spelling_does_not(accounts: AccountChat) -> None:
    with accounts.register("Karla") as karla:
        karla.send("/nick KARLA")
        karla.hear("* Karla is now KARLA")
        karla.fence()
        karla.send("/nick Kar1a")
        karla.refused(REGISTERED.format("Karla"))
        karla.send("/nick Lotte")
        karla.hear("* KARLA is now Lotte")
        karla.hear("* You are logged out.")
    assert accounts.refuses("Karla")


def test_after_logging_out_one_has_a_name_that_is_free(accounts: AccountChat) -> None:
    with accounts.join("Zoe") as zoe, accounts.register("Lena") as lena:
        zoe.hear("* Lena joined")
        lena.send("/logout")
        name = lena.expect(rf"{TIME} \* Lena is now (\S+)")[1]
        lena.hear("* You are logged out.")
        zoe.hear(f"* Lena is now {name}")
        zoe.fence()
    assert accounts.refuses("Lena")


def test_a_new_password_counts_from_then_on(accounts: AccountChat) -> None:
    with accounts.register("Maria") as maria:
        maria.send("/password another horse 7")
        maria.hear("* You have a new password.")
        maria.hear("* You are logged in as Maria.")  # so a client knows that it was taken
    with accounts.arrive() as mallory:
        mallory.send(f"/login Maria {PASSWORD}")
        mallory.refused(r"Wrong name or password\.")
    accounts.visit("Maria", "another horse 7")


def test_a_name_that_is_unregistered_is_anybodys(accounts: AccountChat) -> None:
    with accounts.register("Nora") as nora:
        nora.send("/unregister wrong password")
        nora.refused(r"Wrong name or password\.")
        nora.send(f"/unregister {PASSWORD}")
        nora.hear("* You are logged out.")
        nora.send("/who")
        nora.hear("* 1 online: Nora")
    with accounts.join("nora") as other:
        assert other.name == "nora"


# --- a password that comes alone ------------------------------------------------------------------


def test_a_word_where_a_password_was_missing_is_not_said_but_when_it_comes_again(
    accounts: AccountChat,
) -> None:
    with accounts.join("Zoe") as zoe, accounts.join("Paula") as paula:
        zoe.hear("* Paula joined")
        for line in ("/register", "/login", "/login Paula", "/password", "/login Zoe wrong pw"):
            paula.send(line, "correct-horse")
            paula.refused("(Write|Wrong|You are not) .*")
            paula.refused(
                r"This may be a password\. Nothing was sent; to say it to all, send it again\."
            )
            zoe.fence()
        paula.send("correct-horse")
        zoe.hear("Paula: correct-horse")
        paula.send("/login Zoe wrong one", "correct horse battery")
        paula.refused(r"Wrong .*")
        paula.refused("This may be a password.*")
        paula.send("/login", "well, that did not work")
        zoe.hear("Paula: well, that did not work")


def test_a_name_that_may_be_the_password_of_the_last_one_is_asked_for_twice(
    accounts: AccountChat,
) -> None:
    accounts.know("Petra")
    with accounts.join("Zoe") as zoe, accounts.arrive() as petra:
        petra.send("Petra", "secret99")  # as a pasted pair comes
        petra.refused(REGISTERED.format("Petra"))
        petra.expect(PROMPT)
        petra.refused("A password is written behind /login Petra. If this is a name, .*")
        petra.expect(PROMPT)
        zoe.fence()
        petra.send("secret99")
        welcomed(petra)
        zoe.hear("* secret99 joined")


@pytest.mark.parametrize(
    "line", ["/login Quin wrong one", "/login Quin", "/login", "/register secret99"]
)
def test_a_word_where_a_newcomers_password_was_wrong_or_missing_is_no_name_at_once(
    accounts: AccountChat, line: str
) -> None:
    with accounts.join("Zoe") as zoe, accounts.arrive() as quin:
        quin.send(line, "secret99")
        quin.refused("(Write|Wrong|A name has) .*")
        quin.expect(PROMPT)
        quin.refused("A password is written behind /login NAME. If this is a name, .*")
        zoe.fence()


# --- a password is nobody else's business ---------------------------------------------------------


def test_a_password_gets_into_no_file_and_onto_no_screen(accounts: AccountChat) -> None:
    secret = "Unmistakable4711"
    with accounts.join("Zoe") as zoe, accounts.register("Olga", secret) as olga:
        zoe.hear("* Olga joined")
        olga.send(f"/login Olga {secret}", f"/password {secret}x", f"/unregister {secret}y")
        olga.send(f"login Olga {secret}", f"//login Olga {secret}", f"/ login Olga {secret}")
        olga.send(f"/Login Olga {secret}", f"\u200b/login Olga {secret}", f"/logn Olga {secret}")
        olga.send(f"/search {secret}", "/history", "/fence")
        answers = [olga.read_line()]
        while "/fence" not in answers[-1]:
            answers.append(olga.read_line())
        zoe.fence()  # nothing of it was said
    files = [each for each in accounts.logs.iterdir() if each.is_file()]
    assert not [each.name for each in files if secret.encode() in each.read_bytes()]
    assert secret not in "\n".join([*answers, *accounts.output])
