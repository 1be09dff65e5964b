import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, it } from 'vitest'
import { devices, privileges } from '../../builder/engines/docker.js'
import { packOrder } from '../../builder/engines/order-tar.js'
import type { Step } from '../../builder/model/step.js'
import { symlink } from '../../scripts/practice/entries.js'
import { newDesk, newFolder } from '../support/cli.js'
import { testHostileImages } from '../support/hostile.js'
import { copyImage, debugfs, partition, practiceImage } from '../support/images.js'
import { docker, host, piimgWithDocker, reason } from './docker.js'

describe.skipIf(reason !== '')('with the loop engine', () => {
  testHostileImages((desk, words) => {
    return piimgWithDocker(desk, words[0] === 'build' ? [...words, '--engine', 'loop'] : words)
  })
})

describe.skipIf(reason !== '')('an order whose path goes out of the image through a link', () => {
  const owner = { uid: 0, gid: 0 }
  // The container image is made by the first build.
  beforeAll(async () => {
    const image = await practiceImage('trixie')
    await piimgWithDocker(newDesk(), [
      'build',
      '--profile',
      'worker',
      '--hostname',
      'node3',
      '--engine',
      'loop',
      '--image',
      image,
    ])
  })
  const below = '/srv/out/canary'
  const steps: readonly Step[] = [
    { do: 'write', path: below, mode: 0o644, owner, content: Buffer.from('x') },
    { do: 'mkdir', path: below, mode: 0o755, owner },
    { do: 'symlink', path: below, target: 'x' },
    { do: 'unlink', path: '/srv/out/card.img' },
    { do: 'rename', path: '/srv/out/card.img', to: below },
    { do: 'own', path: '/srv/out', mode: 0o777, owner },
    { do: 'unlink', path: '/srv/../../../card/card.img' },
  ]
  it.each(steps)('$do $path fails, and changes nothing in the container', async (step) => {
    // As if this program had read another file system than the kernel mounts.
    const folder = newFolder()
    const base = await practiceImage('trixie', { extra: [symlink('/srv/out', '/card')] })
    const card = copyImage(base, join(folder, 'card.img'))
    const [boot, root] = [partition(card, 1), partition(card, 2)].map((each, index) => ({
      ...each,
      number: index + 1,
      type: 0x83,
    }))
    if (boot === undefined || root === undefined) throw new Error('no partitions')
    const order = await packOrder(
      { folder: '', image: 'card.img', name: 'card.img', boot, root, builtAt: 1 },
      { boot: [], root: [step] },
    )
    const words = [
      'run',
      '--rm',
      '-i',
      '--network=none',
      '--user=0:0',
      ...privileges,
      ...devices,
      '-v',
      `${folder}:/card`,
      '-v',
      '/scratch',
      'piimg:latest',
      'apply',
    ]
    const child = spawn('docker', words, {
      env: { ...process.env, DOCKER_HOST: host },
      stdio: 'pipe',
    })
    child.stdin.write(`${order.length}\n`)
    child.stdin.write(order)
    const said = (await Promise.all([text(child.stdout), text(child.stderr)])).join('')
    expect(said).toMatch(/"failure":.*(ENOTDIR|ELOOP)|no path inside of an image/)
    expect(readdirSync(folder)).toEqual(['card.img'])
    expect(debugfs(card, 'stat /srv/out')).toContain('Type: symlink')
    expect(docker('ps', '--quiet')).toBe('')
  })
})
