import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { file, lines } from '../../scripts/practice/entries.js'
import { ask, finalRoot, isMissing, sharedFolder, textIn } from '../support/real-programs.js'

const folder = sharedFolder()
const path = '/etc/netplan/50-cloud-init.yaml'

/** The exit code of netplan, and the profiles that it makes for NetworkManager. */
function generated(text: string): {
  readonly status: number | undefined
  readonly profiles: readonly string[]
} {
  const root = mkdtempSync(join(folder, 'root-'))
  mkdirSync(join(root, 'etc/netplan'), { recursive: true })
  mkdirSync(join(root, 'run'))
  writeFileSync(join(root, path), text, { mode: 0o600 })
  const { status } = ask(['netplan', 'generate', '--root-dir', root])
  const made = readdirSync(join(root, 'run'), { recursive: true, encoding: 'utf8' })
  const profiles = made
    .filter((name) => name.endsWith('.nmconnection'))
    .map((name) => name.replace(/^.*\//, ''))
  return { status, profiles: profiles.sort() }
}

const makes = (...profiles: readonly string[]) => ({ status: 0, profiles })

const top = ['network:', '  version: 2', '  renderer: NetworkManager']
const wifi = ['  wifis:', '    wlan0:', '      access-points:', '        "Old": {password: "hunter22"}']

describe.skipIf(isMissing({ netplan: 'netplan.io' }))('netplan makes', () => {
  it.each([
    [
      'of the card',
      [...top, '  ethernets:', '    eth0:', '      dhcp4: true'],
      ['netplan-eth0.nmconnection'],
    ],
    ['of its Wi-Fi, as Imager writes it', [...top, ...wifi], ['netplan-wlan0-Old.nmconnection']],
    [
      'of both',
      [...top, ...wifi, '  ethernets:', '    eth0: {dhcp4: true}'],
      ['netplan-eth0.nmconnection', 'netplan-wlan0-Old.nmconnection'],
    ],
    [
      'of the card, and nothing else',
      ['network:', '  renderer: NetworkManager', '  ethernets:', '    eth0: {dhcp4: true}'],
      ['netplan-eth0.nmconnection'],
    ],
    [
      'of cards with a name',
      [...top, '  ethernets:', '    lan:', '      match: {name: "e*"}'],
      ['netplan-lan.nmconnection'],
    ],
  ])('no profile %s', (_, text, before) => {
    expect(generated(lines(...text))).toEqual(makes(...before))
    const extra = [file(path, lines(...text), { mode: 0o600 })]
    const after = textIn(finalRoot({ release: 'trixie', extra }), path)
    expect(generated(after)).toEqual(makes())
    expect(after).not.toContain('hunter22')
  })

  it('the profiles of other cards', () => {
    const text = lines(...top, ...wifi, '  ethernets:', '    eth0: {dhcp4: true}', '    eth1: {dhcp4: true}')
    const extra = [file(path, text, { mode: 0o600 })]
    const after = textIn(finalRoot({ release: 'trixie', extra }), path)
    expect(generated(after)).toEqual(makes('netplan-eth1.nmconnection'))
  })

  it('nothing of a mapping with nothing in it, which it refuses', () => {
    expect(generated('network:\n')).toEqual({ status: 1, profiles: [] })
    expect(generated('#network:\n')).toEqual(makes())
  })
})
