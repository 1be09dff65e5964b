import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { clusterFileOf, overlaysOf } from '../support/capability.js'
import { type Desk, newDesk } from '../support/cli.js'
import { practiceImage } from '../support/images.js'
import { piimgInProcess } from '../support/in-process.js'

let image: string
beforeAll(async () => {
  image = await practiceImage('trixie')
})

/** The warnings of a verb, without their hints. */
async function warnings(desk: Desk, ...words: readonly string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await piimgInProcess(desk, [...words, '--image', image])
  expect(exitCode, stderr).toBe(0)
  return (stdout + stderr).split('\n').filter((line) => line.startsWith('warning:'))
}

it('a node that is added at the end makes only those cards old whose lists name it', async () => {
  const file = clusterFileOf('balancer')
  const desk = newDesk({ 'cluster.ini': file, ...overlaysOf('balancer') })
  expect(await warnings(desk, 'build')).toEqual([])
  expect(await warnings(desk, 'check')).toEqual([])
  writeFileSync(join(desk.folder, 'cluster.ini'), `${file}\n[node5]\ngroups = web\n`)
  const old = ['warning: .piimg/nodes/master.json: the card of master has an older list of web_servers']
  expect(await warnings(desk, 'check')).toEqual(old)
  expect(await warnings(desk, 'build', '--node', 'node5')).toEqual(old)
  expect(await warnings(desk, 'build', '--node', 'master')).toEqual([])
  expect(await warnings(desk, 'check')).toEqual([])
})

it('a node that leaves a group still has its secrets, until they are replaced', async () => {
  const nodes = (groups: string) => `[master]\nuplink = eth1\n\n[node2]\ngroups = front\n\n[node3]\n${groups}`
  const overlay =
    '[overlay]\nsummary = x\n\n[variable front_key]\ntype = secret\nsummary = x\ngenerate = hex 32\nshared = group front\n\n[file root/etc/front.key]\nmode = 0600\n'
  const desk = newDesk({
    'cluster.ini': `[group front]\noverlays = front\n\n${nodes('groups = front\n')}`,
    'overlays/front/overlay.ini': overlay,
    'overlays/front/root/etc/front.key.hbs': '{{front_key}}\n',
  })
  expect(await warnings(desk, 'build')).toEqual([])
  writeFileSync(join(desk.folder, 'cluster.ini'), `[group front]\noverlays = front\n\n${nodes('')}`)
  expect(await warnings(desk, 'check')).toEqual([
    'warning: .piimg/nodes/node3.json: node3 has left the group front, and its card has the secret front_key',
  ])
})

it('list groups shows who is in which', async () => {
  const desk = newDesk({ 'cluster.ini': clusterFileOf('slurm'), ...overlaysOf('slurm') })
  const { exitCode, stdout, stderr } = await piimgInProcess(desk, ['list', 'groups'])
  expect(exitCode, stderr).toBe(0)
  const rows = stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2))
  expect(rows).toContainEqual(['compute', 'node3..node6'])
  expect(rows).toContainEqual(['master', 'master'])
})
