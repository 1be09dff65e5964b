import { expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'

it.each(['pieeprom.upd', 'pieeprom.bin', 'vl805.bin'])('the bootloader is changed by %s', (name) => {
  expect(effectsOn('trixie', { boot: [file(`/${name}`)] })).toEqual([
    `trixie.img: boot/${name}: each board that boots this card writes ${name} into its EEPROM`,
  ])
})

it('the bootloader is not changed by recovery.bin alone', () => {
  expect(effectsOn('trixie', { boot: [file('/recovery.bin'), file('/pieeprom.sig')] })).toEqual([])
})
