# Sourced by the other scripts: makes .venv from requirements.lock and installs missing system parts, where that is
# allowed and quick. Running it again costs nothing. PYTHON chooses the interpreter.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
say() { printf '== %s\n' "$*" >&2; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    say "no Python >= 3.11 was found (tried: ${PYTHON:-python3 python3.13 python3.12 python3.11}). Install one, or name it: PYTHON=/path/python3 $0"
    return 1
}

make_environment() {
    local python stamp wanted
    python=$(find_python) || exit 1
    stamp=.venv/.lock-digest
    wanted="$("$python" -c 'import sys; print(sys.version)') $(cksum < requirements.lock)"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return
    fi
    say "making .venv with $python from requirements.lock (once)"
    if command -v uv > /dev/null; then
        uv venv --quiet --clear --python "$python" .venv || exit 1
        uv pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock || exit 1
    else
        if ! "$python" -m venv --clear .venv; then
            say "$python cannot make virtual environments. Debian: apt-get install python3-venv"
            exit 1
        fi
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock || exit 1
    fi
    printf '%s' "$wanted" > "$stamp"
}

install_fuse() {
    if command -v fusermount3 > /dev/null && ldconfig -p | grep -q 'libfuse3\.so'; then
        return
    fi
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        say "installing fuse3 and libfuse3-3 (Debian packages)"
        if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends fuse3 libfuse3-3; } > /dev/null; then
            say "that failed: targets at a mount will be skipped, with the reason"
        fi
    else
        say "libfuse is not installed: targets at a mount will be skipped. Debian: apt-get install fuse3 libfuse3-3"
    fi
}

build_servers() {
    if [ -z "${WEAVIATE_BIN:-}" ] && ! command -v go > /dev/null; then
        say "Go is not installed: weaviate@process will be skipped, unless its server is in the cache, on PATH or in WEAVIATE_BIN"
    fi
    .venv/bin/python -m fixtures.programs >&2 || exit 1
}
