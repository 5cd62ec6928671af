# The front door. Meson and Ninja do the work; see `make help`.
.PHONY: help setup build install run test bench fuzz format lint clean
RELEASE = build/release
TESTING = build/test
FUZZING = build/fuzz
PREFIX = /usr/local

help:	## this list
	@sed -n 's/^\([a-z]*\):.*##/  make \1\t/p' Makefile

setup:	## install the Debian packages that are missing (says which first)
	@script/setup build

build: setup	## optimised, hardened programs in build/release
	@test -f $(RELEASE)/build.ninja || meson setup $(RELEASE) -Dbuildtype=release -Dtests=false >/dev/null
	@ninja -C $(RELEASE) --quiet
	@for program in daemon/sluiced/sluiced tool/sluicectl/sluicectl tool/sluice-sink/sluice-sink; do \
	    ln -sf $$program $(RELEASE)/; done

install: build	## into $(DESTDIR)$(PREFIX), settings and log rotation below /etc
	@meson setup --reconfigure -Dprefix=$(PREFIX) -Dsysconfdir=/etc $(RELEASE) >/dev/null
	@ninja -C $(RELEASE) >build/install.log || { cat build/install.log; exit 1; }
	@meson install -C $(RELEASE) --no-rebuild --quiet

run: build	## Sluice before a small mail server on loopback, with sample mail (ONCE=1: then end)
	@script/demo $(if $(ONCE),--once)

test:	## every test; ends with `N passed, N failed`
	@script/setup build test
	@script/test

bench:	## messages per second, CPU, latency and memory beside HAProxy
	@script/setup build test bench
	@$(MAKE) --no-print-directory build
	@script/bench

fuzz:	## fuzz every parser for SECONDS each (default 60)
	@script/setup build fuzz
	@script/fuzz $(SECONDS)

format:	## rewrite the C sources as .clang-format says
	@script/setup lint
	@git ls-files '*.c' '*.h' | xargs clang-format -i

lint:	## clang-tidy over the C sources
	@script/setup lint
	@script/lint

clean:	## remove what was built
	rm -rf build
