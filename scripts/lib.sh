# Shared by the scripts beside it; source it, do not run it.
# shellcheck shell=bash disable=SC2034

set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"

# Builds for another target keep a folder of their own: sharing one with native builds would
# make cargo throw either away.
wasm_target="wasm32-unknown-unknown"
target_dir="${CARGO_TARGET_DIR:-$root/target}"
wasm_target_dir="${POO_WASM_TARGET_DIR:-$target_dir-wasm}"

# Tools compiled from crates.io take minutes, so they outlive a clone.
tools_dir="${POO_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/poo-app/tools}"

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "error: $1"
    shift
    for line in "$@"; do say "  $line"; done
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# apt_install PACKAGE...: installs what is missing; false where apt is not or will not.
apt_install() {
    local missing=() package
    have apt-get || return 1
    for package in "$@"; do
        [[ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" == *" installed" ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    local sudo=()
    if ((EUID != 0)); then
        # Without a terminal sudo must not wait for a password that nobody will type.
        have sudo || return 1
        sudo=(sudo)
        [[ -t 0 ]] || sudo=(sudo -n)
    fi
    say "installing Debian packages: ${missing[*]}"
    "${sudo[@]}" apt-get update -qq >&2 || return 1
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# cargo_tool CRATE VERSION BINARY: prints the path of a program built from crates.io, once.
cargo_tool() {
    local crate="$1" version="$2" binary="$3" place="$tools_dir/$1-$2" locked
    for locked in --locked ""; do
        [[ -x "$place/bin/$binary" ]] && break
        # The crate's own lock file may name a version that has been withdrawn since.
        say "building $crate $version from crates.io ${locked:-without its lock file} (once, some minutes)"
        # Light optimisation: these run for a second or two, and compile for minutes.
        env -u CARGO_TARGET_DIR -u RUSTFLAGS -u RUSTDOCFLAGS CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
            CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
            cargo install "$crate" --version "=$version" $locked --quiet --no-track \
            --bin "$binary" --root "$place" </dev/null >&2 || true
    done
    [[ -x "$place/bin/$binary" ]] && printf '%s\n' "$place/bin/$binary"
}

# locked_version CRATE: the one version of it in Cargo.lock.
locked_version() {
    awk -v name="$1" '$0 == "name = \"" name "\"" { getline; gsub(/version = |"/, ""); print }' Cargo.lock
}
