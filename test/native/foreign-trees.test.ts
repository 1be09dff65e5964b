import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { give, newDesk, newFolder, piimg } from '../support/cli.js'
import { copyImage, debugfs, practiceImage, rootOf, tool } from '../support/images.js'
import { mirrorOf, whyNoPackages } from '../support/package-mirror.js'
import { bases, nativeBase } from './base.js'
import { isFull } from '../support/full.js'

/** A base image that knows a mirror which can be reached. */
function baseFile(): string {
  const found = bases[0] === undefined ? { reason: 'no base' } : nativeBase(bases[0])
  return 'file' in found ? found.file : ''
}

/** What this computer lacks to run programs of another architecture; empty if nothing. */
async function whyNot(architecture: string): Promise<string> {
  if (!isFull) return 'takes 3 minutes: scripts/test --full'
  if (baseFile() === '') return 'no base image with a mirror'
  for (const name of ['mmdebstrap', 'arch-test']) {
    if (spawnSync('which', [name]).status !== 0) return `no ${name}`
  }
  spawnSync('sh', [
    '-c',
    '[ -e /proc/sys/fs/binfmt_misc/status ] || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc; update-binfmts --enable',
  ])
  if (spawnSync('arch-test', [architecture]).status !== 0)
    return `no ${architecture} programs here (qemu-user-static, binfmt-support)`
  return await whyNoPackages(baseFile())
}

describe('MPI on a system of another kind', () => {
  it.for([
    ['trixie', 'armhf', ['mpich', 'python3-mpi4py'], 'HYDRA'],
    ['bookworm', 'arm64', ['openmpi-bin', 'python3-mpi4py'], 'mpiexec.openmpi'],
  ] as const)(
    '%s %s installs and runs what the plan chose',
    { timeout: 900_000 },
    async ([release, architecture, packages, launcher], context) => {
      const reason = await whyNot(architecture)
      context.skip(reason !== '', reason)
      const desk = newDesk()
      const base = copyImage(await practiceImage(release), join(desk.folder, 'base.img'))
      const status = join(newFolder(), 'status')
      writeFileSync(
        status,
        debugfs(base, 'cat /var/lib/dpkg/status').replace(
          /^Architecture: arm(hf|64)$/gm,
          `Architecture: ${architecture}`,
        ),
      )
      debugfs(base, 'rm /var/lib/dpkg/status', `write ${status} /var/lib/dpkg/status`)
      give(desk.folder)
      const built = await piimg(desk, [
        'build',
        '--profile',
        'worker',
        '--hostname',
        'node3',
        '--image',
        'base.img',
      ])
      expect(built.exitCode, built.stderr).toBe(0)
      const card = join(desk.folder, 'out/node3.img')
      expect(debugfs(card, 'cat /etc/piimg/packages').trim().split('\n')).toEqual(packages)
      const tree = mkdtempSync(join(tmpdir(), 'piimg-tree-'))
      try {
        const include = [...packages, 'iproute2'].join(',')
        const mirror = mirrorOf(baseFile())
        const made = spawnSync(
          'mmdebstrap',
          [
            '--variant=minbase',
            `--architectures=${architecture}`,
            `--include=${include}`,
            release,
            join(tree, 'root'),
            mirror,
          ],
          { encoding: 'utf8' },
        )
        expect(made.status, made.stderr.slice(-2000)).toBe(0)
        const root = join(tree, 'root')
        tool('debugfs', [
          '-R',
          `dump -p /usr/local/bin/mpiexec ${join(root, 'usr/local/bin/mpiexec')}`,
          rootOf(card),
        ])
        symlinkSync('mpiexec', join(root, 'usr/local/bin/mpirun'))
        tool('debugfs', ['-R', `rdump /usr/share/piimg ${join(root, 'usr/share')}`, rootOf(card)])
        appendFileSync(join(tree, 'root/etc/hosts'), `127.0.0.1 localhost ${tool('hostname', []).trim()}\n`)
        const inside =
          'command -v mpiexec; command -v mpirun; mpiexec -n 4 python3 /usr/share/piimg/examples/hello.py; mpirun -n 2 python3 /usr/share/piimg/examples/prime.py 1000; mpiexec --version'
        const run = spawnSync(
          'unshare',
          [
            '--mount',
            'sh',
            '-c',
            'cd "$1"; mount --bind /dev dev; mount -t proc proc proc; mount --rbind /sys sys; mount -t tmpfs tmpfs tmp; exec timeout 200 chroot --userspec=65534:65534 . sh -c "$2"',
            'sh',
            join(tree, 'root'),
            inside,
          ],
          { encoding: 'utf8' },
        )
        expect(run.stdout).toMatch(/^\/usr\/local\/bin\/mpiexec\n\/usr\/local\/bin\/mpirun\n/)
        for (const rank of [0, 1, 2, 3]) expect(run.stdout, run.stderr).toContain(`rank ${rank} of 4 on`)
        expect(run.stdout).toContain('168 primes up to 1000, by 2 ranks')
        expect(run.stdout).toContain(launcher)
      } finally {
        rmSync(tree, { recursive: true })
      }
    },
  )
})
