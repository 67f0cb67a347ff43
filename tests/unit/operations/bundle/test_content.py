"""What a person wrote is cut to its shape, and what helps to find a fault is not."""

import pytest

from tarsd.operations.bundle.collectors.content import Shapes

WRITTEN = "why does my boss"


@pytest.mark.parametrize(
    "line",
    [
        f'time=2026-11-22T03:12:04Z level=DEBUG msg="completion request" prompt="{WRITTEN} \\"hate\\" me" images=0',
        f"time=2026-11-22T03:12:04Z level=DEBUG msg=chat prompt={WRITTEN} hate me",
        f'{{"level":"info","messages":[{{"role":"user","content":"{WRITTEN} hate me"}}],"status":200}}',
        f'{{"level":"info","event":{{"request":{{"input":"{WRITTEN} hate me"}}}}}}',
        f'{{"level":"info","msg":"prompt: {WRITTEN} hate me"}}',
        f"2026-11-22 03:12:04 | INFO | form_data: {{'messages': [{{'role': 'user', 'content': '{WRITTEN} hate me'}}]}}",
        f'2026-11-22 03:12:04 | DEBUG | payload {{\\"prompt\\": \\"{WRITTEN}\\"}}',
        f'INFO: 172.18.0.1:0 - "GET /api/v1/search?q={WRITTEN.replace(" ", "+")} HTTP/1.1" 200',
        f"2026-11-22 03:12:04 UTC [71] STATEMENT:  INSERT INTO chat VALUES (1, '{WRITTEN}')",
        f"2026-11-22 03:12:04 UTC [71] LOG:  execute <unnamed>: SELECT '{WRITTEN}'",
        f"2026-11-22 03:12:04 UTC [71] DETAIL:  parameters: $1 = '{WRITTEN}'",
        f'2026-11-22 03:12:04 UTC [71] ERROR:  invalid input syntax for type json: "{WRITTEN}"',
        f"2026-11-22 sqlalchemy.exc.DataError: [SQL: UPDATE x] [parameters: ('{WRITTEN}',)]",
        f'1763781124.123456 [0 172.18.0.5:4242] "SET" "chat:1" "{WRITTEN}"',
        f"2026-11-22 search_query={WRITTEN}",
        f"2026-11-22 uploading filename: {WRITTEN}.pdf",
    ],
)
def test_what_a_person_wrote_is_cut(line: str) -> None:
    shown = Shapes()(line)
    assert "boss" not in shown
    assert "characters>" in shown or "items>" in shown or "fields>" in shown
    assert shown[:15] == line[:15]


@pytest.mark.parametrize(
    "line",
    [
        'time=2026-11-22T03:12:04Z level=WARN msg="truncating input prompt" limit=4096 prompt=5121 keep=4 new=4096',
        "llama_model_loader: - kv  15: tokenizer.ggml.model str = gpt2",
        "slot print_timing: prompt eval time =     161.38 ms /    26 tokens",
        '[GIN] 2026/11/22 - 03:12:04 | 200 |  1.61 s |  172.18.0.5 | POST     "/api/chat"',
        '2026-11-22 03:12:04 UTC [71] FATAL:  password authentication failed for user "tars"',
        '2026-11-22 03:12:04 UTC [71] ERROR:  relation "chat" does not exist at character 15',
        "1:M 22 Nov 2026 03:12:04.123 * Ready to accept connections tcp",
        "1:C 22 Nov 2026 03:12:04.123 # Warning: no config file specified",
        "chromadb.errors.NotFoundError: Collection [file-1] does not exists",
        'INFO:     172.18.0.1:45012 - "GET /health HTTP/1.1" 200 OK',
        "Error: could not open device: CUDA error 35: driver version is insufficient",
        '{"level": "error", "msg": "cannot connect to 10.0.0.5:5432", "status": 500}',
    ],
)
def test_what_helps_is_kept(line: str) -> None:
    shapes = Shapes()
    shapes("2026-11-22 03:12:03 begins")
    assert shapes(line) == line


def test_a_statement_over_several_lines_is_cut_to_its_end() -> None:
    shapes = Shapes()
    shown = [
        shapes(line)
        for line in (
            "2026-11-22 03:12:04 UTC [71] STATEMENT:  INSERT INTO chat",
            "\tVALUES ('why does",
            "\tmy boss')",
            "2026-11-22 03:12:05 UTC [71] LOG:  checkpoint starting: time",
        )
    ]
    assert shown[1:3] == ["<text: 18 characters>", "<text: 10 characters>"]
    assert shown[3].endswith("checkpoint starting: time")


def test_a_text_that_runs_on_is_cut_until_the_next_entry() -> None:
    shapes = Shapes()
    shapes("2026-11-22 03:12:04 | DEBUG | prompt: why")
    assert shapes("does my boss hate me") == "<text: 20 characters>"
    assert shapes("") == ""
    assert shapes("and what now") == "<text: 12 characters>"
    assert shapes("2026-11-22 03:12:05 | INFO | done") == "2026-11-22 03:12:05 | INFO | done"
    assert shapes("Killed") == "Killed"


def test_a_trace_that_follows_no_text_is_kept() -> None:
    shapes = Shapes()
    lines = (
        "2026-11-22 03:12:05 | ERROR | it failed",
        "Traceback (most recent call last):",
        '  File "/app/main.py", line 3, in run',
        "ValueError: nothing",
    )
    assert tuple(map(shapes, lines)) == lines


def test_a_log_that_begins_in_the_middle_of_a_statement_does_not_show_it() -> None:
    shapes = Shapes()
    assert shapes("\tmy boss')") == "<text: 10 characters>"
    assert shapes("\tWHERE x = 'my boss'") == "<text: 20 characters>"
