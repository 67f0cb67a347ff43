# shellcheck shell=bash
# Where this machine gets its Debian packages: read from its own apt sources, whatever their format.

# mirror_sources SUITE: one-line apt sources of a Debian SUITE with its updates and security, from the
# mirrors this machine uses itself; nothing if it is not a Debian (the caller's tool uses its default).
mirror_sources() {
    local suite=$1 id own
    id=$(. /etc/os-release && printf '%s' "$ID")
    own=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    [[ $id == debian && -n $own ]] || return 0
    # shellcheck disable=SC2016  # $(...) here is apt's own syntax
    apt-get indextargets --format '$(RELEASE) $(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk -v own="$own" -v suite="$suite" '
            $3 == "main" && ($1 == own || $1 == own "-updates" || $1 == own "-security") {
                sub("^" own, suite, $1); print "deb", $2, $1, $3
            }' | sort -u
}

# foreign_download SUITE DIRECTORY PACKAGE...: download packages of another Debian suite, without their
# dependencies and without touching this machine's own apt sources.
foreign_download() {
    local suite=$1 dir=$2
    shift 2
    foreign_apt_config "$suite" "$dir/apt"
    APT_CONFIG=$dir/apt/apt.conf apt-get update -qq
    (cd "$dir" && APT_CONFIG=$dir/apt/apt.conf apt-get download -qq "$@")
    rm -rf "$dir/apt"
}

# foreign_apt_config SUITE DIRECTORY: an apt configuration in DIRECTORY/apt.conf that knows only SUITE.
foreign_apt_config() {
    local suite=$1 dir=$2
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    mirror_sources "$suite" >"$dir/sources.list"
    : >"$dir/status"
    cat >"$dir/apt.conf" <<END
Dir::State "$dir";
Dir::State::status "$dir/status";
Dir::State::lists "$dir/lists";
Dir::Cache "$dir/cache";
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "-";
APT::Sandbox::User "root";
Acquire::Languages "none";
END
}
