/** Programs that harvest starts, and how each system's own installer calls what has them. */
const PACKAGES = {
  gdb: { debian: 'gdb-multiarch', brew: 'arm-none-eabi-gdb', winget: 'Arm.GnuArmEmbeddedToolchain' },
  qemu: { debian: 'qemu-system-arm', brew: 'qemu', winget: 'SoftwareFreedomConservancy.QEMU' },
  openocd: { debian: 'openocd', brew: 'open-ocd', winget: undefined },
  compiler: {
    debian: 'gcc-arm-none-eabi make',
    brew: '--cask gcc-arm-embedded',
    winget: 'Arm.GnuArmEmbeddedToolchain',
  },
  riscvCompiler: {
    debian: 'gcc-riscv64-unknown-elf qemu-system-misc make',
    brew: 'riscv-software-src/riscv/riscv-gnu-toolchain',
    winget: undefined,
  },
  chromium: { debian: 'chromium', brew: '--cask chromium', winget: undefined },
} as const;

/** The command that installs a program here: apt on Linux, Homebrew on macOS, winget on Windows. */
export function installHint(program: keyof typeof PACKAGES, platform: NodeJS.Platform = process.platform): string {
  const { debian, brew, winget } = PACKAGES[program];
  if (platform === 'darwin') return `brew install ${brew}`;
  if (platform !== 'win32') return `sudo apt-get install ${debian}`;
  return winget === undefined ? `install ${debian} from its maker and add it to PATH` : `winget install ${winget}`;
}

/** What lets a user open serial ports here. */
export function serialPermissionHint(platform: NodeJS.Platform = process.platform): string {
  if (platform === 'linux') return 'sudo usermod -a -G dialout $USER (uucp on some), then log in again';
  return 'close the other program that has it open (a monitor, an IDE)';
}
