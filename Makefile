# `make demo` on a fresh machine needs Python 3.11, make and nothing else. Everything it makes lies in .venv and .local.
PYTHON ?= python3
ARGS ?=
LOCAL = exec $(PYTHON) -m local.bootstrap
DEVELOP = $(LOCAL) --dev
REQUIREMENTS = requirements requirements-local requirements-dev
COMPILE = uv pip compile --quiet --no-header --no-annotate --universal --python-version 3.11

.PHONY: help demo serve test check reference bench check-books otp stop clean lock

help: ## Show what there is.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

demo: ## Run the product with a simulated casino and players (DEMO_PORT, DEMO_PLAYERS, DEMO_SECONDS, SANDBOX_CHAOS).
	@$(LOCAL) demo

serve: ## Run the product alone (PORT).
	@$(LOCAL) serve

test: ## Run the tests (ARGS="...").
	@$(DEVELOP) run --test -- python -m pytest $(ARGS)

check: ## Run every guard: format, lint, types, imports, migrations, API contract, house rules.
	@$(DEVELOP) check

reference: ## Write what docs has from the code again: refusals, events, the API.
	@$(DEVELOP) run -- python manage.py write_reference

bench: ## Measure stakes per second beside what the database alone can do (BENCH_SECONDS, BENCH_PLAYERS).
	@$(LOCAL) run -- python -m benchmarks

check-books: ## Prove the ledger and print the data-quality sheet.
	@$(LOCAL) run -- python manage.py check_books

otp: ## Print a one-time code for the demo's staff.
	@$(LOCAL) run -- python manage.py demo_code

stop: ## End everything that this checkout left running.
	@exec $(PYTHON) -m local stop

clean: ## Stop, and remove everything in .local.
	@exec $(PYTHON) -m local clean

lock: ## Pin the requirements again (needs uv).
	@for name in $(REQUIREMENTS); do $(COMPILE) $$name.in -o $$name.txt || exit 2; done
