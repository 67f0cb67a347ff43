"""An NVIDIA card on a machine that has none: its files in sysfs and /proc, a double of NVML's library, and of nvidia-smi.

Nothing of it is a card. The mounts exist in the machine only, and end with it.
"""

import tempfile
from pathlib import Path

from tests.doubles.nvml import LIBRARY, WELL, build
from tests.machine.home import Home

VERSION = "550.163.01"
FILE = "libnvidia-ml.so"
PLACE = "/usr/lib/x86_64-linux-gnu"
SCENARIO = "/run/nvml-double"
SMI = "/srv/cards"
OLLAMA = "tars-ollama-1"

SYSFS = f"""
set -e
mknod /dev/kmsg c 1 11 2>/dev/null || true
mount -t tmpfs none /sys/bus/pci/devices
card=/sys/bus/pci/devices/0000:01:00.0
mkdir -p $card/power
echo 0x10de > $card/vendor; echo 0x030000 > $card/class; echo active > $card/power/runtime_status
mount -t tmpfs none /sys/module
mkdir -p /sys/module/nvidia; echo {VERSION} > /sys/module/nvidia/version
mount -t tmpfs none /proc/driver
mkdir -p /proc/driver/nvidia/gpus/0000:01:00.0
echo 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  {VERSION}  Thu Feb 22' > /proc/driver/nvidia/version
echo 'Model: NVIDIA GeForce RTX 4090' > /proc/driver/nvidia/gpus/0000:01:00.0/information
ln -sf {FILE}.{VERSION} {PLACE}/{LIBRARY}
ldconfig
"""

TOOLKIT = f"""
set -e
mkdir -p {SMI} /etc/docker
printf '#!/bin/sh\\nexit 0\\n' > /usr/bin/nvidia-container-runtime-hook
chmod +x /usr/bin/nvidia-container-runtime-hook
echo '{{"runtimes":{{"nvidia":{{"path":"runc"}}}}}}' > /etc/docker/daemon.json
systemctl restart docker
"""
"""What the Engine looks for before it offers cards; the hook itself does nothing."""

NVIDIA_SMI = f"""\
#!/bin/sh
# A double: the container whose start or name stands in these files has lost its card.
if grep -qsxF "$(cut -d' ' -f22 /proc/1/stat)" {SMI}/start || grep -qsxF "$(hostname)" {SMI}/name; then
    echo 'Failed to initialize NVML: Unknown Error'
    exit 255
fi
echo 'GPU 0: NVIDIA GeForce RTX 4090 (UUID: GPU-0f2f6d2e-2a1b-4f3c-9d5e-6a7b8c9d0e1f)'
"""

OVERRIDE = f"""\
services:
  ollama:
    volumes:
      - {SMI}:{SMI}:ro
      - {SMI}/nvidia-smi:/usr/bin/nvidia-smi:ro
"""


class FakeCards:
    """The card of a machine; what it says is read anew at each question."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def plug_in(self) -> None:
        """Before the stack is installed."""
        machine = self.home.machine
        with tempfile.TemporaryDirectory() as directory:
            machine.put(build(Path(directory)), f"{PLACE}/{FILE}.{VERSION}")
        self.say("")
        machine.sh(SYSFS + TOOLKIT, within=120)
        machine.write(f"{SMI}/nvidia-smi", NVIDIA_SMI, mode="0755")
        machine.write("/etc/tars-home/compose.override.yaml", OVERRIDE)

    def say(self, first: str, *, well: str = WELL) -> None:
        """NVML's scenario: these lines before those of a card that is well."""
        self.home.machine.write(SCENARIO, f"{first}\n{well}")

    def lose(self, *, until: str = "restarted") -> None:
        """The container that runs has lost its card, until it is `restarted` or `recreated`."""
        show = "cut -d' ' -f22 /proc/1/stat > /dev/stdout" if until == "restarted" else "hostname"
        file = "start" if until == "restarted" else "name"
        self.home.machine.sh(f'docker exec {OLLAMA} sh -c "{show}" > {SMI}/{file}')

    def find(self) -> None:
        """It has it again."""
        self.home.machine.sh(f"rm -f {SMI}/start {SMI}/name")

    def sleep(self, *, asleep: bool) -> None:
        """The kernel has put it to sleep, or woken it."""
        word = "suspended" if asleep else "active"
        self.home.machine.sh(
            f"echo {word} > /sys/bus/pci/devices/0000:01:00.0/power/runtime_status"
        )

    def install_driver(self, version: str) -> None:
        """Another version of the library is on disk than is loaded."""
        self.home.machine.sh(
            f"cd {PLACE} && cp -n {FILE}.{VERSION} {FILE}.{version} 2>/dev/null;"
            f" ln -sfn {FILE}.{version} {LIBRARY}"
        )

    def questions(self) -> int:
        """How often NVML was asked so far."""
        told = self.home.machine.sh("journalctl --no-pager -o cat -u 'tars-job-nvml*'").out
        return sum(line.startswith("Starting") for line in told.splitlines())

    def reload(self) -> None:
        """What every installation of a package makes systemd do."""
        self.home.machine.exec("systemctl", "daemon-reload")
