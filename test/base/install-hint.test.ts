import test from 'ava';
import { installHint, serialPermissionHint } from '../../lib/base/install-hint.js';

test('each system is told its own installer', (t) => {
  t.is(installHint('gdb', 'linux'), 'sudo apt-get install gdb-multiarch');
  t.is(installHint('qemu', 'darwin'), 'brew install qemu');
  t.is(installHint('compiler', 'win32'), 'winget install Arm.GnuArmEmbeddedToolchain');
  for (const platform of ['darwin', 'win32'] as const) {
    for (const program of ['gdb', 'qemu', 'openocd', 'compiler', 'chromium'] as const)
      t.notRegex(installHint(program, platform), /apt|sudo/, `${program} on ${platform}`);
    t.notRegex(serialPermissionHint(platform), /dialout|sudo/);
  }
});
