"""Names that tell a reader nothing about the owner: of services, of the system, of public places."""

import re
from functools import lru_cache

_HOSTS = frozenset(
    b"localhost localhost.localdomain ip6-localhost host.docker.internal gateway.docker.internal kubernetes.docker.internal "
    b"ollama chromadb chroma postgres postgresql redis webui open-webui backend tarsd tars db database cache api web "
    b"app proxy frontend server registry host container docker unix run var tmp example.com example.org example.net "
    b"system session local default gateway metadata.google.internal socket".split()
)
_PUBLIC = re.compile(
    rb"(?i)(?:.*\.)?(?:github\.com|githubusercontent\.com|ghcr\.io|docker\.(?:com|io)|gitlab\.com|pypi\.org|"
    rb"pythonhosted\.org|npmjs\.\w+|"
    rb"debian\.(?:org|net)|ubuntu\.com|canonical\.com|kernel\.org|ollama\.(?:com|ai)|huggingface\.co|hf\.co|"
    rb"openwebui\.com|"
    rb"trychroma\.com|postgresql\.org|redis\.io|python\.org|systemd\.io|freedesktop\.org|golang\.org|go\.dev|"
    rb"opencontainers\.org|containerd\.io|moby\.dev|cncf\.io|"
    rb"schema\.org|w3\.org|json-schema\.org|nvidia\.com|quay\.io|gcr\.io|cloudflare\.com|googleapis\.com|google\.com|"
    rb"microsoft\.com|azure\.com|amazonaws\.com|apache\.org|mozilla\.org|letsencrypt\.org|slack\.com|"
    rb"discord(?:app)?\.com|telegram\.org|"
    rb"example\.(?:com|org|net)|example|invalid|test|pydantic\.dev|fastapi\.tiangolo\.com|sqlalche\.me|openai\.com|"
    rb"anthropic\.com|"
    rb"wikipedia\.org|stackoverflow\.com|gnu\.org|fsf\.org|iana\.org|ietf\.org|launchpad\.net|snapcraft\.io|"
    rb"readthedocs\.io)"
)
_USERS = frozenset(
    b"root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody _apt messagebus "
    b"systemd-network systemd-resolve systemd-timesync systemd-oom syslog uuidd tcpdump sshd polkitd docker "
    b"postgres redis ollama chroma chromadb webui tars tarsd git user username admin administrator default guest anonymous "
    b"system service server "
    b"localhost nginx mysql node app oauth2 oauth2accesstoken token x-access-token x-oauth-basic unknown invalid "
    b"string none null true false the for from is with and of by to password uid gid name id id_rsa session".split()
)


@lru_cache(maxsize=4096)
def is_familiar_host(name: bytes) -> bool:
    lower = name.lower().rstrip(b".")
    return lower in _HOSTS or _PUBLIC.fullmatch(lower) is not None


@lru_cache(maxsize=4096)
def is_familiar_user(name: bytes) -> bool:
    lower = name.lower()
    return lower in _USERS or lower.startswith((b"systemd-", b"_", b"tars-")) or lower.isdigit()


_WORDS = frozenset(
    b"art bill carol chase chip christian chuck clay cliff daisy dale dawn dean dick drew dusty faith frank gene grace "
    b"grant guy harmony holly hope hunter iris ivy jack jasmine jean jersey joy june lance lily mark mason max may miles "
    b"nick olive page parker pat patience penny pierce piper ray reed rich rob robin rose ruby rusty sage sandy skip sky "
    b"sterling stone sue summer trace violet wade will wolf work user home share shared media public data backup build "
    b"deploy runner test tester service ansible vagrant pi ubuntu debian node python java jenkins gitlab minecraft".split()
)


def is_word(name: bytes) -> bool:
    """Whether the name of a user is a word that logs are full of, too."""
    return name.lower() in _WORDS
