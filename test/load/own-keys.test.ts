import { describe, expect, it } from 'vitest'
import { ownKeys } from '../../builder/load/own-keys.js'
import { temporaryFolder } from '../support/temporary.js'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0'

describe('the own keys', () => {
  it('are every public key in ~/.ssh that is one', () => {
    const files = {
      '.ssh/id_rsa.pub': 'nonsense\n',
      '.ssh/id_ed25519.pub': `${key} me\n`,
      '.ssh/id_ed25519': 'PRIVATE KEY',
      '.ssh/other.pub': `${key} other\n`,
    }
    expect(ownKeys(temporaryFolder(files))).toEqual({
      value: [`${key} me`],
      by: 'derived',
      origin: { file: 'default', key: '~/.ssh/id_*.pub', isShipped: true },
    })
  })

  it.each<Record<string, string>>([{}, { '.ssh/config': '' }, { '.ssh/id_rsa.pub': 'nonsense' }])(
    'are none with %j',
    (files) => {
      expect(ownKeys(temporaryFolder(files))).toBeUndefined()
    },
  )
})
