import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bases, type Cards, cardsOf, nativeBase } from './base.js'
import { type Computer, type Lab, openLab } from './lab.js'
import { ssh } from './ssh.js'

/** What a power cut leaves that comes between the end of the first boot, as systemd counts it, and the host keys. */
const halfDone = `
  echo 0123456789abcdef0123456789abcdef >etc/machine-id
  : >etc/ssh/ssh_host_ed25519_key
  : >etc/ssh/ssh_host_ed25519_key.pub`

describe('a node whose power was cut before it had host keys', () => {
  let reason = ''
  let lab: Lab | undefined
  let cards: Cards
  let image = ''
  let other: Computer

  beforeAll(async () => {
    const [trixie] = bases
    const found = trixie === undefined ? { reason: 'no base' } : nativeBase(trixie)
    if ('reason' in found) return void (reason = found.reason)
    cards = cardsOf(found.file)
    image = await cards.build('node3')
    lab = await openLab()
    other = await lab.plug('other', '10.0.0.1/24')
  })

  afterAll(() => lab?.close())

  beforeEach((context) => context.skip(reason !== '', reason))

  const boot = async (prepare: string) => {
    const node = lab?.startNode({ name: 'node3', image, prepare })
    const state = await node?.waitUntilStarted()
    const { exitCode, stdout } = await ssh(other, 'pi@10.0.0.3', cards.key, 'hostname')
    await node?.stop()
    return { state, exitCode, stdout }
  }

  // Without this file sshd uses the default keys, which are empty here, instead of the key of the card.
  const withoutOurs = `${halfDone}\n  rm etc/ssh/sshd_config.d/00-piimg-trust.conf`

  it.each([
    ['with the key of its card', halfDone],
    ['without that key', withoutOurs],
  ])('lets people in, %s', async (_, prepare) => {
    expect(await boot(prepare)).toEqual({ state: 'running', exitCode: 0, stdout: 'node3\n' })
  })

  it('would be lost without what makes its keys', async () => {
    const found = await boot(`${withoutOurs}\n  rm etc/systemd/system/ssh.service.d/piimg.conf`)
    expect(found).toMatchObject({ exitCode: 255, stdout: '' })
  })
})
