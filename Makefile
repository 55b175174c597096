# The same for people and for CI. `make run` starts the bot, `make test` passes all checks; both set up what they need.
export PYTHONDONTWRITEBYTECODE =
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run chat test check format demo-telegram bench torture setup browser crabline

run: setup
	@$(BIN)/python -m bot run

chat: setup
	@$(BIN)/python -m bot chat

demo-telegram: setup
	@$(BIN)/python -m tests.kit.demo_telegram

test: check browser
	$(BIN)/python -m pytest -n 3 --dist loadgroup

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m bot check

format: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup .venv/bench
	$(BIN)/python bench/run.py $(ARGS)

torture: setup
	$(BIN)/python -m tests.kit.torture $(ARGS)
	$(BIN)/python -m tests.kit.torture_broadcast
	$(BIN)/python -m tests.kit.torture_several
	$(BIN)/python -m tests.kit.torture_several --broadcast --rate 300

setup: .venv/ready

browser: setup
	@$(BIN)/python -m tests.kit.browser

crabline: setup
	@$(BIN)/python -m tests.kit.crabline
	$(BIN)/python -m pytest tests/zalo_crosscheck.py

.venv/ready: requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: install python3."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Say 'make PYTHON=python3.12 …' if you have one."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv is missing: on Debian and Ubuntu 'apt install python3-venv'."; exit 1; }
	@echo "Setting up .venv (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/cam-tay.pth"
	@printf '#!/bin/sh\nexec "$${0%%/*}/python" -m bot "$$@"\n' > $(BIN)/bot && chmod +x $(BIN)/bot
	@touch $@

.venv/bench: bench/requirements.lock .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement bench/requirements.lock
	@touch $@
