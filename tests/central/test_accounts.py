"""Accounts: signing in, the price of guessing, passwords that are refused, the forced change."""

import threading
import unicodedata
from collections import Counter
from datetime import timedelta

import pytest
from central_world import CHEAP, GOOD, OTHER, Centre, on_both_stores
from sqlalchemy import text

from yum_desktop.central.accounts import FAILURES_FREE, Role, waiting
from yum_desktop.central.denials import DeniedError
from yum_desktop.central.passwords import LENGTH_MAX, LENGTH_MIN, invented, shipped_policy
from yum_desktop.domain.errors import ConflictError, InputError

WRONG = "không phải mật khẩu 99"


def denied(centre: Centre, name: str, password: str) -> DeniedError:
    with pytest.raises(DeniedError) as caught:
        centre.accounts.sign_in(name, password)
    return caught.value


@on_both_stores
def test_the_right_password_signs_in_however_name_and_marks_were_typed(centre: Centre) -> None:
    centre.account("xa-02269")
    account = centre.accounts.sign_in(" XA-02269 ", unicodedata.normalize("NFD", GOOD))
    assert (account.unit_id, account.role) == (centre.units["xa"], Role.EDITOR)


def test_a_wrong_password_and_an_unknown_name_give_the_same_answer(centre: Centre) -> None:
    centre.account("xa-02269")
    assert denied(centre, "xa-02269", WRONG).code == denied(centre, "xa-02270", WRONG).code == "auth.wrong"


def test_passwords_are_kept_as_argon2id(centre: Centre) -> None:
    centre.account("xa-02269")
    assert centre.accounts.get("xa-02269").password_hash.startswith("$argon2id$")


def test_after_five_wrong_passwords_the_right_one_has_to_wait_too(centre: Centre) -> None:
    centre.account("xa-02269")
    codes = [denied(centre, "xa-02269", WRONG).code for _ in range(FAILURES_FREE)]
    assert codes == ["auth.wrong"] * FAILURES_FREE
    error = denied(centre, "xa-02269", GOOD)
    assert (error.code, error.status) == ("auth.throttled", 429)
    centre.clock.pass_by(seconds=error.retry_after_s)
    assert centre.accounts.sign_in("xa-02269", GOOD).failures == FAILURES_FREE
    assert centre.accounts.get("xa-02269").failures == 0


@on_both_stores
def test_waiting_survives_a_restart_of_the_server(centre: Centre) -> None:
    centre.account("xa-02269")
    for _ in range(FAILURES_FREE):
        denied(centre, "xa-02269", WRONG)
    centre.close()
    centre.open()
    assert denied(centre, "xa-02269", GOOD).code == "auth.throttled"


def test_one_account_that_waits_does_not_keep_out_another(centre: Centre) -> None:
    centre.account("xa-02269")
    centre.account("xa-02266", "xa-ben")
    for _ in range(FAILURES_FREE):
        denied(centre, "xa-02269", WRONG)
    assert centre.accounts.sign_in("xa-02266", GOOD).name == "xa-02266"


def test_waiting_doubles_up_to_a_quarter_of_an_hour() -> None:
    waits = [waiting(failures) for failures in range(FAILURES_FREE - 1, FAILURES_FREE + 3)]
    assert waits == [timedelta(0), timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waiting(FAILURES_FREE + 5) == waiting(10_000) == timedelta(minutes=15)


@on_both_stores
def test_many_guesses_at_once_get_no_more_tries(centre: Centre) -> None:
    centre.account("xa-02269")
    codes: Counter[str] = Counter()
    gate = threading.Barrier(12)

    def guess() -> None:
        gate.wait()
        codes[denied(centre, "xa-02269", WRONG).code] += 1

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == {"auth.wrong": FAILURES_FREE, "auth.throttled": 12 - FAILURES_FREE}


def test_a_given_password_has_to_be_changed_before_the_first_sign_in(centre: Centre) -> None:
    centre.account("xa-02269", must_change=True)
    error = denied(centre, "xa-02269", GOOD)
    assert (error.code, error.status) == ("auth.default_password", 403)
    centre.accounts.change_password("xa-02269", GOOD, OTHER)
    assert centre.accounts.sign_in("xa-02269", OTHER).name == "xa-02269"
    assert denied(centre, "xa-02269", GOOD).code == "auth.wrong"


def test_changing_to_the_same_password_is_refused(centre: Centre) -> None:
    centre.account("xa-02269", must_change=True)
    with pytest.raises(InputError, match=r"account\.password_same"):
        centre.accounts.change_password("xa-02269", GOOD, unicodedata.normalize("NFD", GOOD))
    assert denied(centre, "xa-02269", GOOD).code == "auth.default_password"


def test_changing_needs_the_old_password_and_is_throttled_like_signing_in(centre: Centre) -> None:
    centre.account("xa-02269")
    codes = []
    for _ in range(FAILURES_FREE + 1):
        with pytest.raises(DeniedError) as caught:
            centre.accounts.change_password("xa-02269", WRONG, OTHER)
        codes.append(caught.value.code)
    assert codes == ["auth.wrong"] * FAILURES_FREE + ["auth.throttled"]


def test_a_reset_lets_somebody_in_who_had_to_wait(centre: Centre) -> None:
    centre.account("xa-02269")
    for _ in range(FAILURES_FREE):
        denied(centre, "xa-02269", WRONG)
    centre.accounts.reset_password("xa-02269", OTHER)
    assert denied(centre, "xa-02269", OTHER).code == "auth.default_password"
    centre.accounts.change_password("xa-02269", OTHER, GOOD)
    assert centre.accounts.sign_in("xa-02269", GOOD).name == "xa-02269"


def test_a_disabled_account_is_told_so_only_with_the_right_password(centre: Centre) -> None:
    centre.account("xa-02269")
    centre.accounts.set_active("xa-02269", active=False)
    assert denied(centre, "xa-02269", WRONG).code == "auth.wrong"
    assert denied(centre, "xa-02269", GOOD).code == "auth.disabled"
    centre.accounts.set_active("xa-02269", active=True)
    assert centre.accounts.sign_in("xa-02269", GOOD).name == "xa-02269"


@pytest.mark.parametrize(
    "password",
    [
        "12345678", "87654321", "abcdefgh", "aaaaaaaa", "2026-11-26", "password", "Passw0rd!", "P@ssword123",
        "Mật Khẩu 2026", "thanhnien2026", "Thanh-Niên@2025", "doantncshcm", "yumdesktop1", "Admin@12345", "a1234567",
        "01012026a",
    ],
)  # fmt: skip
def test_default_and_trivial_passwords_are_refused(centre: Centre, password: str) -> None:
    with pytest.raises(InputError) as caught:
        centre.account("xa-02269", password=password)
    assert (caught.value.code, caught.value.field) == ("account.default_password", "new_password")
    assert centre.accounts.all() == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("r7-suối" + "x" * (LENGTH_MIN - 8), "account.password_short"),
        ("rừng cọ đồi chè " * 9, "account.password_long"),
        ("của xa-02269 thôi", "account.password_name"),
    ],
)
def test_other_bad_passwords_say_why(centre: Centre, password: str, code: str) -> None:
    with pytest.raises(InputError, match=code):
        centre.account("xa-02269", password=password)


@pytest.mark.parametrize("length", [LENGTH_MIN, LENGTH_MAX])
def test_the_lengths_at_the_border_are_accepted(centre: Centre, length: int) -> None:
    password = ("trăng sáng " * 20)[:length]
    centre.account("xa-02269", password=password)
    assert centre.accounts.sign_in("xa-02269", password).name == "xa-02269"


def test_an_invented_password_passes_the_policy() -> None:
    password = invented(lambda letters: letters[7])
    assert password == "hhhh-hhhh-hhhh-hhhh"
    letters = iter("abcdefghjkmnpqrs")
    shipped_policy().check(invented(lambda _: next(letters)), account="xa-02269")


@on_both_stores
def test_a_password_that_came_another_way_is_found_out(centre: Centre) -> None:
    centre.account("xa-02269")
    centre.account("xa-02266", "xa-ben")
    assert centre.accounts.with_default_password() == []
    with centre.server.database.write() as conn:
        change = text("UPDATE account SET password_hash = :hash WHERE name = 'xa-02266'")
        conn.execute(change, {"hash": CHEAP.hash("xa-02266123456")})
    assert centre.accounts.with_default_password() == ["xa-02266"]


def test_a_default_password_that_came_another_way_does_not_sign_in(centre: Centre) -> None:
    centre.account("xa-02269")
    with centre.server.database.write() as conn:
        conn.execute(text("UPDATE account SET password_hash = :hash"), {"hash": CHEAP.hash("matkhau123")})
    assert denied(centre, "xa-02269", "matkhau123").code == "auth.default_password"


@pytest.mark.parametrize("name", ["ab", "xã-02269", "a b c", "-abc", "a" * 65, ""])
def test_a_name_that_cannot_be_typed_everywhere_is_refused(centre: Centre, name: str) -> None:
    with pytest.raises(InputError, match=r"account\.name"):
        centre.account(name)


@on_both_stores
def test_a_second_account_of_the_same_name_is_refused(centre: Centre) -> None:
    centre.account("xa-02269")
    with pytest.raises(ConflictError, match=r"account\.exists"):
        centre.account("XA-02269", "xa-ben")
    assert len(centre.accounts.all()) == 1


def test_an_account_of_an_unknown_unit_is_refused(centre: Centre) -> None:
    with pytest.raises(InputError, match=r"unit\.unknown"):
        centre.accounts.add("xa-02269", unit_id=bytes(16), role=Role.EDITOR, password=GOOD)
