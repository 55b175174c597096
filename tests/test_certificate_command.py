"""`bot certificate`: what is there, one of them, taking one back."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.store import audit, certificates
from bot.store.certificates import Certificate
from bot.store.database import open_database
from tests.kit.process import called
from tests.kit.shell import make_root

FIRST, SECOND = "BCDF-GHJK-LMNP-QRST", "TSRQ-PNML-KJHG-FDCB"


@pytest.fixture
def root(tmp_path):
    """A small house."""
    return make_root(tmp_path / "house")


def _in_transaction(url, work):
    async def run():
        database = await open_database(url)
        async with database.write() as connection:
            done = await work(connection)
        await database.close()
        return done

    return asyncio.run(run())


def test_listed_shown_and_revoked(root, database_url):
    """Its state is told before and after; who did it stands in the audit log."""

    async def issue(connection):
        await certificates.add(
            connection, Certificate(FIRST, "volunteer", "web:a/1", "N. T. H.", "a1", 1_900_000_000_000)
        )
        await certificates.add(connection, Certificate(SECOND, "safety", "", "", "", 1_900_000_000_001))

    _in_transaction(database_url, issue)

    def ran(*words, code=0):
        done = called(root, "certificate", *words, CAM_TAY_DATABASE=database_url)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    told = json.loads(ran("list", "--json").stdout)
    assert [(each["serial"], each["state"]) for each in told] == [(SECOND, "erased"), (FIRST, "valid")]
    assert [each["serial"] for each in json.loads(ran("list", "--team", "a1", "--json").stdout)] == [FIRST]
    assert "2 certificates, 1 of them valid." in ran("list").stderr
    assert "N. T. H." in ran("show", FIRST.lower()).stdout
    assert "is revoked" in ran("revoke", FIRST).stderr
    assert json.loads(ran("show", FIRST, "--json").stdout)["state"] == "revoked"
    assert "before" in ran("revoke", FIRST, code=1).stderr
    for words in (("show", "x"), ("revoke", FIRST[:-1] + "B"), ("revoke", "")):
        assert "There is no certificate" in ran(*words, code=2).stderr
    lines = _in_transaction(database_url, audit.listed)
    assert ("operator", "revoke_certificate", "a1", FIRST) in [(e.who, e.right, e.team, e.what) for e in lines]
