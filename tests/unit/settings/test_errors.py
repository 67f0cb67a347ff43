"""What bad settings get: the file, the line, the key, what is allowed there and what stood there instead."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tarsd import config
from tarsd.errors import ConfigInvalid
from tarsd.paths import Paths
from tests.unit.settings.faults import Fault, fault, faults

ONE_LINE = 300  # characters; what still reads as one line


def test_a_typo_in_a_key_is_answered_with_the_right_word(paths: Paths) -> None:
    found = fault(paths, "[ports]\n\nwebiu = 8080\n")
    assert (found.file, found.line, found.key) == ("tars-home.toml", 3, "ports.webiu")
    assert "is not a setting; did you mean webui?" in found.message
    assert (
        "allowed here: backend, chromadb, exposed, extra, ollama, postgres, redis, webui"
        in found.message
    )


def test_a_typo_in_a_table_is_told_once_however_much_it_holds(paths: Paths) -> None:
    found = fault(paths, "[log]\n[porst]\nwebui = 8080\nredis = 6379\n")
    assert (found.line, found.key) in {(2, "porst"), (3, "porst")}
    assert "did you mean ports?" in found.message


def test_a_word_that_resembles_nothing_gets_the_list_without_a_guess(paths: Paths) -> None:
    found = fault(paths, "[log]\nxyzzy = 1\n")
    assert found.message == "is not a setting; allowed here: level"


@pytest.mark.parametrize("value", ["0", "65536", "-1", '"http"', "80.5", "true", "[80]", "{}"])
def test_a_port_is_a_number_from_1_to_65535(paths: Paths, value: str) -> None:
    found = fault(paths, f"[ports]\nwebui = {value}\n")
    assert (found.line, found.key) == (2, "ports.webui")
    assert found.message.startswith("must be a port from 1 to 65535, not ")


def test_text_is_not_taken_for_a_number_nor_a_number_for_a_switch(paths: Paths) -> None:
    assert fault(paths, '[ports]\nwebui = "8080"\n').message.endswith('not "8080"')
    assert fault(paths, "[stack]\nfrontend = 1\n").message == "must be true or false, not 1"
    assert fault(paths, '[stack]\nfrontend = "true"\n').message.endswith('not "true"')


def test_a_word_out_of_a_list_is_answered_with_the_list(paths: Paths) -> None:
    found = fault(paths, '[log]\nlevel = "verbose"\n')
    for word in ("debug", "info", "warning", "error"):
        assert word in found.message
    assert found.message.endswith('not "verbose"')


@pytest.mark.parametrize(
    ("setting", "bad", "limits"),
    [
        ("ollama.context_length", "100", ("512", "1048576")),
        ("start.deadline", "1", ("10", "7200")),
        ("start.deadline", "1e3", ("10", "7200")),
    ],
)
def test_a_number_out_of_range_is_answered_with_the_range(
    paths: Paths, setting: str, bad: str, limits: tuple[str, str]
) -> None:
    found = fault(paths, f"{setting} = {bad}\n")
    assert found.key == setting
    assert all(limit in found.message for limit in limits)


@pytest.mark.parametrize(
    "address", ["localhost", "192.168.1", "192.168.1.10:8080", "", "0.0.0.0/0", "fe80::1::2"]
)
def test_the_web_pages_address_is_an_address(paths: Paths, address: str) -> None:
    found = fault(paths, f'[ports]\nwebui_address = "{address}"\n')
    assert "such as 0.0.0.0" in found.message


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.10", "::", "fd00::7"])
def test_addresses_of_both_kinds_are_taken(paths: Paths, address: str) -> None:
    paths.settings.write_text(f'[ports]\nwebui_address = "{address}"\n')
    assert config.load(paths).settings.ports.webui_address == address


@pytest.mark.parametrize(
    "path",
    [
        "documents",
        "/",
        "/mnt",
        "//srv/nas",
        "/mnt/nas/../../etc",
        "/mnt/nas/documents/",
        "/mnt//nas/documents",
        "/mnt/nas/a\\u0000b",
        "/mnt/nas/a\\nb",
    ],
)
def test_a_nas_path_must_not_hand_containers_more_than_the_mount(paths: Paths, path: str) -> None:
    """The parent is bound into containers: of /mnt that is the whole machine, secrets included."""
    found = fault(paths, f'[nas]\npath = "{path}"\n')
    assert (found.line, found.key) == (2, "nas.path")
    assert "such as /mnt/nas/documents" in found.message


@pytest.mark.parametrize(
    "path", ["/mnt/nas/documents", "/srv/nas/über uns", "/mnt/nas/..hidden", "/mnt/nas/a$b"]
)
def test_ordinary_nas_paths_are_taken(paths: Paths, path: str) -> None:
    paths.settings.write_text(f'[nas]\npath = "{path}"\n')
    assert config.load(paths).settings.nas.path == path


def test_no_image_is_said_by_an_empty_one(paths: Paths) -> None:
    """So that a later file can take back what an earlier one set."""
    paths.settings.write_text('[stack]\nbackend_image = ""\n')
    assert not config.load(paths).settings.stack.backend_image


@pytest.mark.parametrize(
    "name",
    ["", "llama 3", "-x", "a/b/c/d/e/f", "../x", "llama3:", "x" * 201, "http://x/y", "a\\nb"],
)
def test_a_models_name_that_no_library_has(paths: Paths, name: str) -> None:
    found = fault(paths, f'[models]\nkeep = ["{name}"]\n')
    assert found.line == 2
    assert "such as llama3.1:8b" in found.message


@pytest.mark.parametrize(
    "name",
    [
        "llama3.1:8b",
        "llama3",
        "hf.co/owner/Some-Model-GGUF:Q4_K_M",
        "registry.lan:5000/team/model:1",
    ],
)
def test_ordinary_names_of_models_are_taken(paths: Paths, name: str) -> None:
    paths.settings.write_text(f'[models]\nkeep = ["{name}"]\n')
    assert config.load(paths).settings.models.keep == (name,)


@pytest.mark.parametrize("ports", ["8888", "[0]", '["8888"]', "[true]"])
def test_extra_ports_are_a_list_of_ports(paths: Paths, ports: str) -> None:
    found = fault(paths, f"[ports]\nextra = {ports}\n")
    assert found.line == 2
    assert found.key is not None
    assert found.key.startswith("ports.extra")
    what = "a list" if ports == "8888" else "a port from 1 to 65535"
    assert found.message.startswith(f"must be {what}, not ")


@pytest.mark.parametrize("reference", ["Tars:1", "tars api", "http://x/y", "-x", "tars:1\\n"])
def test_an_image_reference_that_the_engine_would_refuse(paths: Paths, reference: str) -> None:
    found = fault(paths, f'[stack]\nbackend_image = "{reference}"\n')
    assert "such as registry.lan/tars-api:2.1" in found.message


@pytest.mark.parametrize(
    "reference",
    [
        "tars-api",
        "registry.lan:5000/team/tars-api:2.1",
        "registry.lan/tars-api:V2.1_rc",
        "tars-api@sha256:" + "0a" * 32,
        "tars-api:2.1@sha256:" + "0a" * 32,
    ],
)
def test_every_form_of_an_image_reference_is_taken(paths: Paths, reference: str) -> None:
    paths.settings.write_text(f'[stack]\nbackend_image = "{reference}"\n')
    assert config.load(paths).settings.stack.backend_image == reference


def test_a_table_given_a_single_value(paths: Paths) -> None:
    found = fault(paths, "ports = 8080\n")
    assert found == Fault("tars-home.toml", 1, "ports", "must be a table, not 8080")


def test_a_value_as_long_as_a_book_is_cut(paths: Paths) -> None:
    found = fault(paths, f'[stack]\nbackend_image = "{"A" * 5000}"\n')
    assert len(found.message) < ONE_LINE


@pytest.mark.parametrize(
    "twice",
    [
        "[ports]\nwebui = 1\n\nwebui = 2\n",
        "ports.webui = 1\n# between\n\nports.webui = 2\n",
        "[ports]\nwebui = 1\n\n'webui' = 2\n",
    ],
)
def test_a_key_that_stands_twice_is_named_with_both_lines(paths: Paths, twice: str) -> None:
    found = fault(paths, twice)
    first = next(n for n, row in enumerate(twice.splitlines(), 1) if "webui" in row)
    assert (found.line, found.key) == (4, "ports.webui")
    assert f"set in line {first}" in found.message


@pytest.mark.parametrize("twice", ["[ports]\nwebui = 1\n[ports]\n", "[ports]\n[log]\n[ports]\n"])
def test_a_table_that_stands_twice_is_named_with_both_lines(paths: Paths, twice: str) -> None:
    found = fault(paths, twice)
    assert (found.line, found.key) == (3, "ports")
    assert "set in line 1" in found.message


def test_repeats_within_an_array_of_tables_are_not_mistaken_for_the_fault(paths: Paths) -> None:
    found = fault(paths, "[[log]]\nlevel = 'info'\n[[log]]\nlevel = 'info'\n[ports\n")
    assert found.line == 5
    assert "is not TOML" in found.message


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ("[ports\nwebui = 1\n", 1),
        ("[ports]\nwebui 8080\n", 2),
        ("[ports]\nwebui = \n", 2),
        ('[log]\nlevel = "info\n', 2),
        ("[ports]\nwebui = 8080 # ok\n]\n", 3),
        ("[ports]\nwebui = [1,\n2\n", 3),
    ],
)
def test_a_file_that_is_not_toml_is_told_the_line(paths: Paths, broken: str, line: int) -> None:
    found = fault(paths, broken)
    assert (found.line, found.key) == (line, None)
    assert found.message.startswith("is not TOML: ")


def test_a_file_that_is_not_utf8_is_told_the_line_and_the_byte(paths: Paths) -> None:
    found = fault(paths, b"# first\n# second\npath = '/mnt/gr\xfcn'\n")
    assert found.line == 3
    assert "0xfc" in found.message
    assert "UTF-8" in found.message


def test_a_byte_order_mark_from_a_windows_editor_is_no_fault(paths: Paths) -> None:
    paths.settings.write_bytes(b"\xef\xbb\xbf[ports]\r\nwebui = 9000\r\n")
    assert config.load(paths).settings.ports.webui == 9000


def test_a_file_that_cannot_be_read_is_named_with_the_reason(paths: Paths) -> None:
    (paths.conf_d / "10-is-a-directory.toml").mkdir()
    (paths.conf_d / "20-leads-nowhere.toml").symlink_to(paths.etc / "gone.toml")
    first, second = faults(paths)
    assert (first.file, first.line, first.key) == ("10-is-a-directory.toml", None, None)
    assert "Is a directory" in first.message
    assert "No such file" in second.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_of_somebody_else_is_named_with_the_reason(paths: Paths) -> None:
    paths.settings.write_text("")
    paths.settings.chmod(0)
    assert "Permission denied" in faults(paths)[0].message


@pytest.mark.parametrize("bomb", ["a = " + "[" * 100_000, "a = " + "1" * 5000, "[" * 100_000])
def test_a_file_made_to_break_the_parser_is_just_another_invalid_file(
    paths: Paths, bomb: str
) -> None:
    assert len(fault(paths, bomb).message) < ONE_LINE


def test_the_error_itself_is_one_line_that_names_the_place_and_the_fix(paths: Paths) -> None:
    paths.settings.write_text("[ports]\nwebui = 0\n")
    with pytest.raises(ConfigInvalid) as caught:
        config.load(paths)
    assert caught.value.message.startswith(
        f"cannot use the settings: {paths.settings}:2: ports.webui: must be a port"
    )
    assert "\n" not in caught.value.message
    assert caught.value.fix == "tarsctl config check"


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.binary(max_size=200))
def test_no_bytes_at_all_can_do_more_than_be_invalid(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    _only_invalid(tmp_path_factory, content)


FRAGMENTS = st.sampled_from(
    [
        *("[", "]", "[[", "ports", "webui", "log", ".", "=", " ", "\n", "\r\n", '"', "'", '"""'),
        *("#", "{", "}", ",", "1", "1979-05-27", "nan", "true", "\\u0041", "\u2028", "é", "-"),
    ]
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(FRAGMENTS, max_size=30))
def test_no_text_that_resembles_toml_can_do_more_than_be_invalid(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    _only_invalid(tmp_path_factory, "".join(pieces).encode())


def _only_invalid(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    etc: Path = tmp_path_factory.getbasetemp() / "any"
    etc.mkdir(exist_ok=True)
    (etc / "tars-home.toml").write_bytes(content)
    try:
        config.load(Paths(etc=etc))
    except ConfigInvalid as error:
        assert error.details["errors"]  # noqa: PT017  what is valid by chance may pass too
        assert "\n" not in error.message  # noqa: PT017
