# shellcheck shell=bash
# Values of options. Needs say.sh, and CALLED_FROM: where the caller stood.

# need_value OPTION [VALUE]...: ends the script if there is no value, or an empty one.
need_value() { [[ -n ${2-} ]] || usage_error "$1 needs a value"; }

# from_there PATH: as the caller meant it, who may stand elsewhere than in the tree.
from_there() {
    if [[ $1 == /* ]]; then printf '%s\n' "$1"; else printf '%s\n' "$CALLED_FROM/$1"; fi
}
