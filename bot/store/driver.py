"""SQLAlchemy's way to a database from asyncio, without its object-relational half.

`sqlalchemy.ext.asyncio` brings the whole ORM for one class that nobody here uses: 50 files, 8 MB and 45 ms of each
start. Its package is therefore not run; only the file with the engine is.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import create_async_engine

PACKAGE = "sqlalchemy.ext.asyncio"

if PACKAGE not in sys.modules:
    spec = find_spec(PACKAGE)
    if spec is not None:
        sys.modules[PACKAGE] = module_from_spec(spec)
        try:
            from sqlalchemy.ext.asyncio.engine import create_async_engine
        finally:
            del sys.modules[PACKAGE]  # whoever imports all of it gets all of it
else:
    from sqlalchemy.ext.asyncio.engine import create_async_engine

__all__ = ["create_async_engine"]
