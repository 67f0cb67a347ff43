"""NVIDIA cards, as far as models could run on them."""

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, World
from tarsd.catalogue.gpu_check import AT_ONCE, wanted

TOOLKIT = (
    "install nvidia-container-toolkit (from NVIDIA's repository), then: "
    "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker; "
    "or: sudo tarsctl install --cpu-only"
)


class GpuNoModule(Check):
    """There is an NVIDIA card and no driver has it: models run on the CPU."""

    id = "gpu.no-module"
    subject = "gpu"
    every = 600.0
    triggers = AT_ONCE
    about = About(
        what="There is an NVIDIA card, and no driver has taken it",
        seen="sysfs lists the card without a driver; no card is woken for that",
        why="Models run on the CPU, many times slower than the card would",
        we="Nothing; drivers are the owner's",
        you="Install the driver and reboot. After a kernel update its module may have to be "
        "built: install the kernel's headers. If you want the CPU, say so, and this is "
        "not asked any more",
        commands=(
            "sudo apt install nvidia-driver",
            "sudo apt install linux-headers-$(uname -r) && sudo dkms autoinstall",
            "sudo tarsctl install --cpu-only",
        ),
    )

    def applies(self, world: World) -> bool:
        """Unless the owner chose the CPU."""
        return not world.settings.stack.cpu_only

    async def ask(self, world: World) -> Finding:
        """Read sysfs and /proc/driver/nvidia; no card is woken."""
        cards = await world.gpus.all()
        without = [card for card in cards if card.driver is None]
        if without:
            tell = self.fail if wanted(world) else self.warn  # a stack that had it does not work
            return tell(
                f"{without[0].name}: no driver is loaded; models will run on the CPU",
                "sudo apt install nvidia-driver (Debian, from non-free) or: sudo ubuntu-drivers install; "
                "then reboot. Or: sudo tarsctl install --cpu-only",
            )
        if not cards:
            return self.passed("no NVIDIA card; models run on the CPU")
        return self.passed(f"{cards[0].name}, driver {cards[0].driver}")


class GpuRuntimeMissing(Check):
    """There is a card with its driver, and the Engine cannot hand it to a container: models run on the CPU."""

    id = "gpu.runtime-missing"
    subject = "gpu"
    every = 600.0
    triggers = AT_ONCE
    after = ("docker.flavour",)
    about = About(
        what="The NVIDIA card has its driver, and Docker cannot hand it to a container",
        seen="The Engine's /info names neither NVIDIA's runtime nor its devices by CDI",
        why="Models run on the CPU, many times slower than the card would",
        we="Nothing; it changes none of Docker's settings",
        you="Install nvidia-container-toolkit from NVIDIA's repository and register it with "
        "Docker. If you want the CPU, say so",
        commands=(
            "sudo nvidia-ctk runtime configure --runtime=docker",
            "sudo systemctl restart docker",
            "sudo tarsctl install --cpu-only",
        ),
    )

    def applies(self, world: World) -> bool:
        """Unless the owner chose the CPU."""
        return not world.settings.stack.cpu_only

    async def ask(self, world: World) -> list[Finding]:
        """GET /info: NVIDIA's runtime, or its devices by CDI. No finding where no card has its driver."""
        if not any(card.driver for card in await world.gpus.all()):
            return []
        if await world.gpus.usable():
            return [self.passed("the Engine can hand the card to containers")]
        tell = self.fail if wanted(world) else self.warn
        return [
            tell(
                "the Engine has neither NVIDIA's runtime nor its devices (CDI); models will run on the CPU",
                TOOLKIT,
            )
        ]


CHECKS: tuple[Check, ...] = (GpuNoModule(), GpuRuntimeMissing())
