.PHONY: run test check nightly bench pages lock clean help
.DEFAULT_GOAL := help

VENV := .venv/bin
JOBS ?= 2

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -e 's/:.*## /\t/' | expand -t 12

run: ## set up, start all servers with a made-up city, issue one certificate, stay up
	@tools/setup run
	@$(VENV)/akashi up

test: ## set up, run all tests
	@tools/setup test
	@$(VENV)/pytest -n $(JOBS) --dist loadgroup -m "not nightly"

check: ## static checks: format, lint, types, import contracts
	@tools/setup test
	@$(VENV)/ruff format --check --quiet
	@$(VENV)/ruff check --quiet
	@$(VENV)/mypy
	@$(VENV)/lint-imports

nightly: ## the long runs, and every property on examples never drawn before
	@tools/setup test
	@$(VENV)/pytest -n $(JOBS) --dist loadgroup -m nightly
	@$(VENV)/pytest -n $(JOBS) --dist loadgroup --hypothesis-profile nightly tests/property

bench: ## certificates a second over the whole route
	@tools/setup run
	@$(VENV)/akashi bench route

pages: ## write the generated pages of docs/ anew
	@tools/setup test
	@$(VENV)/python -m akashi.evidence.pages --write

lock: ## write the hash-pinned requirements anew (needs uv)
	@for part in run test card bench; do \
	  uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    --no-emit-find-links requirements/$$part.in -o requirements/$$part.txt; done

clean: ## remove the environment, caches and the demo's data
	rm -rf .venv .cache var
