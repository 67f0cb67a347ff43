"""NVIDIA cards, as far as models could run on them."""

from tarsd.catalogue.check import Check, Finding, World

TOOLKIT = (
    "install nvidia-container-toolkit (from NVIDIA's repository), then: "
    "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker; "
    "or: sudo tarsctl install --cpu-only"
)


class GpuNoModule(Check):
    """There is an NVIDIA card and no driver has it: models run on the CPU."""

    id = "gpu.no-module"
    subject = "gpu"

    def applies(self, world: World) -> bool:
        """Unless the owner chose the CPU."""
        return not world.settings.stack.cpu_only

    async def ask(self, world: World) -> Finding:
        """Read sysfs and /proc/driver/nvidia; no card is woken."""
        cards = await world.gpus.all()
        without = [card for card in cards if card.driver is None]
        if without:
            return self.warn(
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
    after = ("docker.flavour",)

    def applies(self, world: World) -> bool:
        """Unless the owner chose the CPU."""
        return not world.settings.stack.cpu_only

    async def ask(self, world: World) -> list[Finding]:
        """GET /info: NVIDIA's runtime, or its devices by CDI; nothing to say without a card that has its driver."""
        if not any(card.driver for card in await world.gpus.all()):
            return []
        if await world.gpus.usable():
            return [self.passed("the Engine can hand the card to containers")]
        missing = "the Engine has neither NVIDIA's runtime nor its devices (CDI); models will run on the CPU"
        return [self.warn(missing, TOOLKIT)]


CHECKS: tuple[Check, ...] = (GpuNoModule(), GpuRuntimeMissing())
