"""What is done to a machine, as scripts for its shell."""

from tests.machine.home import STATE

REDIS = "tars-redis-1"
COMPOSE = f"docker compose -p tars -f {STATE}/generations/current/compose.json"
PID = "docker inspect -f '{{.State.Pid}}'"
FROZEN = "for pid in $(docker top CONTAINER -eo pid | tail -n +2); do kill -STOP $pid; done"
FLUSH = (
    "iptables -t nat -F; iptables -t nat -X DOCKER; iptables -F;"
    " for it in DOCKER-USER DOCKER-ISOLATION-STAGE-1 DOCKER-ISOLATION-STAGE-2 DOCKER; do iptables -X $it; done"
)
OTHER = "/srv/other/compose.json"
OVERRIDE = "/etc/tars-home/compose.override.yaml"

LOOP = f"while :; do pid=$({PID} {REDIS}); test $pid -lt 2 || kill -9 $pid; sleep 0.05; done"
"""What a program does that ends as soon as it is started."""

ASIDE = "systemctl kill --kill-whom=main --signal"
"""Two things that are to be one for tarsd are done while it does not look."""

EAT = (
    "AUTH=$(cat /var/lib/tars-home/secrets/redis-password);"
    f"docker update --memory 64m --memory-swap 64m {REDIS} >/dev/null;"
    f"docker exec -e REDISCLI_AUTH=$AUTH {REDIS} redis-cli EVAL"
    " \"local t = {} for i = 1, 1e6 do t[i] = string.rep('x', 1000) .. i end\" 0 || true"
)

ELSEWHERE = (
    f"mkdir -p /srv/other; python3 -c 'import json, sys; it = json.load(sys.stdin);"
    ' it["services"]["redis"]["environment"] = {"MADE": "elsewhere"}; json.dump(it, sys.stdout)\''
    f" < {STATE}/generations/current/compose.json > {OTHER};"
    f" docker compose -p tars -f {OTHER} up -d --no-deps redis"
)

NO_SUCH_COMMAND = """\
services:
  redis:
    healthcheck:
      test: [CMD, no-such-command, ping]
      interval: 1s
      timeout: 5s
      retries: 1
      start_period: 0s
"""
