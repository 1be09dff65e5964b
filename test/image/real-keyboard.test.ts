import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { file, type PracticeEntry } from '../../scripts/practice/entries.js'
import { type Root, treeWith } from '../support/loaded-units.js'
import { practiceBase, treeOf } from '../support/practice-base.js'
import { ask, finalRoot, hasNoNamespaces, sharedFolder } from '../support/real-programs.js'
import { unpacked } from '../support/unpacked.js'

const place = join(sharedFolder(), 'bin')
const from = unpacked('console-setup')
const isMissing = from === undefined || hasNoNamespaces()
mkdirSync(place)
if (from !== undefined) {
  copyFileSync(join(from, 'bin/setupcon'), join(place, 'setupcon'))
  // What setupcon hands its work to: this one prints the layouts that it is asked for.
  const ckbcomp = 'while [ "$1" != -model ]; do shift; done; echo "layout $3 $4" >&2'
  const programs = { loadkeys: ':', kbd_mode: ':', ckbcomp }
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(place, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(place, name), 0o755)
  }
}

/** What setupcon would load on the console of a card: layouts with variants, or the path of a map. */
function loaded(root: Root): string {
  const tree = treeWith(root, '/etc')
  const script = `mount --bind ${tree}/etc /etc; PATH=${place}:$PATH; exec ${place}/setupcon -k --force --print-commands-only`
  const { output, errors } = ask(['unshare', '--mount', 'sh', '-c', script])
  const [, layout = ''] = /^layout (.*?) *$/m.exec(errors) ?? []
  const [, map = ''] = /loadkeys '(\/etc\/[^']*)'/.exec(output) ?? []
  return map === '' ? layout : map
}

const stock = 'XKBMODEL="pc105"\nXKBLAYOUT="fr"\nXKBVARIANT=""\nXKBOPTIONS=""\nBACKSPACE="guess"\n'
const consoleSetup = 'ACTIVE_CONSOLES="/dev/tty[1-6]"\nCHARMAP="UTF-8"\nCODESET="guess"\n'
const keyboard = (more: string) => file('/etc/default/keyboard', `${stock}${more}`)
const other = (more: string) => file('/etc/default/console-setup', `${consoleSetup}${more}`)
const saved = file('/etc/console-setup/cached_UTF-8_bs.kmap.gz', 'old')

const bases: readonly [string, string, readonly PracticeEntry[]][] = [
  ['its layout', 'fr', [keyboard(''), other('')]],
  ['a map', '/etc/own.kmap', [keyboard('KMAP=/etc/own.kmap\n'), other(''), file('/etc/own.kmap')]],
  ['a layout in another file', 'fr', [keyboard(''), other('XKBLAYOUT=it\n')]],
  [
    'a map in another file',
    '/etc/own.kmap',
    [keyboard(''), other('KMAP=/etc/own.kmap\n'), file('/etc/own.kmap')],
  ],
  ['a map that was saved', 'fr', [keyboard(''), other(''), saved]],
]

describe.skipIf(isMissing)('setupcon takes the keyboard of the card, where the base image has', () => {
  it.each(bases)('%s', (_, before, extra) => {
    expect(practiceBase('bookworm', extra).root.stat('/etc/default/keyboard')).toBeDefined()
    const base = new Map([...treeOf('bookworm').root, ...extra].map((entry) => [entry.path, entry]))
    expect(loaded(base)).toBe(before)
    const set = { keyboard: 'us', keyboard_variant: 'dvorak' }
    const card = finalRoot({ release: 'bookworm', set, extra })
    expect(loaded(card)).toBe('us dvorak')
    expect(card.has(saved.path)).toBe(false)
  })
})
