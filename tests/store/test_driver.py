"""The engine without the ORM."""

import subprocess
import sys

TRIED = """
import asyncio, sys
from bot.store.driver import create_async_engine

async def asked():
    async with create_async_engine("sqlite+aiosqlite://").connect() as connection:
        return (await connection.exec_driver_sql("SELECT 1")).scalar()

assert asyncio.run(asked()) == 1
assert "sqlalchemy.orm" not in sys.modules, "the whole ORM was loaded"
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine as usual
assert AsyncSession and usual is create_async_engine
"""


def test_it_works_and_leaves_the_orm_out():
    """A database answers, the ORM is not loaded, and who wants SQLAlchemy's whole package gets it afterwards."""
    subprocess.run([sys.executable, "-c", TRIED], check=True, timeout=60)
