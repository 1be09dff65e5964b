import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { privileges } from '../../builder/engines/docker.js'
import { sha256Of } from '../../builder/model/sha256.js'
import { give, newDesk, newFolder, piimg } from '../support/cli.js'
import { isFull } from '../support/full.js'
import { bootFiles, copyImage, fsck, practiceImage } from '../support/images.js'
import { kernelTree, noKernelTree } from '../support/kernel-tree.js'

const here = fileURLToPath(new URL('.', import.meta.url))

/** A docker that runs nothing: it keeps what the container would read, and how it would be started. */
const recorder = `#!/bin/sh
case $1 in
  info) echo '[]' ;;
  run) folder=$(dirname "$0"); printf '%s\\n' "$@" >"$folder/words"; IFS= read -r length; { echo "$length"; head -c "$length"; } >"$folder/order"
    for word; do case $word in *dst=/card*) card=\${word#*\\"src=}; cp --sparse=always "\${card%%\\"*}/card.img" "$folder/card.img" ;; esac; done ;;
esac
`

/** The guest's kernel and initramfs, made once and kept; or why there are none. */
function guest(): { readonly folder: string; readonly reason: string } {
  const cache = process.env['PIIMG_TEST_CACHE'] ?? join(homedir(), '.cache/piimg-test')
  const script = join(here, 'guest.sh')
  const folder = join(cache, `guest-amd64-${sha256Of(readFileSync(script)).slice(0, 12)}`)
  if (existsSync(folder)) return { folder, reason: '' }
  const partial = `${folder}.${process.pid}`
  const { status, stderr } = spawnSync(script, [partial], { encoding: 'utf8' })
  if (status !== 0) {
    rmSync(partial, { recursive: true, force: true })
    return { folder, reason: stderr.trim().split('\n').at(-1) ?? 'guest.sh failed' }
  }
  renameSync(partial, folder)
  return { folder, reason: '' }
}

function whyNot(): string {
  if (!isFull) return 'takes 2 minutes: scripts/test --full'
  const missing = ['qemu-system-x86_64', 'cpio', 'mmdebstrap'].find(
    (name) => spawnSync('which', [name]).status !== 0,
  )
  return missing === undefined ? noKernelTree() : `${missing} is not installed`
}

describe('in a guest whose kernel has vfat, with the rights that the container has,', () => {
  let reason = whyNot()
  let machine = ''
  beforeAll(() => {
    if (reason === '') ({ folder: machine, reason } = guest())
  }, 600_000)

  it.for(['bookworm', 'trixie'] as const)(
    'both partitions of %s are mounted, and give the same trees',
    { timeout: 300_000 },
    async (release, context) => {
      context.skip(reason !== '', reason)
      const desk = newDesk()
      copyImage(await practiceImage(release), join(desk.folder, 'base.img'))
      give(desk.folder)
      const words = [
        'build',
        '--profile',
        'worker',
        '--hostname',
        'node3',
        '--set',
        'boot_config=dtparam=audio=off',
        '--image',
        'base.img',
      ]
      const rootless = await piimg(desk, [...words, '-o', 'rootless.img'])
      expect(rootless.exitCode, rootless.stderr).toBe(0)
      const bin = newFolder()
      chmodSync(bin, 0o777)
      writeFileSync(join(bin, 'docker'), recorder, { mode: 0o755 })
      const recorded = await piimg(desk, [...words, '--engine', 'loop', '-o', 'loop.img'], {
        env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
      })
      expect(recorded.stderr).toContain('it ended early')
      expect(readFileSync(join(bin, 'words'), 'utf8').split('\n')).toEqual(
        expect.arrayContaining([...privileges]),
      )

      const job = join(newFolder(), 'job')
      mkdirSync(job)
      for (const part of ['package.json', 'dist/piimg', 'overlays', 'profiles'])
        cpSync(join(here, '../..', part), join(job, 'program', part), { recursive: true })
      for (const name of ['order', 'card.img']) renameSync(join(bin, name), join(job, name))
      const bounds = privileges
        .filter((word) => word.startsWith('--cap-add='))
        .map((word) => `+${word.slice('--cap-add='.length).toLowerCase()}`)
      writeFileSync(
        join(job, 'run'),
        `cp /job/card.img /card/
chown 1000:1000 /card/card.img && chmod 600 /card/card.img
mkfifo /order
(cat /job/order; exec sleep 400) >/order &
setpriv --inh-caps=-all --bounding-set=-all,${bounds.join(',')} node /job/program/dist/piimg/main.cjs apply </order
losetup --list
sync
dd if=/card/card.img of=/dev/vda bs=1M conv=sparse,fsync 2>&1
`,
      )
      const { status } = spawnSync('sh', [
        '-c',
        `cd '${join(job, '..')}' && find job | cpio --quiet -o -H newc | gzip -1 | cat '${machine}/initramfs' - >initramfs`,
      ])
      expect(status).toBe(0)
      const card = join(desk.folder, 'guest.img')
      writeFileSync(card, '')
      truncateSync(card, statSync(join(desk.folder, 'base.img')).size)
      const qemu = [
        '-m',
        '3072', // With several threads the emulator of this processor lets the guest's kernel crash now and then.
        '-smp',
        '1',
        '-accel',
        'tcg,thread=single',
        '-display',
        'none',
        '-nodefaults',
        '-no-reboot',
        '-serial',
        'stdio',
        '-kernel',
        join(machine, 'kernel'),
        '-initrd',
        join(job, '../initramfs'),
        '-append',
        'console=ttyS0 quiet panic=-1',
        '-drive',
        `if=virtio,format=raw,file=${card}`,
      ]
      const { stdout, stderr } = spawnSync('qemu-system-x86_64', qemu, {
        encoding: 'utf8',
        timeout: 280_000,
        maxBuffer: 2 ** 26,
      })
      const said = stdout
        .split('\n')
        .filter((line) => line.includes('{"'))
        .join('\n')
      console.log(
        `${release}: ${said.includes('no vfat') ? 'boot partition by mtools' : 'both partitions mounted'}\n${said}`,
      )
      expect(said, `${stdout.slice(-3000)}${stderr}`).toContain('{"done":true}')
      expect(said).not.toContain('note')
      fsck(card)
      expect([...(await kernelTree(card))]).toEqual([
        ...(await kernelTree(join(desk.folder, 'rootless.img'))),
      ])
      expect([...bootFiles(card)]).toEqual([...bootFiles(join(desk.folder, 'rootless.img'))])
    },
  )
})
