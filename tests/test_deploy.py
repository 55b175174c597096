"""The files that run it on a server: systemd takes the units, and what they and the compose file name is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.target")])

# From systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.kill(5), systemd.resource-control(5).
KNOWN = {
    "Unit": "Description Documentation PartOf After Wants StartLimitIntervalSec",
    "Service": (
        "Type User Group WorkingDirectory EnvironmentFile Environment ExecStart KillSignal KillMode TimeoutStopSec Restart "
        "RestartSec ReadWritePaths ProtectSystem ProtectHome PrivateTmp PrivateDevices NoNewPrivileges ProtectKernelTunables "
        "ProtectKernelModules ProtectControlGroups RestrictSUIDSGID RestrictAddressFamilies LockPersonality MemoryMax"
    ),
    "Install": "WantedBy",
}


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_understands_every_line_of_a_unit(unit):
    """By its own checker where there is one, and by the keys of its manual everywhere."""
    section, found = "", []
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            found.append((section, line.partition("=")[0]))
    assert found
    assert [each for each in found if each[1] not in KNOWN.get(each[0], "").split()] == []
    if checker := shutil.which("systemd-analyze"):
        done = subprocess.run([checker, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_unit_starts_what_is_there_and_gives_it_time_to_end():
    """The command, the folder of the data, the stop: as the docs and the settings say."""
    unit = (DEPLOY / "cam-tay@.service").read_text(encoding="utf-8")
    assert "exec .venv/bin/python -m bot run" in unit
    assert "ReadWritePaths=/srv/cam-tay/data" in unit
    seconds = int(re.search(r"TimeoutStopSec=(\d+)", unit)[1])
    from bot.config import Config

    assert seconds > 2 * Config(root=ROOT, database="").drain_seconds


def test_what_the_files_name_is_known():
    """Every setting stands in docs/running.md, every file that goes into the image is there."""
    documented = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    for path in DEPLOY.iterdir():
        named = set(re.findall(r"\b(?:CAM_TAY|TELEGRAM|ZALO)_[A-Z_]+", path.read_text(encoding="utf-8")))
        assert [name for name in sorted(named) if name not in documented] == [], path.name
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (\S+) ", image, re.MULTILINE)
    assert "bot" in copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert '"-m", "bot", "run"' in image
