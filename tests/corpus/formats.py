"""Tokens of public services, by their form alone: drawn from a pattern, in lines that do not announce them."""

import random
import string
from collections.abc import Iterator

from tests.corpus.shapes import Case, Shape
from tests.corpus.values import Value

_KINDS = {
    "a": string.ascii_letters + string.digits,
    "A": string.ascii_uppercase + string.digits,
    "2": string.ascii_uppercase + "234567",
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "d": string.digits,
    "l": string.ascii_lowercase + string.digits,
    "L": string.ascii_letters,
    "w": string.ascii_letters + string.digits + "_-",
    "b": string.ascii_letters + string.digits + "+/",
}

PATTERNS: dict[str, str] = {
    "aws-id": "AKIA{16:2}",
    "aws-temporary": "ASIA{16:2}",
    "aws-bedrock": "ABSK{109:b}=",
    "github-oauth": "gho_{36:a}",
    "github-app": "ghs_{36:a}",
    "github-refresh": "ghr_{36:a}",
    "github-fine": "github_pat_{22:a}_{59:a}",
    "gitlab-personal": "glpat-{20:w}",
    "gitlab-deploy": "gldt-{20:w}",
    "gitlab-runner": "glrt-{20:w}",
    "gitlab-trigger": "glptt-{40:h}",
    "openai": "sk-{20:a}T3BlbkFJ{20:a}",
    "openai-project": "sk-proj-{58:w}T3BlbkFJ{58:w}",
    "anthropic": "sk-ant-api03-{93:w}AA",
    "openrouter": "sk-or-v1-{64:h}",
    "groq": "gsk_{52:a}",
    "replicate": "r8_{37:a}",
    "perplexity": "pplx-{48:a}",
    "xai": "xai-{80:a}",
    "nvidia": "nvapi-{64:w}",
    "huggingface": "hf_{34:L}",
    "huggingface-org": "api_org_{34:L}",
    "google": "AIza{35:w}",
    "google-oauth": "GOCSPX-{28:w}",
    "google-access": "ya29.{120:w}",
    "slack-bot": "xoxb-{12:d}-{12:d}-{24:a}",
    "slack-user": "xoxp-{12:d}-{12:d}-{12:d}-{32:h}",
    "slack-app": "xapp-1-A{10:A}-{13:d}-{64:h}",
    "slack-config": "xoxe.xoxp-1-{163:A}",
    "discord-bot": "MT{24:a}.G{5:a}.{38:w}",
    "telegram": "{10:d}:AA{33:w}",
    "stripe": "sk_live_{24:a}",
    "stripe-test": "sk_test_{24:a}",
    "stripe-restricted": "rk_live_{24:a}",
    "stripe-hook": "whsec_{32:a}",
    "sendgrid": "SG.{22:w}.{43:w}",
    "mailgun": "key-{32:h}",
    "mailchimp": "{32:h}-us12",
    "brevo": "xkeysib-{64:h}-{16:l}",
    "twilio": "SK{32:h}",
    "npm": "npm_{36:a}",
    "pypi": "pypi-AgEIcHlwaS5vcmc{70:w}",
    "rubygems": "rubygems_{48:h}",
    "crates": "cio{32:a}",
    "docker-pat": "dckr_pat_{27:w}",
    "digitalocean": "dop_v1_{64:h}",
    "digitalocean-oauth": "doo_v1_{64:h}",
    "shopify": "shpat_{32:h}",
    "square": "EAAA{60:w}",
    "square-secret": "sq0csp-{43:w}",
    "linear": "lin_api_{40:a}",
    "notion": "ntn_{46:a}",
    "notion-old": "secret_{43:a}",
    "figma": "figd_{40:w}",
    "postman": "PMAK-{24:h}-{34:h}",
    "dynatrace": "dt0c01.{24:2}.{64:2}",
    "grafana": "glsa_{32:a}_{8:h}",
    "grafana-cloud": "glc_{80:b}",
    "newrelic": "NRAK-{27:A}",
    "databricks": "dapi{32:h}",
    "vault": "hvs.{95:w}",
    "vault-batch": "hvb.{150:w}",
    "terraform": "{14:a}.atlasv1.{67:w}",
    "pulumi": "pul-{40:h}",
    "doppler": "dp.pt.{43:a}",
    "planetscale": "pscale_pw_{43:w}",
    "supabase": "sbp_{40:h}",
    "fly": "fo1_{43:w}",
    "heroku": "HRKU-AA{58:w}",
    "tailscale": "tskey-auth-{16:a}-{32:a}",
    "tailscale-api": "tskey-api-{16:a}-{32:a}",
    "age": "AGE-SECRET-KEY-1{58:A}",
    "onepassword": "ops_eyJ{250:w}",
    "bitwarden": "0.{8:h}-{4:h}-{4:h}-{4:h}-{12:h}.{30:a}:{22:b}==",
    "atlassian": "ATATT3xFfGF0{180:w}",
    "sentry": "sntrys_eyJ{110:b}_{43:b}",
    "sentry-user": "sntryu_{64:h}",
    "clojars": "CLOJARS_{60:l}",
    "artifactory": "AKCp{69:a}",
    "artifactory-ref": "cmVmdGtu{56:a}",
    "duffel": "duffel_live_{43:w}",
    "easypost": "EZAK{54:a}",
    "flutterwave": "FLWSECK_TEST-{32:h}-X",
    "frameio": "fio-u-{64:w}",
    "infracost": "ico-{32:a}",
    "prefect": "pnu_{36:l}",
    "readme": "rdme_{70:l}",
    "scalingo": "tk-us-{48:w}",
    "sourcegraph": "sgp_{16:h}_{40:h}",
    "typeform": "tfp_{59:w}",
    "yandex": "AQVN{38:w}",
    "alibaba": "LTAI{20:a}",
    "tencent": "AKID{32:a}",
    "azure-ad": "{3:a}8Q~{34:w}",
    "cloudflare-ca": "v1.0-{24:h}-{146:h}",
    "shippo": "shippo_live_{40:h}",
    "lob": "live_{35:h}",
    "settlemint": "sm_pat_{16:a}",
    "harness": "pat.{22:w}.{24:h}.{20:a}",
    "contentful": "CFPAT-{43:w}",
    "beamer": "b_{44:w}",
    "octopus": "API-{26:A}",
    "sidekiq": "https://{8:h}:{8:h}@gems.contribsys.com/",
    "jwt": "eyJhbGciOiJSUzI1NiJ9.eyJ{60:w}.{86:w}",
    "jwt-none": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJ{60:w}.{43:w}",
    "bcrypt": "$2b$12${53:a}",
    "sha512-crypt": "$6${16:a}${86:a}",
    "yescrypt": "$y$j9T${22:a}${43:a}",
    "argon2": "$argon2id$v=19$m=65536,t=3,p=4${22:b}${43:b}",
    "apr1": "$apr1${8:a}${22:a}",
    "scram": "SCRAM-SHA-256$4096:{22:b}==${43:b}=:{43:b}=",
    "django": "pbkdf2_sha256$600000${22:a}${43:b}=",
    "grpc-macaroon": "MDAx{90:w}",
}

LINES: tuple[str, ...] = (
    "2026-11-25 13:50:57 INFO worker started with @@ and waits",
    "@@",
    '{"a": 1, "x": "@@"}',
    "retrying (@@): 401",
    "  - @@",
)


def drawn(seed: int, pattern: str) -> str:
    dice = random.Random(f"{seed} {pattern}")
    made, rest = "", pattern
    while "{" in rest:
        before, _, rest = rest.partition("{")
        counted, _, rest = rest.partition("}")
        size, _, kind = counted.partition(":")
        made += before + "".join(dice.choices(_KINDS[kind], k=int(size)))
    return made + rest


def format_cases(seed: int) -> Iterator[Case]:
    for name, pattern in PATTERNS.items():
        for number, line in enumerate(LINES):
            value = Value(f"{name}{number}", drawn(seed + number, pattern))
            yield Case(Shape(f"format/{name}", line), value)
