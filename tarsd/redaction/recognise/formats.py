"""Tokens that can be told by their form alone, as those who issue them describe it in public.

The table is data: the name of the format, what every token of it begins with, and what follows. A form is
in it only if its beginning is distinct enough that nothing else is written so. Kept by us; no rule set of
others is copied here.
"""

import re
from collections.abc import Iterator

from ahocorasick_rs import BytesAhoCorasick, Implementation

from tarsd.redaction.spans import SECRET, Span

# name; what every token of it has in it, for the anchors; the form.
FORMATS: tuple[tuple[str, str, bytes], ...] = (
    ("age-key", "AGE-SECRET-KEY-1", rb"AGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    ("airtable", "pat", rb"pat[A-Za-z0-9]{14}\.[0-9a-f]{40,}"),
    ("alibaba", "LTAI", rb"LTAI[A-Za-z0-9]{16,24}"),
    ("anthropic", "sk-ant-", rb"sk-ant-[\w-]{20,}"),
    ("artifactory", "AKCp", rb"AKCp[0-9a-zA-Z][A-Za-z0-9]{60,}"),
    ("atlassian", "ATATT3", rb"ATATT3[\w=-]{60,}"),
    ("aws-bedrock", "ABSK", rb"ABSK[A-Za-z0-9+/]{100,}={0,2}"),
    ("aws-key-id", "AKIA ASIA ABIA ACCA", rb"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
    ("azure-ad", "8Q~", rb"[\w~.-]{3}8Q~[\w~.-]{31,34}"),
    ("bitbucket", "ATBB", rb"ATBB[A-Za-z0-9]{24,}"),
    ("bitwarden", "0.", rb"0\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.[A-Za-z0-9]{30}:[\w+/]{22}=="),
    ("brevo", "xkeysib-", rb"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    ("buildkite", "bkua_ bkct_ bkat_", rb"bk(?:ua|ct|at)_[\w]{30,}"),
    ("clojars", "CLOJARS_", rb"CLOJARS_[a-z0-9]{60}"),
    ("cloudflare-ca", "v1.0-", rb"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}"),
    ("contentful", "CFPAT-", rb"CFPAT-[\w-]{40,}"),
    ("databricks", "dapi", rb"dapi[0-9a-f]{32}(?:-\d)?"),
    ("digitalocean", "doo_v1_ dop_v1_ dor_v1_", rb"do[opr]_v1_[0-9a-f]{64}"),
    ("docker-hub", "dckr_pat_ dckr_oat_", rb"dckr_(?:pat|oat)_[\w-]{20,}"),
    ("doppler", "dp.pt. dp.st. dp.sa. dp.ct. dp.scim. dp.audit.", rb"dp\.(?:pt|st|sa|ct|scim|audit)\.[\w.]{32,}"),
    ("duffel", "duffel_", rb"duffel_(?:test|live)_[\w-]{40,}"),
    ("dynatrace", "dt0", rb"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ("easypost", "EZAK EZTK", rb"EZ[AT]K[A-Za-z0-9]{54}"),
    ("elevenlabs", "sk_", rb"sk_[0-9a-f]{48}"),
    ("facebook", "EAA", rb"EAA[A-Z][A-Za-z0-9]{80,}"),
    ("figma", "figd_", rb"figd_[\w-]{36,}"),
    ("flutterwave", "FLWSECK FLWPUBK", rb"FLW(?:SEC|PUB)K(?:_TEST)?-[0-9a-hA-H-]{12,}X?"),
    ("fly", "fo1_ fm1_ fm2_", rb"(?:fo1_|fm[12]_|FlyV1 fm[12]_)[\w+/=,-]{36,}"),
    ("github", "ghp_ gho_ ghu_ ghs_ ghr_", rb"gh[pousr]_[A-Za-z0-9]{30,}"),
    ("github-fine", "github_pat_", rb"github_pat_\w{30,}"),
    ("gitlab", "glpat- gldt- glptt- glrt- glrtr- glcbt- glsoat- glft- glagent- gloas- glffct- glimt- glwt-",
     rb"gl(?:pat|dt|ptt|rt|rtr|cbt|soat|ft|agent|oas|ffct|imt|wt)-[\w.-]{18,}"),
    ("google-api", "AIza", rb"AIza[\w-]{35}"),
    ("google-oauth", "ya29.", rb"ya29\.[\w.-]{20,}"),
    ("google-refresh", "1//0", rb"1//0[\w-]{30,}"),
    ("google-secret", "GOCSPX-", rb"GOCSPX-[\w-]{24,}"),
    ("grafana", "glsa_ glc_", rb"gl(?:sa|c)_[\w+/=]{30,}"),
    ("groq", "gsk_", rb"gsk_[A-Za-z0-9]{40,}"),
    ("hashicorp-tf", ".atlasv1.", rb"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{50,}"),
    ("heroku", "HRKU-", rb"HRKU-[\w-]{30,}"),
    ("hubspot", "pat-", rb"pat-(?:na|eu)\d-[0-9a-f-]{36}"),
    ("harness", "pat. sat.", rb"[ps]at\.[\w-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}"),
    ("hugging-face", "hf_ api_org_", rb"(?:hf|api_org)_[A-Za-z]{3}[A-Za-z0-9]{25,}"),
    ("infracost", "ico-", rb"ico-[A-Za-z0-9]{32}"),
    ("jfrog", "cmVmdGtu", rb"cmVmdGtu[A-Za-z0-9]{50,}"),
    ("jwt", "eyI eyJ", rb"ey[IJ][A-Za-z0-9_-]{8}[\w-]*\.(?:[\w-]{8,}(?:\.[\w-]*)*)?"),
    ("langsmith", "lsv2_", rb"lsv2_(?:pt|sk)_[0-9a-f_]{32,}"),
    ("linear", "lin_api_ lin_oauth_", rb"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    ("lob", "live_ test_", rb"(?:live|test)_(?:pub_)?[0-9a-f]{31,35}"),
    ("mailchimp", "-us", rb"[0-9a-f]{32}-us\d{1,2}\b"),
    ("mailgun", "key-", rb"(?:key|pubkey)-[0-9a-f]{32}"),
    ("mapbox", "pk.eyJ1 sk.eyJ1", rb"[ps]k\.eyJ1[\w-]{20,}\.[\w-]{20,}"),
    ("netlify", "nfp_ nfc_ nfo_ nfu_ nfb_", rb"nf[pcoub]_[A-Za-z0-9]{36,}"),
    ("new-relic", "NRAK- NRJS- NRII- NRRA- NRIQ- NRAL-", rb"NR(?:AK|JS|II|RA|IQ|AL)-[A-Za-z0-9-]{19,}"),
    ("notion", "ntn_ secret_", rb"(?:ntn_|secret_)[A-Za-z0-9]{40,}"),
    ("npm", "npm_", rb"npm_[A-Za-z0-9]{36}"),
    ("nuget", "oy2", rb"oy2[a-z0-9]{43}"),
    ("nvidia", "nvapi-", rb"nvapi-[\w-]{40,}"),
    ("octopus", "API-", rb"API-[A-Z0-9]{26,}"),
    ("onepassword", "ops_eyJ", rb"ops_eyJ[\w=+/-]{100,}"),
    ("onepassword-key", "A3-", rb"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|"
    rb"[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}"),
    ("openai", "sk-", rb"sk-(?:proj|svcacct|admin|None|or-v1|lf|live|test)-[\w-]{16,}"),
    ("openai-classic", "sk-", rb"sk-[A-Za-z0-9]{24,}"),
    ("openssh-key-body", "b3BlbnNzaC1rZXktdjE", rb"b3BlbnNzaC1rZXktdjE[\w+/=]{20,}"),
    ("otpauth", "otpauth://", rb"otpauth://(?:totp|hotp)/[^\s\"'<>]+"),
    ("perplexity", "pplx-", rb"pplx-[A-Za-z0-9]{40,}"),
    ("planetscale", "pscale_", rb"pscale_(?:tkn|pw|oauth|otp)_[\w=.-]{30,}"),
    ("postman", "PMAK-", rb"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    ("prefect", "pnu_ pnb_", rb"pn[ub]_[A-Za-z0-9]{36}"),
    ("pulumi", "pul-", rb"pul-[0-9a-f]{40}"),
    ("pypi", "pypi-AgE pypi-AhE", rb"pypi-A[gh]E[\w-]{50,}"),
    ("readme", "rdme_", rb"rdme_[a-z0-9]{60,}"),
    ("replicate", "r8_", rb"r8_[A-Za-z0-9]{37}"),
    ("rubygems", "rubygems_", rb"rubygems_[0-9a-f]{48}"),
    ("scalingo", "tk-us-", rb"tk-us-[\w-]{48}"),
    ("sendgrid", "SG.", rb"SG\.[\w-]{16,32}\.[\w-]{16,64}"),
    ("sentry", "sntrys_ sntryu_", rb"sntry[su]_[\w+/=.-]{40,}"),
    ("settlemint", "sm_pat_ sm_aat_ sm_sat_", rb"sm_(?:pat|aat|sat)_[a-zA-Z0-9]{16}"),
    ("shippo", "shippo_", rb"shippo_(?:live|test)_[0-9a-f]{40}"),
    ("shopify", "shpat_ shpca_ shppa_ shpss_", rb"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    ("slack", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs-", rb"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("slack-app", "xapp-", rb"xapp-\d-[A-Za-z0-9-]{20,}"),
    ("sonarqube", "squ_ sqa_ sqp_", rb"sq[apu]_[0-9a-f]{40}"),
    ("sourcegraph", "sgp_", rb"sgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}"),
    ("square", "sq0 EAAA", rb"(?:sq0[a-z]{3}-|EAAA)[\w-]{22,}"),
    ("stripe", "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ pk_live_ pk_test_ pk_prod_",
     rb"(?:sk|rk|pk)_(?:live|test|prod)_[A-Za-z0-9]{16,}"),
    ("stripe-hook", "whsec_", rb"whsec_[A-Za-z0-9+/=]{24,}"),
    ("supabase", "sbp_ sb_secret_ sb_publishable_", rb"sb(?:p|_secret|_publishable)_[\w-]{20,}"),
    ("swarm", "SWMTKN-1-", rb"SWMTKN-1-[0-9a-z]{40,}-[0-9a-z]{20,}"),
    ("tailscale", "tskey-", rb"tskey-(?:auth|api|client|scim|webhook|reusable)-[\w-]{15,}"),
    ("tavily", "tvly-", rb"tvly-[\w-]{20,}"),
    ("telegram", ":AA :AE :AF :AG :AH", rb"[0-9]{8,10}:A[AE-H][\w-]{33,35}"),
    ("tencent", "AKID", rb"AKID[A-Za-z0-9]{32}"),
    ("twilio", "SK AC", rb"(?:SK|AC)[0-9a-f]{8}[0-9a-f]{24}"),
    ("typeform", "tfp_", rb"tfp_[\w=.-]{40,}"),
    ("vault", "hvs. hvb. hvr.", rb"hv[sbr]\.[\w-]{24,}"),
    ("voyage", "pa-", rb"pa-[A-Za-z0-9_-]{40,}"),
    ("yandex", "AQVN t1.", rb"AQVN[\w-]{35,38}|t1\.[A-Z0-9a-z_-]+=*\.[\w-]{86}=*"),
    ("xai", "xai-", rb"xai-[A-Za-z0-9]{60,}"),
    ("zapier", "zpka_", rb"zpka_\w{30,}"),
)  # fmt: skip
_PATTERNS = tuple(re.compile(rb"(?<![A-Za-z0-9])(?:" + form + rb")") for _, _, form in FORMATS)
_BEFORE = 40
_MOST = 4096


class Formats:
    """Made once; asked for each piece of text."""

    def __init__(self) -> None:
        pairs = [
            (anchor.encode(), number)
            for number, (_, anchors, _) in enumerate(FORMATS)
            for anchor in anchors.split()
        ]
        self._numbers = [number for _, number in pairs]
        self._finds = BytesAhoCorasick(
            [anchor for anchor, _ in pairs], implementation=Implementation.DFA
        )

    def find(self, text: bytes) -> Iterator[Span]:
        """All tokens of a known form."""
        for anchor, start, end in self._finds.find_matches_as_indexes(text, overlapping=True):
            number = self._numbers[anchor]
            first, last = max(0, start - _BEFORE), min(len(text), end + _MOST)
            found = _PATTERNS[number].match(text, start, last)
            if found is None and FORMATS[number][2].startswith(b"["):
                found = _around(_PATTERNS[number], text, first, start)
            if found and (any(48 <= byte < 58 for byte in found[0]) or _is_mixed(found[0])):
                yield Span(found.start(), found.end(), SECRET, f"format/{FORMATS[number][0]}")


def _is_mixed(value: bytes) -> bool:
    """Drawn without a digit, as some are: capitals all over it."""
    return len(_CAPITALS.findall(value)) >= 6


_CAPITALS = re.compile(rb"[a-z][A-Z]")


def _around(
    pattern: re.Pattern[bytes], text: bytes, first: int, anchor: int
) -> re.Match[bytes] | None:
    """The match of a form that has its anchor in the middle."""
    for found in pattern.finditer(text, first, anchor + 256):
        return found if found.start() <= anchor < found.end() else None
    return None
