# make run     a live chat on this machine (PORT, HOST, DATABASE_URL, REDIS_URL, SERVER=uvicorn, DEMO=0; PYTHON)
# make worker  a worker for background jobs, as many as you like (REDIS_URL as for make run; JOB_THREADS)
# make test    unit tests, then stories in a browser
# make faults  what takes long: broken connections, lost hints, killed servers, outages; renews docs/guarantees.md
# make stack   what deploy/compose.yml starts, on loopback without containers; make stack-stories  what must hold of it
# make hosts   projects unlike ours that install the wheel: what works in each, and in how many seconds
# make report  how large the code is, and how far a message travels in it (CHECKOUT=another folder)
# make bench    how fast and how cheap, beside peers, on two cores (REPEATS=3, BEFORE=commit); writes docs/performance.md
# make bench-quick  in three minutes, beside two of them and as recorded; make bench-imports  what an import costs
# make bench-large  a room of 300,000 messages beside one of 100; make bench-alerts  one alert to a thousand people
# make bench-scale  what a message costs each part of a site of two processes; writes the tables of docs/scale.md
# make bench-paint  when a page is first seen on a slow line; make bench-reconnect  1,000 pages and a restart
# make mutants  which change of the engine no test notices (ONLY=parlour/limits.py, MINUTES a module, FRESH=1); an hour
# make picture  the pictures of the README, taken anew
# make lint    style, types, templates, the project's own rules

VENV ?= .venv
PY := $(VENV)/bin/python
WORKERS ?= 2
STORY_WORKERS ?= 3
PYTEST_OPTIONS ?=
DEMO ?= 1
BEFORE ?=
REPEATS ?= 3
export VENV DEMO
export PYTHONPATH := $(CURDIR):$(CURDIR)/site
export DJANGO_SETTINGS_MODULE := config.settings
unexport PYTHONDONTWRITEBYTECODE # the processes that tests start read the code compiled before

.PHONY: run worker test unit stories faults stack stack-stories hosts report bench bench-quick bench-paint bench-alerts bench-imports bench-large bench-reconnect bench-scale picture mutants lint requirements runtime dev services

run: runtime
	@exec $(PY) -m config.start

worker: runtime
	@test -n "$(REDIS_URL)" || { echo "A worker needs REDIS_URL; without it jobs run beside the pages." >&2; exit 1; }
	@exec $(PY) -m celery --quiet -A config worker

test:
	@mkdir -p var; : > var/test-seconds
	@for part in unit stories; do \
		began=$$(date +%s); $(MAKE) --no-print-directory $$part || exit; \
		echo "$$part $$(($$(date +%s) - began))" >> var/test-seconds; \
	done

unit: export PARLOUR_VAR := $(CURDIR)/var/tests
unit: dev services
	$(PY) -m pytest tests -q -n $(WORKERS) --dist worksteal -m "not faults" $(PYTEST_OPTIONS)

stories: dev services
	$(PY) -m pytest e2e -q -n $(STORY_WORKERS) -m "not faults and not stack" $(PYTEST_OPTIONS)

faults: dev services
	PARLOUR_VAR=$(CURDIR)/var/tests $(PY) -m pytest tests -q -n $(WORKERS) -m faults $(PYTEST_OPTIONS)
	$(PY) -m pytest e2e -q -m faults --junitxml=var/faults.xml $(PYTEST_OPTIONS)
	$(PY) -m bench.guarantees var/faults.xml

stack: dev services
	@exec $(PY) -m e2e.support.stack

stack-stories: dev services
	$(PY) -m pytest e2e -q -m stack $(PYTEST_OPTIONS)

hosts: dev services
	$(PY) -m pytest hosts -q -n $(WORKERS) --dist loadgroup $(PYTEST_OPTIONS)

report: dev
	@$(PY) -m bench.report $(CHECKOUT)

bench: dev services
	@$(PY) -m bench.run --before "$(BEFORE)" --repeats $(REPEATS)

bench-quick: runtime
	@$(PY) -m bench.run --quick --repeats 1 --servers uvicorn

bench-paint: dev services
	@$(PY) -m bench.first_paint

bench-imports bench-alerts: dev
	@$(PY) -m bench.$(@:bench-%=%)

bench-large: dev services
	@$(PY) -m bench.large_room

bench-reconnect: dev
	@$(PY) -m bench.reconnect

bench-scale: dev services
	@$(PY) -m bench.scale

picture: dev services
	PICTURE=1 $(PY) -m pytest e2e/test_picture.py -q

mutants: dev
	@sh bin/setup requirements-mutants.txt
	@$(PY) -m bench.mutants $(ONLY)

lint: dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/djlint --quiet --lint templates parlour/templates rooms/templates
	$(VENV)/bin/lint-imports
	$(VENV)/bin/shellcheck .ci/run bin/* deploy/backup deploy/restore deploy/database.sh
	$(VENV)/bin/hadolint deploy/Dockerfile
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yml
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) -m pytest tests/test_code_rules.py -q

requirements: dev
	sh bin/compile

runtime:
	@sh bin/setup requirements.txt

dev: runtime
	@sh bin/setup requirements-dev.txt

services: dev
	@sh bin/services
