import { describe, expect, it } from 'vitest'
import { file, type PracticeEntry } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { finalRoot, textIn } from '../support/real-programs.js'

const found = (set: Readonly<Record<string, string>>, ...root: readonly PracticeEntry[]) =>
  effectsOn('bookworm', { root, set })

/** The settings of /etc/default/keyboard on the card. */
function written(set: Readonly<Record<string, string>>, ...extra: readonly PracticeEntry[]): string[] {
  const text = textIn(finalRoot({ release: 'bookworm', set, extra }), '/etc/default/keyboard')
  return text.split('\n').filter((line) => /^XKB(LAYOUT|VARIANT|OPTIONS)/.test(line))
}

describe('the keyboard', () => {
  it('has one layout, or several with keys that switch between them', () => {
    expect(written({ keyboard: 'us' })).toEqual(['XKBLAYOUT="us"', 'XKBVARIANT=""', 'XKBOPTIONS=""'])
    expect(written({ keyboard: 'us,cz', keyboard_variant: ',qwerty' })).toEqual([
      'XKBLAYOUT="us,cz"',
      'XKBVARIANT=",qwerty"',
      'XKBOPTIONS="grp:alt_shift_toggle"',
    ])
    const own = file('/etc/default/keyboard', 'XKBLAYOUT=gb\nXKBOPTIONS="grp:caps_toggle,compose:menu"\n')
    expect(written({ keyboard: 'us,cz' }, own)).toContain('XKBOPTIONS="grp:caps_toggle,compose:menu"')
    expect(
      written({ keyboard_variant: 'dvorak' }, file('/etc/default/keyboard', 'XKBLAYOUT="us"\n')),
    ).toEqual(['XKBLAYOUT="us"', 'XKBVARIANT="dvorak"'])
  })

  it('has layouts and variants of XKB', () => {
    expect(found({ keyboard: 'us,cz', keyboard_variant: 'dvorak,qwerty' })).toEqual([])
    expect(found({ keyboard: 'us,xx' })).toEqual([
      'command line: --set keyboard: the base image has no keyboard layout xx',
    ])
    expect(found({ keyboard: 'us,cz', keyboard_variant: ',dvorak' })).toEqual([
      'command line: --set keyboard_variant: the keyboard layout cz has no variant dvorak',
    ])
    expect(found({ keyboard: 'us', keyboard_variant: 'dvorak,qwerty' })).toEqual([
      'command line: --set keyboard_variant: 2 variants for 1 layouts',
    ])
    expect(found({ keyboard_variant: 'dvorak' })).toEqual([
      'command line: --set keyboard_variant: the keyboard layout gb has no variant dvorak',
    ])
  })

  it('is that of X, where X has its own', () => {
    const conf = (name: string) =>
      file(`/etc/X11/xorg.conf.d/${name}`, 'Section "InputClass"\n  Option "XkbLayout" "fr"\nEndSection\n')
    expect(found({ keyboard: 'us' }, conf('00-keyboard.conf'))).toEqual([])
    expect(found({ keyboard: 'us' }, conf('10-own.conf'))).toEqual([
      'bookworm.img: root/etc/X11/xorg.conf.d/10-own.conf, line 2: the desktop takes the keyboard layout fr, not us',
    ])
    expect(found({ keyboard: 'fr' }, conf('10-own.conf'))).toEqual([])
    expect(found({}, conf('10-own.conf'))).toEqual([])
  })

  it.each([
    ['/etc/X11/xorg.conf', ' Option "XkbLayout" "fr"', 1],
    ['/usr/share/X11/xorg.conf.d/50-own.conf', 'Option "xkblayout" "fr"', 1],
    ['/home/pi/.config/labwc/environment', 'XKB_DEFAULT_LAYOUT=fr', 1],
    ['/home/pi/.config/labwc/environment.d/a.env', 'XKB_DEFAULT_LAYOUT=fr', 1],
    ['/etc/xdg/labwc/environment.d/a.env', 'XKB_DEFAULT_LAYOUT=fr', 1],
    ['/home/pi/.config/wayfire.ini', 'xkb_layout = fr', 1],
  ])('is that of %s on the desktop, where it has its own', (path, line, count) => {
    const what = 'the desktop takes the keyboard layout fr, not us'
    expect(found({ keyboard: 'us' }, file(path, `${line}\n`))).toEqual(
      Array<string>(count).fill(`bookworm.img: root${path}, line 1: ${what}`),
    )
    expect(found({ keyboard: 'us' }, file(path, `${line.replace('fr', 'us')}\n`))).toEqual([])
    expect(found({}, file(path, `${line}\n`))).toEqual([])
  })

  it.each(['/etc/xdg/labwc/environment', '/usr/share/labwc/environment'])('is written to %s', (path) => {
    const own = file(path, 'XKB_DEFAULT_MODEL=pc105\nXKB_DEFAULT_LAYOUT=fr\nXCURSOR_SIZE=24\n')
    const set = { keyboard: 'us', keyboard_variant: 'dvorak' }
    expect(found(set, own)).toEqual([])
    expect(textIn(finalRoot({ release: 'bookworm', set, extra: [own] }), path)).toBe(
      'XKB_DEFAULT_MODEL=pc105\nXKB_DEFAULT_LAYOUT=us\nXCURSOR_SIZE=24\nXKB_DEFAULT_VARIANT=dvorak\n',
    )
    expect(finalRoot({ release: 'bookworm', set }).has(path)).toBe(false)
  })

  it('is that of systemd-vconsole-setup, where it is installed', () => {
    const program = file('/usr/lib/systemd/systemd-vconsole-setup', '', { mode: 0o755 })
    const conf = file('/etc/vconsole.conf', 'KEYMAP=fr\n')
    const boot = [file('/cmdline.txt', 'root=PARTUUID=5e2c0d12-02 vconsole.keymap=it\n')]
    const set = { keyboard: 'us' }
    expect(found(set, conf)).toEqual([])
    expect(found(set, conf, program)).toEqual([
      'bookworm.img: root/etc/vconsole.conf, line 1: the console takes the keymap fr, not us',
    ])
    expect(effectsOn('bookworm', { root: [conf, program], boot, set })).toEqual([
      'bookworm.img: boot/cmdline.txt, line 1: the console takes the keymap it, not us',
    ])
  })
})
