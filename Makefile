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

# WordNet's own files, from Debian's wordnet-base, for the tests of what is built from them; unpacked here, so that no
# root is needed. Where apt is not, those tests are skipped.
WORDNET := $(abspath $(VENV))/wordnet
APT     := apt-get -q=2 -o Dir::State::Lists=$(WORDNET)/lists -o Dir::Cache=$(WORDNET) -o Debug::NoLocking=1 -o APT::Sandbox::User=root

$(WORDNET)/data.noun: $(VENV)/.made
	@mkdir -p $(WORDNET)/lists/partial $(WORDNET)/archives/partial && cd $(WORDNET) \
	&& $(APT) update && $(APT) download wordnet-base \
	&& dpkg-deb --fsys-tarfile wordnet-base_*.deb | tar -x --strip-components=4 ./usr/share/wordnet \
	&& rm -rf lists archives wordnet-base_*.deb && touch data.noun \
	|| echo "wordnet-base could not be fetched: the tests that read WordNet itself are skipped" >&2

# Debian's Chromium, for the tests of the page; only root may install it. Where it is not, those tests are skipped.
$(VENV)/.browser: $(VENV)/.made
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	&& apt-get -q=2 update && DEBIAN_FRONTEND=noninteractive apt-get -q=2 install -y chromium >/dev/null; } \
	|| echo "no Chromium here (Debian: apt install chromium): the tests of the page are skipped" >&2
	@touch $@

PYTEST = $(if $(wildcard $(WORDNET)/data.noun),WNSEARCHDIR=$(WORDNET)) $(BIN)/python -m pytest

test: lint types $(WORDNET)/data.noun $(VENV)/.browser ## everything that CI runs
	$(PYTEST)

check: lint types ## the quick subset while working
	$(PYTEST) -m "not slow and not real" -x

lint: $(VENV)/.everything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.everything
	$(BIN)/mypy

clean: ## forget the environment
	rm -rf $(VENV)
