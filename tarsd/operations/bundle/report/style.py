"""How the report looks: system fonts, light and dark as the reader's machine is, no script, nothing from elsewhere."""

CSS = """
:root{color-scheme:light dark;--bg:#fbfbfa;--fg:#1d1f21;--dim:#62676d;--line:#dddfe1;--box:#fff;--code:#f1f2f3;
--good:#17753a;--warn:#8a5a00;--bad:#b3261e;--good-bg:#e3f4e8;--warn-bg:#fdf0d3;--bad-bg:#fce4e2;--dim-bg:#ebedef;--link:#0b57b0}
@media (prefers-color-scheme:dark){:root{--bg:#15171a;--fg:#e3e5e8;--dim:#9aa1a9;--line:#33373c;--box:#1c1f23;--code:#262a2f;
--good:#6fd08c;--warn:#f0bd5b;--bad:#ff9b92;--good-bg:#143322;--warn-bg:#3a2d0c;--bad-bg:#461a17;--dim-bg:#2a2e33;--link:#8ab8ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
main,header>div{max-width:1080px;margin:0 auto;padding:0 20px}
header{border-bottom:1px solid var(--line);background:var(--box);padding:20px 0 16px}
h1{font-size:22px;margin:0 0 6px;display:flex;gap:10px;align-items:center;flex-wrap:wrap}
h2{font-size:17px;margin:34px 0 10px}
h3{font-size:13px;margin:16px 0 4px;color:var(--dim);font-weight:600}
p{margin:6px 0}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
nav{margin-top:10px;display:flex;gap:4px 16px;flex-wrap:wrap;font-size:14px}
.dim{color:var(--dim)}
.badge{display:inline-block;
padding:0 8px;border-radius:10px;font-size:13px;font-weight:600;white-space:nowrap;line-height:1.6}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
.badge.good{background:var(--good-bg)}.badge.warn{background:var(--warn-bg)}.badge.bad{background:var(--bad-bg)}
.badge.dim{background:var(--dim-bg)}
h1 .badge{font-size:16px;padding:1px 12px;border-radius:14px}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:8px;background:var(--box)}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;font-weight:600;font-size:13px;color:var(--dim);white-space:nowrap}
th,td{padding:6px 12px;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.t{white-space:nowrap;font-variant-numeric:tabular-nums;color:var(--dim)}
td.w{overflow-wrap:anywhere;min-width:16em}
td.k{white-space:nowrap}
td.t,td.k,td.n{width:1%}
code,pre,.mark{font:13px/1.45 ui-monospace,"DejaVu Sans Mono",monospace}
code{background:var(--code);border-radius:4px;padding:1px 5px;overflow-wrap:anywhere}
pre{background:var(--code);border-radius:6px;padding:8px 10px;margin:6px 0;white-space:pre-wrap;overflow-wrap:anywhere}
.mark{color:var(--dim);white-space:nowrap}
h1 .mark{font-size:18px;color:inherit}
.card{
border:1px solid var(--line);border-left-width:4px;border-radius:8px;background:var(--box);padding:10px 14px;margin:8px 0}
.card.bad{border-left-color:var(--bad);color:inherit}.card.warn{border-left-color:var(--warn);color:inherit}
.card.dim{border-left-color:var(--line);color:inherit}
.card p:first-child{margin-top:0}
.card .name{font-weight:600}
details{margin:8px 0}summary{cursor:pointer;color:var(--link);width:fit-content}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0;padding:10px 14px}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
footer{margin:40px 0 30px;color:var(--dim);font-size:13px}
@media print{body{background:#fff}.scroll{overflow:visible}details{display:block}}
"""
