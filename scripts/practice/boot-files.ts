import { file, lines, type PracticeEntry, when } from './entries.js'
import { partUuid, type ReleaseFacts } from './releases.js'

/** The boot partition. Modes and owners mean nothing on FAT. */
export function bootFiles(facts: ReleaseFacts): readonly PracticeEntry[] {
  return [
    file('/cmdline.txt', `${kernelArguments(facts)}\n`),
    file('/config.txt', lines(...configTxt(facts))),
    ...when(facts.raspberryPiOS, file('/issue.txt', issue(facts))),
    ...when(facts.seed === 'cloud-init', ...cloudInitSeed()),
    ...firmware(facts).map((name) => file(`/${name}`, stub(name))),
    ...when(facts.raspberryPiOS, ...dtoverlays.map((name) => file(`/overlays/${name}`, stub(name)))),
  ]
}

/** `/etc/rpi-issue` and the boot partition's `issue.txt`. */
export function issue({ date, piGen }: ReleaseFacts): string {
  return lines(
    `Raspberry Pi reference ${date}`,
    `Generated using pi-gen, https://github.com/RPi-Distro/pi-gen, ${piGen}, stage2`,
  )
}

function kernelArguments(facts: ReleaseFacts): string {
  const root = `root=${partUuid(facts, 2)}`
  if (!facts.raspberryPiOS) {
    return `console=tty0 console=ttyS1,115200 ${root} rw fsck.repair=yes cma=64M rootwait`
  }
  const firstBoot = {
    10: 'quiet init=/usr/lib/raspi-config/init_resize.sh',
    11: 'quiet init=/usr/lib/raspberrypi-sys-mods/firstboot',
    12: 'quiet init=/usr/lib/raspberrypi-sys-mods/firstboot',
    13: 'resize',
  }[facts.version]
  return `console=serial0,115200 console=tty1 ${root} rootfstype=ext4 fsck.repair=yes rootwait ${firstBoot}`
}

function configTxt(facts: ReleaseFacts): readonly string[] {
  if (!facts.raspberryPiOS) return debianConfig(facts)
  if (facts.version === 10) return busterConfig
  if (facts.version === 11) return bullseyeConfig
  return [...modernConfig, ...when(facts.version === 13, '[pi5]', 'dtoverlay=nospi10', ''), '[all]']
}

const busterConfig = [
  '# Settings that the firmware reads before it starts the kernel.',
  '',
  '#hdmi_safe=1',
  '#disable_overscan=1',
  '#dtparam=i2c_arm=on',
  '#dtparam=spi=on',
  '',
  'dtparam=audio=on',
  '',
  '[pi4]',
  'dtoverlay=vc4-fkms-v3d',
  'max_framebuffers=2',
  '',
  '[all]',
  '#dtoverlay=vc4-fkms-v3d',
]

const bullseyeConfig = [
  '# Settings that the firmware reads before it starts the kernel.',
  '',
  '#hdmi_force_hotplug=1',
  '#dtparam=i2c_arm=on',
  '#dtparam=spi=on',
  '',
  'dtparam=audio=on',
  'camera_auto_detect=1',
  'display_auto_detect=1',
  'dtoverlay=vc4-kms-v3d',
  'max_framebuffers=2',
  'disable_overscan=1',
  '',
  '[cm4]',
  '# Without this line the older USB controller is used.',
  'otg_mode=1',
  '',
  '[all]',
  '',
  '[pi4]',
  'arm_boost=1',
  '',
  '[all]',
]

const modernConfig = [
  '# Settings that the firmware reads before it starts the kernel.',
  '',
  '#dtparam=i2c_arm=on',
  '#dtparam=i2s=on',
  '#dtparam=spi=on',
  '',
  'dtparam=audio=on',
  'camera_auto_detect=1',
  'display_auto_detect=1',
  'auto_initramfs=1',
  'dtoverlay=vc4-kms-v3d',
  'max_framebuffers=2',
  'disable_fw_kms_setup=1',
  'arm_64bit=1',
  'disable_overscan=1',
  'arm_boost=1',
  '',
  '[cm4]',
  '# Without this line the older USB controller is used.',
  'otg_mode=1',
  '',
  '[cm5]',
  'dtoverlay=dwc2,dr_mode=host',
  '',
]

function debianConfig({ kernel }: ReleaseFacts): readonly string[] {
  return [
    '# Written by a hook at every kernel or initramfs update: a change here does not last.',
    'arm_64bit=1',
    'enable_uart=1',
    'upstream_kernel=1',
    '',
    `kernel=vmlinuz-${kernel}`,
    `initramfs initrd.img-${kernel}`,
  ]
}

function cloudInitSeed(): readonly PracticeEntry[] {
  return [
    file('/meta-data', lines('# Where this data comes from.', 'dsmode: local', 'instance_id: rpios-image')),
    file('/user-data', lines('#cloud-config', '# Users, packages and commands for the first boot.')),
    file('/network-config', lines('# A netplan configuration, version 2, for the first boot.')),
  ]
}

const dtoverlays = [
  'README',
  'disable-bt.dtbo',
  'disable-wifi.dtbo',
  'dwc2.dtbo',
  'miniuart-bt.dtbo',
  'overlay_map.dtb',
  'vc4-kms-v3d-pi4.dtbo',
  'vc4-kms-v3d.dtbo',
]

function firmware({ raspberryPiOS, architecture, version, kernel }: ReleaseFacts): readonly string[] {
  const common = ['bcm2711-rpi-4-b.dtb', 'bootcode.bin', 'fixup.dat', 'fixup4.dat', 'start.elf', 'start4.elf']
  if (!raspberryPiOS) {
    // Trees of Linux itself, which counts the Pi 3's chip otherwise.
    const boards = ['bcm2837-rpi-3-b-plus.dtb', 'bcm2837-rpi-3-b.dtb', 'bcm2837-rpi-zero-2-w.dtb']
    return [...common, ...boards, `initrd.img-${kernel}`, `vmlinuz-${kernel}`]
  }
  return [
    ...common,
    ...['bcm2710-rpi-3-b-plus.dtb', 'bcm2710-rpi-3-b.dtb', 'bcm2710-rpi-zero-2-w.dtb', 'bcm2711-rpi-cm4.dtb'],
    ...['COPYING.linux', 'LICENCE.broadcom', 'fixup_cd.dat', 'fixup4cd.dat', 'start_cd.elf', 'start4cd.elf'],
    ...(architecture === 'arm64'
      ? ['initramfs8', 'initramfs_2712', 'kernel_2712.img']
      : ['bcm2708-rpi-zero-w.dtb', 'kernel.img', 'kernel7.img', 'kernel7l.img']),
    ...when(version >= 12, 'bcm2712-rpi-5-b.dtb', 'bcm2712-rpi-cm5-cm5io.dtb'),
    'kernel8.img',
  ]
}

/** Replaces a binary: its name, repeated; device trees begin with their magic number. */
function stub(name: string): Buffer {
  const content = Buffer.alloc(/^(kernel|vmlinuz|init|start)/.test(name) ? 20_000 : 3000, `${name} practice `)
  if (/\.dtbo?$/.test(name)) content.writeUInt32BE(0xd00dfeed, 0)
  return content
}
