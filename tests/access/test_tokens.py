from __future__ import annotations

import hmac
import json
import os
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from emotion_core.access import tokens
from emotion_core.access.tokens import (
    MOST_TOKENS,
    KnownTokens,
    Token,
    add_token,
    digest_of,
    list_tokens,
    revoke_token,
    token_of,
)
from emotion_core.errors import AccessError
from emotion_core.system.storage.persons import at_home

ANN = "a" * 16
BEN = "b" * 16


def refusal(*arguments, **options) -> str:
    with pytest.raises(AccessError) as raised:
        add_token(*arguments, **options)
    return str(raised.value)


class TestMaking:
    def test_only_the_hash_is_kept(self, data: Path) -> None:
        made = add_token("camera lab", ["live", "record"])
        (file,) = (data / "tokens").glob("*.json")
        text = file.read_text("utf-8")
        assert made.secret not in text
        assert made.secret.removeprefix("emo_") not in text
        assert json.loads(text)["digest"] == digest_of(made.secret)
        assert list_tokens().tokens == (made.token,)
        assert (made.token.name, made.token.owner) == ("camera lab", "")

    def test_two_are_never_alike_and_nobody_guesses_one(self) -> None:
        secrets = {add_token(str(number), ["live"]).secret for number in range(20)}
        assert len(secrets) == 20
        assert all(len(secret) >= 4 + 43 for secret in secrets)  # 256 bits

    @pytest.mark.skipif(os.name == "nt", reason="folders inherit who may read them there")
    def test_nobody_else_may_read_it(self, data: Path) -> None:
        add_token("camera", ["live"])
        for path, mode in (("tokens", 0o700), ("tokens/camera.json", 0o600)):
            assert stat.S_IMODE((data / path).stat().st_mode) == mode

    def test_rights_stand_in_one_order_each_once(self) -> None:
        made = add_token("camera", ["admin", "live", "admin"])
        assert made.token.may == ("live", "admin")

    @pytest.mark.parametrize(
        ("may", "found"), [([], "none"), (["fly"], "'fly'"), (["live", ""], "''")]
    )
    def test_there_is_no_other_right(self, may: list[str], found: str, data: Path) -> None:
        assert refusal("camera", may) == (
            "expected what the token may do, one or more of live, analyze, record, admin, found "
            f"{found}; name them with commas between them"
        )
        assert not list(data.rglob("*.json"))

    def test_a_name_is_given_once(self) -> None:
        add_token("camera", ["live"])
        assert refusal(" camera ", ["live"]) == (
            "expected a new name, found 'camera', which is taken; choose another"
        )
        assert "that begins with a letter or digit" in refusal("../camera", ["live"])

    def test_a_name_is_given_once_to_two_at_once(self) -> None:
        made, refused = [], []

        def make() -> None:
            try:
                made.append(add_token("camera", ["live"]).secret)
            except AccessError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(made), len(refused)) == (1, 3)
        assert token_of(made[0], list_tokens().tokens) is not None

    @pytest.mark.parametrize(
        ("rate", "size", "found"),
        [(0, 1, "0 and 1"), (20_000, 1, "20000 and 1"), (1, 0, "1 and 0"), (1, 10**12, "1 and")],
    )
    def test_limits_are_limits(self, rate: float, size: int, found: str) -> None:
        told = refusal("camera", ["live"], requests_a_second=rate, most_bytes=size)
        assert told.startswith(
            "expected 0 to 10,000 requests a second and 1 byte to 100 GB a request, found " + found
        )
        assert told.endswith("; choose others")

    def test_a_token_that_may_nothing_is_none(self) -> None:
        with pytest.raises(AccessError) as raised:
            Token("camera", "", (), "2026-11-28T12:00:00+00:00", "0" * 64)
        assert str(raised.value) == (
            "expected at least one of live, analyze, record, admin for a token, found none; say "
            "what it may do"
        )

    def test_there_are_not_too_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert MOST_TOKENS == 100
        monkeypatch.setattr(tokens, "MOST_TOKENS", 2)
        add_token("1", ["live"])
        add_token("2", ["live"])
        assert refusal("3", ["live"]) == ("expected fewer than 2 tokens, found 2; revoke one first")

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_that_cannot_be_written_is_told(self, data: Path) -> None:
        data.mkdir()
        data.chmod(0o500)
        assert "cannot be written (Permission denied)" in refusal("camera", ["live"])

    def test_who_makes_one_and_does_not_end_is_not_waited_for(
        self, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tokens, "_PATIENCE", 0.05)
        add_token("camera", ["live"])
        with tokens.FileLock(data / "tokens" / ".lock") as lock:
            assert lock.acquire()
            assert refusal("other", ["live"]) == (
                f"{data / 'tokens'}: expected to make a token, found that another process makes "
                "one and does not end; try again"
            )


class TestKnowing:
    def test_a_secret_is_its_token_and_no_other(self) -> None:
        first, second = add_token("1", ["live"]), add_token("2", ["admin"])
        known = list_tokens().tokens
        assert token_of(first.secret, known) == first.token
        assert token_of(second.secret, known) == second.token
        for wrong in ("", first.secret[:-1], first.secret + "x", first.token.digest, "\udce9é"):
            assert token_of(wrong, known) is None

    def test_all_are_compared_in_constant_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = [add_token(str(number), ["live"]) for number in range(3)]
        compared = []

        def compare(first: bytes, second: bytes) -> bool:
            compared.append(first)
            return first == second

        monkeypatch.setattr(hmac, "compare_digest", compare)
        assert token_of(made[0].secret, list_tokens().tokens) == made[0].token
        assert len(compared) == 3  # also those after the one that it is

    def test_changes_are_known_at_once(self) -> None:
        known = KnownTokens()
        assert known.now() == ()
        for _ in range(20):  # within one tick of the file system's clock
            made = add_token("camera", ["live"])
            assert known.now() == (made.token,)
            revoke_token("camera")
            assert known.now() == ()

    def test_each_belongs_to_whoever_made_it(self) -> None:
        with at_home(ANN):
            of_ann = add_token("camera", ["live"]).token
        with at_home(BEN):
            of_ben = add_token("camera", ["live"]).token  # a name that only ann has
            assert list_tokens().tokens == (of_ben,)
            with pytest.raises(AccessError, match="expected the name of a token"):
                revoke_token("../../" + ANN + "/tokens/camera")
        assert list_tokens().tokens == ()
        assert KnownTokens().now() == (of_ann, of_ben)
        assert (of_ann.owner, of_ben.owner) == (ANN, BEN)

    def test_what_a_file_says_of_its_owner_counts_for_nothing(self, data: Path) -> None:
        with at_home(BEN):
            made = add_token("camera", ["live"])
        (file,) = data.rglob("camera.json")
        file.write_text(file.read_text("utf-8").replace(BEN, ANN), encoding="utf-8")
        assert KnownTokens().now() == (made.token,)

    def test_files_are_read_only_when_something_changed(
        self, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = add_token("camera", ["live"])
        os.utime(data / "tokens", (1_000_000_000, 1_000_000_000))
        known = KnownTokens()
        assert known.now() == (made.token,)
        monkeypatch.setattr(tokens, "list_tokens", lambda: pytest.fail("nothing has changed"))
        assert known.now() == (made.token,)


class TestRevoking:
    def test_what_is_not_there(self, data: Path) -> None:
        with pytest.raises(AccessError) as raised:
            revoke_token("camera")
        assert str(raised.value) == (
            f"expected the name of a token in {data / 'tokens'}, found 'camera'; list them with "
            "python -m emotion_core tokens list"
        )

    def test_no_other_file_goes(self, data: Path) -> None:
        add_token("camera", ["live"])
        (data / "other.json").write_text("{}")
        with pytest.raises(AccessError, match="expected the name of a token"):
            revoke_token("../other")
        assert (data / "other.json").is_file()


class TestDamaged:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "found a damaged file"),
            ("[" * 100_000, "found a damaged file"),
            ('{"name": "camera"}', "found a damaged file ('owner')"),
        ],
    )
    def test_files_are_told_and_let_nobody_in(self, text: str, told: str, data: Path) -> None:
        good = add_token("good", ["live"])
        (data / "tokens" / "camera.json").write_text(text)
        found = list_tokens()
        assert found.tokens == (good.token,)
        (problem,) = found.problems
        assert problem.startswith(f"{data / 'tokens' / 'camera.json'}: expected a token, found")
        assert told in problem
        assert problem.endswith("; delete it and make another")
        revoke_token("camera")
        assert list_tokens().problems == ()

    def test_a_file_of_another_name_is_none(self, data: Path) -> None:
        add_token("camera", ["live"])
        folder = data / "tokens"
        (folder / "camera.json").rename(folder / "other.json")
        assert list_tokens().problems == (
            f"{folder / 'other.json'}: expected a token called other, found another; delete it "
            "and make another",
        )

    def test_a_hash_that_is_none_lets_nobody_in(self, data: Path) -> None:
        made = add_token("camera", ["live"])
        file = data / "tokens" / "camera.json"
        file.write_text(file.read_text().replace(made.token.digest, ""))
        assert list_tokens().tokens == ()
        assert replace(made.token, digest="") not in KnownTokens().now()
