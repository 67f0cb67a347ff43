"""Faults of cards on a machine with the real package, systemd and Engine; the card, its library and its tool are doubles.

No error of a card can be put into the kernel's log from outside the kernel: Xid lines have unit tests only. What takes
minutes, as all that restarts a service does after a boot, is left out without `--every-fault`. A run writes its table into
dist/catalogue-gpu.md.
"""

import time
from collections.abc import Iterator

import pytest

from tests.machine.faults import catalogue
from tests.machine.faults.cards import OLLAMA, FakeCards
from tests.machine.faults.catalogue import Variant
from tests.machine.faults.injuries import FROZEN
from tests.machine.faults.story import Incident, Incidents, Story
from tests.machine.faults.trial import hours_pass, wait_out_the_boot
from tests.machine.home import ARCHIVE, Home, MakeHome
from tests.machine.supply import Supply

MODEL = "llama3.1:8b"


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Variant]]:
    rows: list[Variant] = []
    yield rows
    catalogue.write("gpu", rows)


@pytest.fixture(scope="module")
def card_home(make_home: MakeHome, supply: Supply) -> Home:
    """A machine with a card, on which the stack was installed with it."""
    home = make_home()
    home.machine.put(supply.images, ARCHIVE)
    home.install_package()
    FakeCards(home).plug_in()
    home.restart_daemon()
    home.install_stack()
    home.wait_for("healthy")
    return home


@pytest.fixture
def cards(card_home: Home) -> Iterator[FakeCards]:
    """All is well, before and after."""
    hours_pass(card_home)
    card_home.wait_for("healthy")
    it = FakeCards(card_home)
    it.reload()
    card_home.machine.wait("nothing to be open", lambda: others(card_home, "") == [], 30)
    yield it
    it.find()
    it.say("")
    it.sleep(asleep=False)
    it.install_driver("550.163.01")


@pytest.fixture
def only_told(cards: FakeCards) -> Iterator[None]:
    """Long after its boot, too, nothing is done about what is seen."""
    with cards.home.settings('[heal]\nmode = "suggest"\n'):
        cards.home.tarsctl("config", "reload")
        yield
    cards.home.tarsctl("config", "reload")


def opened(home: Home, fault: str, within: float = 20.0) -> Incident:
    """The incident, once it is open."""

    def found() -> list[Incident]:
        listed = home.ask(Incidents, "incidents", "--open").incidents
        return [it for it in listed if it.fault == fault]

    home.machine.wait(f"{fault} to be told", lambda: bool(found()), within)
    return found()[0]


def over(home: Home, incident: Incident, within: float = 20.0) -> Story:
    """Its story, once it is resolved."""

    def story() -> Story:
        assert incident.id is not None
        return home.ask(Story, "incidents", "show", incident.id)

    home.machine.wait(f"{incident.fault} to be over", lambda: story().status == "resolved", within)
    return story()


def others(home: Home, fault: str) -> list[str]:
    """What is open beside it."""
    listed = home.ask(Incidents, "incidents", "--open").incidents
    return [it.fault for it in listed if it.fault != fault]


def test_a_reload_of_systemd_takes_the_card(
    cards: FakeCards, only_told: None, rows: list[Variant]
) -> None:
    """Seen at once, not within five minutes; and over as soon as the container sees it again."""
    cards.lose()
    began = time.monotonic()
    cards.reload()
    incident = opened(cards.home, "gpu.container-lost")
    seen = time.monotonic() - began
    assert incident.subject == "ollama"
    assert others(cards.home, "gpu.container-lost") == []
    cards.find()
    cards.reload()
    over(cards.home, incident)
    rows.append(
        Variant(
            "gpu.container-lost", "a reload of systemd takes the card", seen, "seen; over by itself"
        )
    )


@pytest.mark.parametrize(
    ("fault", "scenario", "done"),
    [
        ("gpu.off-bus", "init 15", "NVML 15 at its start"),
        ("gpu.off-bus", "code nvmlDeviceGetTemperature 15", "NVML 15 in the middle"),
        ("gpu.unusable", "init 999", "NVML 999"),
        ("gpu.unusable", "init 9", "NVML 9"),
        ("gpu.reset-needed", "recovery 0 1", "its recovery action says reset"),
        ("gpu.hot", "temperature 0 93", "93 degrees, its limit is 90"),
    ],
)
def test_what_nvml_says_on_the_host(
    cards: FakeCards, rows: list[Variant], fault: str, scenario: str, done: str
) -> None:
    """One cause, one incident; and it is over with it."""
    cards.say(scenario)
    began = time.monotonic()
    cards.reload()
    incident = opened(cards.home, fault)
    seen = time.monotonic() - began
    assert others(cards.home, fault) == []
    cards.say("")
    cards.reload()
    over(cards.home, incident)
    rows.append(Variant(fault, done, seen, "told; nothing is restarted"))


def test_an_update_of_the_driver_that_is_only_pending(
    cards: FakeCards, rows: list[Variant]
) -> None:
    """The container began before it and still has its card."""
    cards.install_driver("570.86.16")
    cards.say("init 18")
    began = time.monotonic()
    cards.reload()
    incident = opened(cards.home, "gpu.driver-pending")
    seen = time.monotonic() - began
    assert (incident.severity, incident.fix) == ("warn", "sudo reboot")
    assert others(cards.home, "gpu.driver-pending") == []
    cards.lose()
    cards.reload()
    mismatch = opened(cards.home, "gpu.driver-mismatch")
    assert mismatch.severity == "fail"
    assert others(cards.home, "gpu.driver-mismatch") in ([], ["gpu.driver-pending"])
    rows.append(
        Variant("gpu.driver-pending", "another library on disk, NVML 18", seen, "told; no restart")
    )
    rows.append(Variant("gpu.driver-mismatch", "the same, the card lost", None, "told; no restart"))


@pytest.mark.usefixtures("every_fault")
def test_a_card_that_sleeps_is_not_woken(cards: FakeCards) -> None:
    cards.sleep(asleep=True)
    asked = cards.questions()
    for _ in range(3):
        cards.reload()
        time.sleep(2)
    assert cards.questions() == asked
    assert others(cards.home, "") == []


def test_a_model_on_the_cpu(cards: FakeCards, only_told: None, rows: list[Variant]) -> None:
    """By the model server's own word, and by NVML's against its word."""
    machine = cards.home.machine
    machine.sh(f'curl -fsS -m 60 -d \'{{"model":"{MODEL}"}}\' http://127.0.0.1:11434/api/pull')
    load = f'{{"model":"{MODEL}","prompt":"Hi","stream":false}}'
    machine.sh("curl -fsS -d '{\"vram_share\": 0}' http://127.0.0.1:11434/double/scenario")
    machine.sh(f"curl -fsS -d '{load}' http://127.0.0.1:11434/api/generate")
    began = time.monotonic()
    cards.reload()
    incident = opened(cards.home, "gpu.cpu-fallback")
    seen = time.monotonic() - began
    assert "computes on the CPU" in incident.summary
    machine.sh("curl -fsS -d '{\"vram_share\": 1.0}' http://127.0.0.1:11434/double/scenario")
    cards.reload()
    claim = "NVML knows no process of it there"
    machine.wait("the claim", lambda: claim in opened(cards.home, "gpu.cpu-fallback").summary, 20)
    cards.say(f"process 0 {cards.home.main_pid('ollama')} 4000000000")
    cards.reload()
    over(cards.home, incident)
    machine.exec("docker", "restart", "-t", "5", OLLAMA)
    cards.home.wait_for("healthy")
    rows.append(Variant("gpu.cpu-fallback", "`size_vram` 0 with room on the card", seen, "seen"))
    rows.append(Variant("gpu.cpu-fallback", "a claim that NVML does not confirm", None, "seen"))


def test_a_card_that_hangs(cards: FakeCards, every_fault: None, rows: list[Variant]) -> None:
    """It is asked once and then left alone; nothing of it is left behind, and tarsd answers all the time."""
    time.sleep(3)  # a new daemon has asked
    asked = cards.questions()
    cards.say("hang nvmlInitWithFlags")
    began = time.monotonic()
    cards.reload()
    opened(cards.home, "gpu.gsp-hang", within=60)
    seen = time.monotonic() - began
    for _ in range(3):
        cards.reload()
        time.sleep(3)
        cards.home.status()
    assert cards.questions() == asked + 1
    left = cards.home.machine.sh("systemctl list-units --plain --no-legend 'tars-job-nvml*'").out
    assert left.strip() == ""
    rows.append(
        Variant("gpu.gsp-hang", "NVML never answers", seen, "told; not asked again for 30 min")
    )


@pytest.mark.parametrize(
    ("until", "acts"),
    [("restarted", ["gpu.restart"]), ("recreated", ["gpu.restart", "gpu.recreate"])],
)
def test_a_lost_card_comes_back(
    cards: FakeCards, every_fault: None, rows: list[Variant], until: str, acts: list[str]
) -> None:
    """A restart, and where that does not help a new container; its models are kept."""
    wait_out_the_boot(cards.home)
    home = cards.home
    home.machine.sh(f'curl -fsS -m 60 -d \'{{"model":"{MODEL}"}}\' http://127.0.0.1:11434/api/pull')
    cards.lose(until=until)
    began = time.monotonic()
    cards.reload()
    incident = opened(home, "gpu.container-lost")
    seen = time.monotonic() - began
    story = over(home, incident, within=240)
    assert story.remedies == acts
    assert any("gpu.json" in name for name in story.evidence), story.evidence
    home.wait_for("healthy")
    assert MODEL in home.tarsctl("models", "list").out
    rows.append(
        Variant("gpu.container-lost", f"until it is {until}", seen, f"resolved: {', '.join(acts)}")
    )


def test_nothing_is_restarted_while_it_would_lose_its_card(
    cards: FakeCards, every_fault: None, rows: list[Variant]
) -> None:
    """A model server that hangs, with an update of the driver pending: the restart that mends it else is not done."""
    wait_out_the_boot(cards.home)
    cards.install_driver("570.86.16")
    cards.reload()
    opened(cards.home, "gpu.driver-pending")
    cards.home.machine.sh(FROZEN.replace("CONTAINER", OLLAMA))
    incident = opened(cards.home, "service.hung", within=90)
    time.sleep(40)
    assert incident.id is not None
    story = cards.home.ask(Story, "incidents", "show", incident.id)
    assert story.remedies == []
    assert any("could not get its card before a reboot" in it.text for it in story.entries)
    cards.home.machine.sh(FROZEN.replace("CONTAINER", OLLAMA).replace("STOP", "CONT"))
    over(cards.home, incident, within=60)
    rows.append(
        Variant("gpu.driver-pending", "and the model server hangs", None, "refused: no restart")
    )


def test_an_installation_asks_for_cards_at_once(cards: FakeCards) -> None:
    """The package's own, too: the new daemon asks as soon as it has found the Engine."""
    asked = cards.questions()
    cards.lose()
    began = time.monotonic()
    cards.home.apt("install", "--reinstall", "tars-home")
    cards.home.wait_for_answer()
    opened(cards.home, "gpu.container-lost", within=30)
    assert cards.questions() > asked
    assert time.monotonic() - began < 60
