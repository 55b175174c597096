"""What every peer needs to know: its environment and the words of the guide."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent))

import guide  # noqa: F401  (the peers take it from here)

API = os.environ["TELEGRAM_API"]
TOKEN = os.environ["TELEGRAM_BOT_TOKEN"]
SECRET = os.environ["TELEGRAM_SECRET"]
WEBHOOK = os.environ["TELEGRAM_WEBHOOK"]
PORT = urlsplit(WEBHOOK).port
PATH = urlsplit(WEBHOOK).path
