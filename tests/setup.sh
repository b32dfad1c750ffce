#!/usr/bin/env bash
# Installs what a fresh Debian machine lacks, as root or through sudo, and says so.
#   tests/setup.sh build   what a build needs
#   tests/setup.sh test    what the tests need as well
#   tests/setup.sh bench   the benchmarks' peers on top of that
set -euo pipefail
cd "$(dirname "$0")/.."

need_rust() { # version
    local have
    have=$(rustc --version 2>/dev/null | cut -d' ' -f2)
    if [ -z "$have" ] || ! command -v cargo >/dev/null; then
        echo "setup: there is no Rust: install it from https://rustup.rs and run this again" >&2
        exit 1
    fi
    if [ "$(printf '%s\n' "$1" "${have%%-*}" | sort -V | head -n 1)" != "$1" ]; then
        echo "setup: Rust $have is too old: $1 or later is needed (rustup update)" >&2
        exit 1
    fi
}
need_rust "$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)"

missing=()
need() { # command package
    command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}

need cc build-essential
need git git
stage=${1:-build}
if [ "$stage" = bench ]; then
    need prometheus-node-exporter prometheus-node-exporter
fi
if [ "$stage" != build ]; then
    for component in rustfmt clippy-driver; do
        command -v "$component" >/dev/null || {
            echo "setup: \`$component\` is missing: rustup component add rustfmt clippy" >&2
            exit 1
        }
    done
    need chromium chromium
    need firefox-esr firefox-esr
    need unshare util-linux
    need newuidmap uidmap
    need ip iproute2
    need strace strace
    need faketime faketime
    need openssl openssl
    need systemd-analyze systemd
    need certutil libnss3-tools
    need python3 python3
    need node nodejs
    need clang clang
    need wasm-ld lld
    # The compiler for WebAssembly, and the sources of its standard library.
    [ -x /usr/bin/rustc ] || missing+=(rustc-web)
    [ -d /usr/lib/rustlib/src/rust/library ] || missing+=(rust-web-src)
    python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
fi

if [ "${#missing[@]}" -gt 0 ]; then
    echo "setup: installing ${missing[*]}"
    root=""
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "setup: ${missing[*]} must be installed and there is no sudo: run 'apt-get install ${missing[*]}' as root" >&2
            exit 1
        }
        root=sudo
    fi
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if ! { $root apt-get update && $root apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        cat "$log" >&2
        echo "setup: installing failed: the lines above say why" >&2
        exit 1
    fi
fi

if [ "$stage" != build ]; then
    stamp=target/python/requirements.txt
    if ! cmp -s tests/python/requirements.txt "$stamp"; then
        echo "setup: installing the Python peers into target/python"
        rm -rf target/python
        mkdir -p target
        python3 -m venv target/python
        target/python/bin/pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
        cp tests/python/requirements.txt "$stamp"
    fi
fi

if [ "$stage" = bench ]; then
    # The bindings ask for a newer Python than Debian has, and run with this one. Where they cannot
    # be had, docs/performance.md says so.
    opa=opa-golib-python-bindings==0.4.4
    if [ "$(cat target/opa/version 2>/dev/null)" != "$opa" ]; then
        echo "setup: installing Open Policy Agent's library into target/opa"
        rm -rf target/opa
        if target/python/bin/pip install --quiet --disable-pip-version-check --no-deps \
            --ignore-requires-python --target target/opa "$opa"; then
            echo "$opa" >target/opa/version
        else
            echo "setup: $opa cannot be installed here: it will be missing from the comparison" >&2
        fi
    fi
fi
