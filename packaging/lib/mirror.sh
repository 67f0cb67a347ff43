# shellcheck shell=bash
# Where this machine gets its Debian packages: read from its own apt sources, whatever their format.

# mirror_sources SUITE: one-line apt sources of a Debian SUITE with its updates and security fixes, from the
# mirrors this machine uses itself. One that is not a Debian must be told a mirror in TARS_DEBIAN_MIRROR.
mirror_sources() {
    local suite=$1 own
    if [[ -n ${TARS_DEBIAN_MIRROR:-} ]]; then
        need_packages debian-archive-keyring # what is no Debian has not got it of itself
        printf 'deb [signed-by=%s] %s %s main\n' /usr/share/keyrings/debian-archive-keyring.gpg \
            "$TARS_DEBIAN_MIRROR" "$suite"
        return
    fi
    own=$(debian_codename)
    [[ -n $own ]] || die "find a Debian mirror: this is not a Debian; set TARS_DEBIAN_MIRROR=URI"
    # shellcheck disable=SC2016  # $(...) here is apt's own syntax
    apt-get indextargets --format '$(RELEASE) $(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk -v own="$own" -v suite="$suite" '
            $3 == "main" && ($1 == own || $1 == own "-updates" || $1 == own "-security") {
                sub("^" own, suite, $1); print "deb", $2, $1, $3
            }' | sort -u
}

# debian_codename: of the Debian this machine runs; nothing if it runs something else.
debian_codename() { (. /etc/os-release && [[ $ID != debian ]] || printf '%s\n' "$VERSION_CODENAME"); }

# foreign_download SUITE DIRECTORY PACKAGE...: download packages of another Debian suite, without their
# dependencies.
foreign_download() {
    local suite=$1 dir=$2
    shift 2
    mirror_sources "$suite" | private_apt "$dir/apt" /dev/null
    (cd "$dir" && with_apt "$dir/apt" apt-get update -q && with_apt "$dir/apt" apt-get download -q "$@") ||
        die "download $* of $suite: apt-get failed, see above"
    rm -rf "$dir/apt"
}

# install_backports PACKAGE...: install from the backports of this machine's Debian.
install_backports() {
    local own dir
    own=$(debian_codename)
    dir=$(mktemp -d)
    mirror_sources "$own" | sed "p; s/ $own main\$/ $own-backports main/" | sort -u |
        private_apt "$dir" /var/lib/dpkg/status
    { with_apt "$dir" apt-get update -q && with_apt "$dir" apt_install -t "$own-backports" "$@"; } ||
        die "install $* from $own-backports: apt-get failed, see above"
    rm -rf "$dir"
}

# private_apt DIRECTORY STATUS: make DIRECTORY/apt.conf, which knows only the sources on standard input and
# takes what is installed from STATUS; this machine's own apt sources stay as they are.
private_apt() {
    local dir=$1 status=$2
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    cat >"$dir/sources.list"
    cat >"$dir/apt.conf" <<END
Dir::State "$dir";
Dir::State::status "$status";
Dir::State::lists "$dir/lists";
Dir::Cache "$dir/cache";
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "-";
APT::Sandbox::User "root";
Acquire::Languages "none";
END
}

with_apt() { APT_CONFIG=$1/apt.conf quietly "${@:2}"; }
