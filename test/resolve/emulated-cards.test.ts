import { expect, it } from 'vitest'
import type { NodePlace } from '../../builder/emulate/networks.js'
import { UserError } from '../../builder/errors.js'
import { checkTogether } from '../../builder/resolve/emulated-cards.js'
import { problemText } from '../support/problem-text.js'

const card = (node: string, more: Partial<NodePlace> = {}) => {
  const place: NodePlace = {
    label: `${node}.img`,
    role: node === 'master' ? 'master' : 'worker',
    topology: 'routed',
    address: undefined,
    network: undefined,
    reserved: '',
    gateway: '',
    dns: [],
    mac: '',
    hasUplink: false,
    isOnWifi: false,
    ...more,
  }
  return { node, place }
}

/** What is reported of cards that are to be booted together. */
function problemsOf(...cards: Parameters<typeof checkTogether>[0]): string[] {
  try {
    checkTogether(cards)
    return []
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return problemText(error.problems)
  }
}

it('cards are booted together with one master', () => {
  expect(problemsOf(card('master'), card('node2'))).toEqual([])
  expect(problemsOf(card('node2'), card('node3'))).toEqual([
    'error: command line NODE: none of node2, node3 is a master',
    '  hint: build the card of the master: piimg build --profile master; or name one node',
  ])
})

it('cards of a cluster on Wi-Fi are not booted together, as they could not see each other', () => {
  const [master, node2] = [card('master', { isOnWifi: true }), card('node2', { isOnWifi: true })]
  expect(problemsOf(master, node2)).toEqual([
    "error: command line NODE: the cluster's network is a Wi-Fi for master, node2, and QEMU has no Wi-Fi",
    '  hint: name one node: piimg emulate master; it gets a wired card',
  ])
  expect(problemsOf(card('master'), node2, card('node3'))[0]).toContain('for node2, and QEMU has no Wi-Fi')
})
