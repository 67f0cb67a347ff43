"""How diagnostics of a home AI stack show a secret: one line or a few, with the place of the secret marked."""

import base64
import html
import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from tests.corpus.values import Value

MARK = "@@"

Written = Callable[[str], str]


def plain(text: str) -> str:
    return text


def in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def in_raw_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def in_json_twice(text: str) -> str:
    return in_json(in_json(text))


def in_url(text: str) -> str:
    return quote(text, safe="")


def in_shell(text: str) -> str:
    return shlex.quote(text)


def in_xml(text: str) -> str:
    return html.escape(text)


def in_yaml_single(text: str) -> str:
    return text.replace("'", "''")


def in_python(text: str) -> str:
    return repr(text)


def basic(text: str) -> str:
    return base64.b64encode(f"tars:{text}".encode()).decode()


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


EVERY = frozenset({"plain", "base64", "signs", "words"})
SORTS: dict[Written, frozenset[str]] = {
    plain: frozenset({"plain", "base64"}),
}


@dataclass(frozen=True)
class Shape:
    """`strong`: a name beside it says secret, so that a plain word is one. `sorts`: what else it can carry as it is."""

    id: str
    text: str
    written: Written = plain
    strong: bool = True
    file: str = "service.log"
    also: frozenset[str] = frozenset()

    def carries(self, value: Value) -> bool:
        """What is written by no known form takes everything: it is encoded twice."""
        if value.id == "word" and not self.strong:
            return False
        return value.sort in SORTS.get(self.written, EVERY) | self.also


@dataclass(frozen=True)
class Case:
    shape: Shape
    value: Value

    @property
    def shown(self) -> str:
        return self.shape.written(self.value.text)

    @property
    def text(self) -> str:
        return self.shape.text.replace(MARK, self.shown)

    @property
    def rule(self) -> str:
        return self.shape.id.partition("/")[0]

    def leaks(self, redacted: str) -> bool:
        """What was put in can still be read: as it was written, as it is, or a good part of it."""
        forms = {self.value.text, self.shown}
        if any(form in redacted for form in forms if form):
            return True
        size = 10
        return any(
            form[at : at + size] in redacted
            for form in forms
            if len(form) >= 2 * size
            for at in range(len(form) - size + 1)
        )


def cases(shapes: tuple[Shape, ...], drawn: tuple[Value, ...]) -> Iterator[Case]:
    for shape in shapes:
        for value in drawn:
            if shape.carries(value):
                yield Case(shape, value)


_ANY = frozenset({"signs", "words"})
_SIGNS = frozenset({"signs"})

SHAPES: tuple[Shape, ...] = (
    Shape("json/string", '{"user": "tars", "password": "@@", "port": 5432}', in_json),
    Shape("json/raw", '{"time":"2026-11-25T13:50:57Z","level":"info","secret_key":"@@","n":1}', in_raw_json),
    Shape("json/pretty", '{\n  "Env": {\n    "WEBUI_SECRET_KEY": "@@",\n    "PORT": "8080"\n  }\n}', in_json),
    Shape("json/inspect-env", '"Env": [\n  "PATH=/usr/bin",\n  "POSTGRES_PASSWORD=@@",\n  "LANG=C"\n]', in_json),
    Shape("json/in-json", '{"log":"{\\"api_key\\":\\"@@\\",\\"id\\":7}\\n","stream":"stdout"}', in_json_twice),
    Shape("json/name-value", '[{"name":"DB_PASSWORD","value":"@@"},{"name":"X","value":"1"}]', in_json),
    Shape("json/list", '{"passwords": ["@@", "x"]}', in_json, strong=False),
    Shape("json/python-dict", "{'host': 'postgres', 'password': @@, 'port': 5432}", in_python),
    Shape("json/auths", '{"auths":{"registry.lan:5000":{"auth":"@@"}}}', basic, file="config.json"),
    Shape("yaml/plain", "db:\n  user: tars\n  password: @@\n  port: 5432\n", also=frozenset({"words"})),
    Shape("yaml/double", 'redis:\n  password: "@@"\n', in_raw_json),
    Shape("yaml/single", "redis:\n  password: '@@'\n  port: 1\n", in_yaml_single),
    Shape("yaml/env-list", "environment:\n  - REDIS_PASSWORD=@@\n  - TZ=UTC\n"),
    Shape("yaml/env-pair", "env:\n- name: ADMIN_PASSWORD\n  value: @@\n- name: A\n  value: b\n"),
    Shape("yaml/block", "api:\n  token: |\n    @@\n  url: http://ollama:11434\n", strong=False),
    Shape("yaml/next-line", "db_password:\n    @@\nuser: tars\n"),
    Shape("yaml/kubernetes", "kind: Secret\nmetadata:\n  name: db\ndata:\n  pg: @@\n", in_base64),
    Shape("toml/string", '[smtp]\nhost = "mail"\npassword = "@@"\n', in_raw_json),
    Shape("toml/inline", 'db = { user = "tars", password = "@@", port = 1 }', in_raw_json),
    Shape("env/bare", "LANG=C\nPOSTGRES_PASSWORD=@@\nTZ=UTC\n", also=_SIGNS),
    Shape("env/export", "export HF_TOKEN=@@", strong=False),
    Shape("env/quoted", 'REDIS_PASSWORD="@@"\n', in_raw_json),
    Shape("env/printed", "declare -x MYSQL_ROOT_PASSWORD=@@", in_shell),
    Shape("env/one-line", "HOME=/root POSTGRES_PASSWORD=@@ LANG=C"),
    Shape("env/before-command", "$ PGPASSWORD=@@ psql -h 127.0.0.1 -U tars", in_shell),
    Shape("ini/equals", "[client]\nuser = tars\npassword = @@\n", file="my.cnf", also=_ANY),
    Shape("ini/commented", "#smtp_password = @@\n", file="app.ini"),
    Shape("ini/redis", "port 6379\nrequirepass @@\nmaxmemory 1gb\n", file="redis.conf"),
    Shape("ini/wpa", 'network={\n ssid="home"\n psk="@@"\n}', in_raw_json),
    Shape("ini/wireguard", "[Interface]\nPrivateKey = @@\nListenPort = 51820\n", strong=False),
    Shape("xml/element", "<config><password>@@</password></config>", in_xml),
    Shape("xml/attribute", '<datasource user="tars" password="@@"/>', in_xml),
    Shape("xml/add", '<add key="ApiKey" value="@@" />', in_xml),
    Shape("args/long", "tars-sync --user tars --password @@ --verbose", in_shell),
    Shape("args/equals", "/usr/bin/sync --api-key=@@ --dry-run", in_shell),
    Shape("args/list", '"Cmd": ["redis-server", "--requirepass", "@@", "--save", ""]', in_json),
    Shape("args/python-list", "running ['sync', '--token', @@, '-v']", in_python, strong=False),
    Shape("args/redis-cli", "redis-cli -h redis -a @@ ping", in_shell),
    Shape("args/redis-cli-list", '["redis-cli","-a","@@","ping"]', in_json),
    Shape("args/mysql", "mysqldump -u root -p@@ app"),
    Shape("args/curl", "curl -s -u tars:@@ http://chromadb:8000/api/v2/heartbeat"),
    Shape("args/sshpass", "sshpass -p @@ ssh nas uptime", in_shell),
    Shape("args/docker-login", "docker login -u tars -p @@ registry.lan:5000", in_shell),
    Shape("args/ps", "root      8123  0.1  0.2 712 99 ?  Ssl 03:12  0:01 redis-server --requirepass @@ --port 6379"),
    Shape("args/nul", "redis-server\0--requirepass\0@@\0--port\0006379\0", also=_ANY),
    Shape("args/mount", "mount -t cifs //nas/share /mnt/nas -o username=tars,password=@@,vers=3.0"),
    Shape("url/postgres", "connecting to postgresql://tars:@@@postgres:5432/tars?sslmode=disable", in_url),
    Shape("url/redis", "REDIS_URL=redis://:@@@redis:6379/0", in_url),
    Shape("url/sqlalchemy", 'File "db.py", line 3: create_engine("postgresql+psycopg2://tars:@@@db/tars")', in_url),
    Shape("url/query", "GET /api/v1/sync?user=tars&api_key=@@&page=2 HTTP/1.1", in_url),
    Shape("url/token-param", "wss://hass.lan:8123/api/websocket?access_token=@@", in_url, strong=False),
    Shape("url/go-mysql", "dsn tars:@@@tcp(db:3306)/tars?parseTime=true"),
    Shape("url/git", "fatal: unable to access 'https://bot:@@@git.lan/tars.git/': 403", in_url),
    Shape("url/smb", "smb://tars:@@@nas.lan/media", in_url),
    Shape("url/webhook", "POST https://hooks.slack.com/services/T0A1B2C3D/B0A1B2C3D/@@ 500", strong=False),
    Shape("dsn/libpq", "host=postgres port=5432 user=tars password=@@ dbname=tars connect_timeout=5"),
    Shape("dsn/libpq-quoted", "host=postgres user=tars password='@@' dbname=tars", plain, also=frozenset({"words"})),
    Shape("dsn/odbc", "Driver={PostgreSQL};Server=db;Database=tars;Uid=tars;Pwd=@@;"),
    Shape("dsn/jdbc", "jdbc:postgresql://db:5432/tars?user=tars&password=@@&ssl=true", in_url),
    Shape("header/bearer", "> Authorization: Bearer @@", strong=False),
    Shape("header/basic", "Authorization: Basic @@", basic),
    Shape("header/curl", "curl -H 'Authorization: Bearer @@' http://webui:8080/api", strong=False),
    Shape("header/api-key", "X-Api-Key: @@\r\nAccept: */*\r\n"),
    Shape("header/json", '{"headers":{"authorization":"Bearer @@","accept":"*/*"}}', strong=False),
    Shape("header/tuples", "headers=[(b'host', b'webui'), (b'authorization', b'Bearer @@')]", strong=False),
    Shape("header/go-map", "map[Accept:[*/*] Authorization:[Bearer @@] User-Agent:[x]]", strong=False),
    Shape("cookie/request", "Cookie: theme=dark; session=@@; lang=de", strong=False),
    Shape("cookie/response", "Set-Cookie: token=@@; Path=/; HttpOnly; SameSite=Lax", strong=False),
    Shape("cookie/curl", "curl -b 'session=@@' http://webui:8080/", strong=False),
    Shape("sql/role", "LOG:  statement: ALTER ROLE tars WITH LOGIN PASSWORD '@@';", in_yaml_single),
    Shape("sql/mysql", "CREATE USER 'tars'@'%' IDENTIFIED BY '@@';"),
    Shape("sql/update", "UPDATE auth SET password = '@@' WHERE id = 3", in_yaml_single),
    Shape("sql/insert", "INSERT INTO users (name, password, age) VALUES ('tars', '@@', 7);", in_yaml_single),
    Shape("mount/fstab", "//nas/share /mnt/nas cifs username=tars,password=@@,uid=1000 0 0", file="fstab"),
    Shape("mount/pgpass", "postgres:5432:tars:tars:@@\n", file=".pgpass"),
    Shape("mount/netrc", "machine git.lan login bot password @@\n", file=".netrc"),
    Shape("mount/netrc-lines", "machine git.lan\n  login bot\n  password @@\n", file=".netrc"),
    Shape("mount/credentials", "username=tars\npassword=@@\ndomain=HOME\n", file="nas.cred", also=_ANY),
    Shape("unit/environment", "[Service]\nEnvironment=API_TOKEN=@@\nExecStart=/usr/bin/x\n", strong=False),
    Shape("unit/environment-quoted", '[Service]\nEnvironment="DB_PASSWORD=@@" "A=b"\n'),
    Shape("unit/exec", "ExecStart=/usr/bin/sync --password @@ --loop", in_shell),
    Shape("unit/show", "ExecStart={ path=/usr/bin/sync ; argv[]=/usr/bin/sync --secret @@ ; ignore_errors=no }"),
    Shape("history/export", "  812  export OPENAI_API_KEY=@@"),
    Shape("history/echo", "  813  echo @@ | docker login -u tars --password-stdin", in_shell),
    Shape("history/sudo", "echo '@@' | sudo -S systemctl restart docker"),
    Shape("kernel/cmdline", "Command line: BOOT_IMAGE=/vmlinuz root=UUID=1 ro iscsi_password=@@ quiet"),
    Shape("journal/field", "    _CMDLINE=/usr/bin/sync --password=@@ --loop"),
    Shape("journal/sudo", "sudo[811]: tars : TTY=pts/0 ; COMMAND=/usr/bin/mysql --password=@@ app"),
    Shape("log/logfmt", 'time="2026-11-25T13:50:57Z" level=info msg="login" user=tars password=@@ ok=true'),
    Shape("log/key-colon", "2026-11-25 13:50:57 DEBUG config: user: tars, password: @@, port: 5432"),
    Shape("log/go-struct", "&{User:tars Password:@@ Port:5432}"),
    Shape("log/java", "Config(user=tars, password=@@, port=5432)"),
    Shape("log/rust", 'Config { user: "tars", password: Some("@@"), port: 5432 }', in_raw_json),
    Shape("log/said", "generated password: @@"),
    Shape("log/redis-monitor", '1764078657.123456 [0 172.18.0.5:41234] "AUTH" "@@"', in_json),
    Shape("log/traceback", "    conn = connect(host='db', user='tars', password=@@)", in_python),
    Shape("log/psql-table", " id | name | password\n----+------+----------\n  1 | tars | @@\n(1 row)\n"),
    Shape("log/csv", "name,password,role\ntars,@@,admin\n", file="users.csv"),
    Shape("log/token-words", "2026-11-25 DEBUG using token @@ for registry", strong=False),
)  # fmt: skip
