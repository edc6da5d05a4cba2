# What of the package is compiled, and where headers are found, by the rules of its own build tool (yotta): sources.py PACKAGE OUT
import json
import re
import sys
from pathlib import Path

package, out = Path(sys.argv[1]), Path(sys.argv[2])
modules = package / "yotta-modules"
# Of mbed's folders, those for this processor, board and compiler.
KIND = re.compile(r"TARGET_(NORDIC|NRF51_MICROBIT|MCU_NRF51822|MCU_NRF51_16K|MCU_NORDIC_16K|MCU_NRF51_16K_S110)|TOOLCHAIN_GCC_ARM")


def is_ours(folder):
    return all(KIND.fullmatch(part) for part in folder.parts if re.match("TARGET_|TOOLCHAIN_", part))


targets = modules / "mbed-classic/targets"
mbed = [folder for folder in [targets, *sorted(targets.rglob("*"))] if folder.is_dir() and is_ours(folder.relative_to(targets))]
includes = [out / "generated", package, package / "source", package / "inc", package / "inc/microbit", modules / "mbed-classic/hal", *mbed]
for module in sorted(modules.iterdir()):
    includes += [module / path for path in ["", *json.loads((module / "module.json").read_text()).get("extraIncludes", [])]]
(out / "generated/includes").write_text("".join(f"-I{path}\n" for path in includes))

trees = [package / "source", modules / "microbit-dal/source", modules / "mbed-classic/common"]
flash = modules / "nrf51-sdk/source/nordic_sdk/components/drivers_nrf/hal/nrf_nvmc.c"
files = [flash] + [file for tree in trees for file in sorted(tree.rglob("*"))] + [file for folder in mbed for file in sorted(folder.iterdir())]
sources = [str(file.relative_to(package)) for file in files if file.suffix in (".c", ".cpp", ".s", ".S")]
(out / "generated/sources.mk").write_text("SOURCES := " + " ".join(sources) + "\n")
