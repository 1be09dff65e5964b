import { describe, expect, it } from 'vitest'
import { aptMirror, aptMoved } from '../../../builder/plan/edits/apt-sources.js'

const list = `deb http://raspbian.raspberrypi.org/raspbian/ buster main contrib non-free rpi
# Uncomment line below then 'apt-get update' to enable 'apt-get source'
#deb-src http://raspbian.raspberrypi.org/raspbian/ buster main contrib non-free rpi
`
const raspi = 'deb http://archive.raspberrypi.org/debian/ buster main\n'
const deb822 = `Types: deb
URIs: http://deb.debian.org/debian/
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp

Types: deb
URIs: http://deb.debian.org/debian-security/
Suites: trixie-security
`

describe('aptMoved', () => {
  const to = 'http://legacy.raspbian.org/raspbian'
  const moved = { from: 'raspbian.raspberrypi.org/raspbian', to }

  it('changes the address, and neither comments nor what follows', () => {
    const expected = list.replace('http://raspbian.raspberrypi.org/raspbian/', `${to}/`)
    expect(aptMoved(list, moved)).toBe(expected)
    expect(aptMoved(expected, moved)).toBe(expected)
  })

  it('is not about addresses that begin alike, or other hosts', () => {
    const debian = { from: 'deb.debian.org/debian', to: 'http://archive.debian.org/debian' }
    const security = 'deb http://deb.debian.org/debian-security buster/updates main\n'
    expect(aptMoved(security, debian)).toBe(security)
    expect(aptMoved(raspi, debian)).toBe(raspi)
  })

  it('takes https, no slash at the end, and options', () => {
    expect(aptMoved('deb [arch=armhf] https://raspbian.raspberrypi.org/raspbian buster main\n', moved)).toBe(
      `deb [arch=armhf] ${to} buster main\n`,
    )
  })
})

describe('aptMirror', () => {
  const mirror = 'http://mirror.school/debian/'

  it('is for the main archive of both forms of sources', () => {
    expect(aptMirror(deb822, { mirror })).toBe(
      deb822.replace('http://deb.debian.org/debian/', 'http://mirror.school/debian/'),
    )
    expect(aptMirror(list, { mirror })).toContain('deb http://mirror.school/debian/ buster')
  })

  it("leaves Raspberry Pi's own archive alone, and everything where none is given", () => {
    expect(aptMirror(raspi, { mirror })).toBe(raspi)
    expect(aptMirror(deb822, { mirror: '' })).toBe(deb822)
  })

  it('done twice is done once', () => {
    const once = aptMirror(deb822, { mirror })
    expect(aptMirror(once, { mirror })).toBe(once)
  })
})
