# The two commands of a new checkout are `make demo` and `make test`. Each installs what is missing and builds first.
.PHONY: help setup setup-tests build tests run demo test test-asan test-tsan sim kills soak bench fuzz clean

.NOTPARALLEL: # the build itself is parallel; apt-get is not

help:
	@echo 'make demo       build, start the daemon, send it trades over TCP, show the bars, draw a picture'
	@echo 'make test       build and run all tests'
	@echo 'make build      the programs, in bin/'
	@echo 'make run        start the daemon on port 9009 (ARGS="--help" for its flags)'
	@echo 'make bench      the benchmarks, each as a ratio to a baseline measured beside it'
	@echo 'make test-asan  the tests under address and undefined-behaviour sanitizers; test-tsan: thread sanitizer'
	@echo 'make sim        the simulator, without end; prints the seed of a failure'
	@echo 'make kills      the long tests that kill the daemon'
	@echo 'make soak       an hour of load: what of memory, files, threads and flush times grows (SECONDS=3600 RATE=200000)'
	@echo 'make fuzz       the fuzzers (SECONDS=600 each) and their canary'

setup:
	@scripts/setup

setup-tests:
	@scripts/setup --tests

build/%/build.ninja:
	@cmake --preset $* >/dev/null

build: setup build/release/build.ninja
	@cmake --build --preset release --target programs

# The programs and the tests.
tests: setup build/release/build.ninja
	@cmake --build --preset release

run: build
	bin/stream_daemon $(ARGS)

demo: build
	@scripts/demo

test: setup-tests tests
	@ctest --test-dir build/release --output-on-failure -j2

test-asan: setup-tests build/dev/build.ninja
	@cmake --build --preset dev
	@scripts/sanitized ctest --test-dir build/dev --output-on-failure -j2

test-tsan: setup-tests build/tsan/build.ninja
	@cmake --build --preset tsan
	@scripts/sanitized ctest --test-dir build/tsan --output-on-failure -j2

sim: tests
	@scripts/simulate

kills: tests
	@STREAMD_LONG=1 build/release/test/system/system_tests --gtest_filter='Crash*:Producer*:Sink*'

soak: build
	@scripts/soak $(or $(SECONDS),3600) $(or $(RATE),200000) $(PICTURE)

bench: build
	@cmake --build --preset release --target benchmarks
	@bench/run

fuzz:
	@scripts/setup --developer
	@scripts/fuzz $(or $(SECONDS),600)

clean:
	rm -rf build bin
