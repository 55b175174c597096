"""SQLAlchemy's way to a database from asyncio, without its object-relational half.

`sqlalchemy.ext.asyncio` brings the whole ORM for one class that nobody here uses: 50 files, 8 MB and 45 ms of each
start. Its package is therefore not run; only the file with the engine is.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec

PACKAGE = "sqlalchemy.ext.asyncio"

is_loaded = PACKAGE in sys.modules
if not is_loaded:
    spec = find_spec(PACKAGE)
    assert spec is not None, "SQLAlchemy is there"
    sys.modules[PACKAGE] = module_from_spec(spec)  # made, not run
try:
    from sqlalchemy.ext.asyncio.engine import create_async_engine
finally:
    if not is_loaded:
        del sys.modules[PACKAGE]  # whoever imports all of it gets all of it

__all__ = ["create_async_engine"]
