import { describe, expect, it } from 'vitest'
import { forgetNetworks } from '../../../builder/plan/edits/forget-networks.js'
import { machineId } from '../../../builder/plan/edits/machine-id.js'
import { unset } from '../../../builder/plan/edits/unset.js'

describe('machine_id', () => {
  it('takes the ID out, and changes nothing where there is none', () => {
    const id = '0123456789abcdef0123456789abcdef\n'
    expect(machineId(id, {})).toBe('')
    expect(machineId(id, { unset: 'uninitialized' })).toBe('uninitialized\n')
    for (const text of ['', '\n', 'uninitialized\n']) {
      expect(machineId(text, {})).toBe(text)
      expect(machineId(text, { unset: 'uninitialized' })).toBe(text)
    }
  })
})

describe('forget_networks', () => {
  it('removes networks and logins, and nothing else', () => {
    const settings = 'ctrl_interface=DIR=/run\ncountry=GB\n'
    const network = 'network={\n\tssid="a}b"\n\tpsk="{secret}"\n}\n'
    expect(forgetNetworks(settings)).toBe(settings)
    expect(forgetNetworks(`${network}${settings}${network}p2p_disabled=1\ncred={\n\tpassword="x"\n}\n`)).toBe(
      `${settings}p2p_disabled=1\n`,
    )
    expect(forgetNetworks('#network={\n#}\n')).toBe('#network={\n#}\n')
  })
})

describe('unset', () => {
  it('removes every line that sets a key', () => {
    expect(unset('A=1\nexport B="2"\n# B=3\nBB=4\n  B = 5\n', { keys: 'B C' })).toBe('A=1\n# B=3\nBB=4\n')
    expect(unset('A=1\n', { keys: 'B' })).toBe('A=1\n')
    expect(unset('B=1\n', { keys: 'B' })).toBe('')
  })
})
