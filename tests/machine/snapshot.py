"""All that an owner could lose or find changed on a machine, as text to be compared."""

from tests.machine.home import Home

SNAPSHOT = r"""
{ find /etc/tars-home /var/lib/tars-home -not -name 'state.db*' -printf '%p %m %u %g %s %T@\n'
  find /etc/tars-home /var/lib/tars-home -type f -not -name 'state.db*' -exec sha256sum {} +
  docker ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.Image}} {{.State}}'
  docker inspect $(docker ps -aq) --format '{{.Id}} {{.State.StartedAt}}' 2>/dev/null || true
  docker images --no-trunc --format '{{.Repository}} {{.Tag}} {{.Digest}} {{.ID}}'
  docker volume ls; docker network ls --no-trunc
} | sort
"""


def snapshot(home: Home) -> str:
    """Every file and its time, every container, image, volume and network; not the audit log."""
    return home.machine.sh(SNAPSHOT).out
