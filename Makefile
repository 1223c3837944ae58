# Everything a newcomer types: `make demo`, `make test`. Each does all of its own set-up in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PHOTOS ?=
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test check lint types clean

USABLE := -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))'

# An environment without pip is what a failed `venv` leaves behind; it is not trusted, but made again.
$(VENV)/.made:
	@$(BIN)/python $(USABLE) 2>/dev/null \
	|| { $(PYTHON) -m venv --clear $(VENV) && $(BIN)/python $(USABLE); } \
	|| { rm -rf $(VENV); echo "inkseek needs Python 3.11 or newer with venv (Debian: apt install python3 python3-venv);" \
	"name another Python with PYTHON=path" >&2; exit 1; }
	@touch $@

$(VENV)/.search: $(VENV)/.made pyproject.toml constraints.txt
	$(PIP) -e .
	@touch $@

$(VENV)/.everything: $(VENV)/.made pyproject.toml constraints.txt
	$(PIP) torch  # first and pinned, so that nothing else chooses another build
	$(PIP) -e '.[train,openvino,heif,report,semantics,dev]'
	@touch $@ $(VENV)/.search

demo: $(VENV)/.search ## search real photos with ready drawings
	$(BIN)/inkseek demo $(if $(PHOTOS),--photos "$(PHOTOS)")

test: lint types ## everything that CI runs
	$(BIN)/python -m pytest

check: lint types ## the quick subset while working
	$(BIN)/python -m pytest -m "not slow and not real" -x

lint: $(VENV)/.everything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.everything
	$(BIN)/mypy

clean: ## forget the environment
	rm -rf $(VENV)
