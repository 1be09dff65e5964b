import { describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import { releases as facts } from '../../scripts/practice/releases.js'
import { effectsOn } from '../support/effects.js'

const { diskSignature: signature, rootUuid, bootVolumeId } = facts.trixie
const bootUuid = `${bootVolumeId.slice(0, 4)}-${bootVolumeId.slice(4)}`

const withWords = (words: string) => effectsOn('trixie', { boot: [file('/cmdline.txt', `${words}\n`)] })
const place = 'trixie.img: boot/cmdline.txt, line 1: '
const other = (root: string) => [
  `${place}the kernel looks for its root at ${root}, which is not the root partition of the image`,
]

describe("the kernel's root", () => {
  it.each([
    `root=PARTUUID=${signature}-02`,
    `root=PARTUUID=${signature.toUpperCase()}-02`,
    `root=UUID=${rootUuid}`,
    `root=UUID=${rootUuid.toUpperCase()}`,
    'root=LABEL=rootfs',
    'root="LABEL=rootfs" dyndbg="x root=/dev/sda9"',
    `root=/dev/disk/by-uuid/${rootUuid}`,
    `root=/dev/disk/by-partuuid/${signature}-02`,
    'root=/dev/mmcblk0p2',
    'root=/dev/sda2',
    'root=/dev/vda2',
    'root=/dev/nvme0n1p2 rootfstype=ext4',
    'root=/dev/mmcblk0p2 rootfstype=ext4,ext3',
    `root=PARTUUID=deadbeef-02 root=PARTUUID=${signature}-02`,
  ])('is in the image: %s', (words) => {
    expect(withWords(words)).toEqual([])
  })

  it.each([
    'PARTUUID=deadbeef-02',
    `PARTUUID=${signature}-01`,
    `PARTUUID=${signature}-2`,
    `UUID=${bootUuid}`,
    'LABEL=writable',
    '/dev/mmcblk0p7',
    '/dev/sda1',
    '/dev/nvme0n1p3',
  ])('is not in the image: %s', (root) => {
    expect(withWords(`root=${root}`)).toEqual(other(root))
  })

  it('is the last one', () => {
    expect(withWords(`root=PARTUUID=${signature}-02 root=/dev/sda3`)).toEqual(other('/dev/sda3'))
  })

  it('is not known before the node starts, is not named, or has another file system', () => {
    const unknown = 'piimg cannot find out whether root=/dev/nfs is the root partition of the image'
    expect(withWords('root=/dev/nfs')).toEqual([`${place}${unknown}`])
    expect(withWords('quiet')).toEqual([`${place}the kernel command line names no root`])
    const ext4 = 'the kernel mounts its root as btrfs, and the image has ext4'
    expect(withWords('root=/dev/sda2 rootfstype=btrfs')).toEqual([`${place}${ext4}`])
  })
})

describe('fstab', () => {
  const withLines = (...lines: string[]) =>
    effectsOn('trixie', { root: [file('/etc/fstab', `${lines.join('\n')}\n`)] })
  const root = `PARTUUID=${signature}-02 / ext4 defaults 0 1`
  const boot = `PARTUUID=${signature}-01 /boot/firmware vfat defaults 0 2`
  const at = (line: number) => `trixie.img: root/etc/fstab, line ${line}: `

  it.each([
    ['labels', 'LABEL=bootfs /boot/firmware vfat rw 0 2', 'LABEL=rootfs / ext4 rw 0 1'],
    ['UUIDs', `UUID=${bootUuid} /boot/firmware vfat rw 0 2`, `UUID=${rootUuid} / ext4 rw 0 1`],
    ['device files', '/dev/mmcblk0p1 /boot/firmware vfat rw 0 2', '/dev/mmcblk0p2 / ext4 rw 0 1'],
    ['what systemd takes as the root', boot, '/dev/root / ext4 rw 0 1'],
    ['quotes', boot, 'LABEL="rootfs" / ext4 rw 0 1'],
  ])('has the partitions of the image by %s', (_, ...lines) => {
    expect(withLines('# UUID=gone / ext4', '', ...lines)).toEqual([])
  })

  it('has partitions that are not in the image', () => {
    const gone = withLines('UUID=0000-0001 /boot/firmware vfat rw 0 2', 'PARTUUID=deadbeef-02 / ext4 rw 0 1')
    expect(gone).toEqual([
      `${at(1)}/boot/firmware is mounted from UUID=0000-0001, which is not the boot partition of the image`,
      `${at(2)}/ is mounted from PARTUUID=deadbeef-02, which is not the root partition of the image`,
    ])
  })

  it('has other disks, which nodes may not have', () => {
    const disk = 'UUID=8a1c7a64-2f0a-4c3e-9a52-0d5e8a3a7f11 /mnt/usb ext4'
    expect(withLines(boot, root, `${disk} defaults 0 2`)).toEqual([
      `${at(3)}/mnt/usb is mounted from ${disk.split(' ')[0]}: a node without it stops in emergency mode`,
    ])
    expect(withLines(boot, root, `${disk} defaults,nofail 0 2`, `${disk} noauto`)).toEqual([])
    const others = ['tmpfs /tmp tmpfs', '10.0.0.1:/srv /srv nfs defaults 0 0', '/dev/sda3 none swap sw 0 0']
    expect(withLines(boot, root, ...others, `PARTUUID=${signature}-03 /data ext4`)).toEqual([])
  })

  it.each(['ro', 'defaults,ro', 'ro,noatime', 'defaults,ro,noatime'])(
    'keeps the root read-only by %s',
    (options) => {
      const line = `PARTUUID=${signature}-02 / ext4 ${options} 0 1`
      expect(withLines(boot, line)).toEqual([
        `${at(2)}the root is mounted read-only: the first boot cannot write its settings`,
      ])
    },
  )

  it.each(['errors=remount-ro', 'rw,noatime', 'defaults,x-systemd.growfs'])('does not by %s', (options) => {
    expect(withLines(boot, `PARTUUID=${signature}-02 / ext4 ${options} 0 1`)).toEqual([])
    expect(withLines(boot, root, `PARTUUID=${signature}-01 /mnt vfat ro`)).toEqual([])
  })
})
