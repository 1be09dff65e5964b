import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask, hasNoNamespaces, isMissing, sharedFolder } from '../support/real-programs.js'

const folder = sharedFolder()

/** What the C library finds for a name with these two files in their places. */
function getent(hosts: string, services: string, name = 'node2'): string {
  const files = ['hosts', 'nsswitch.conf'].map((file) => join(folder, file))
  for (const [index, text] of [hosts, services].entries()) writeFileSync(files[index] ?? '', text)
  const script = `mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/nsswitch.conf && getent hosts "$3"`
  const { output } = ask(['unshare', '--mount', '--net', 'sh', '-c', script, 'sh', ...files, name])
  return output.split(/\s/)[0] ?? ''
}

// effects/names.ts reports what is proved here.
describe.skipIf(isMissing({ getent: 'libc-bin', unshare: 'util-linux' }) || hasNoNamespaces())(
  'getent',
  () => {
    const files = 'hosts: files\n'
    const lines = '192.168.1.20 node2\n10.0.0.2 node2.cluster.internal node2\n'

    it('takes the first line of /etc/hosts with the name', () => {
      expect(getent(lines, files)).toBe('192.168.1.20')
      expect(getent(lines.split('\n').reverse().join('\n'), files)).toBe('10.0.0.2')
    })

    it('takes an IPv6 address first, wherever it is', () => {
      expect(getent('10.0.0.2 node2\nfd00::2 node2\n', files, 'node2')).toBe('fd00::2')
    })

    it('takes a name in capitals for the same', () => {
      expect(getent('192.168.1.20 NODE2\n10.0.0.2 node2\n', files)).toBe('192.168.1.20')
    })

    it('asks the services in their order, and not after an action that ends it', () => {
      expect(getent('10.0.0.2 node2\n', 'hosts: dns files\n')).toBe('10.0.0.2')
      expect(getent('10.0.0.2 node2\n', 'hosts: dns [!SUCCESS=return] files\n')).toBe('')
      expect(getent('10.0.0.2 node2\n', 'hosts: dns\n')).toBe('')
      expect(getent('', 'hosts: files [NOTFOUND=return] myhostname\n', 'localhost')).toBe('')
    })

    it('takes the last line of nsswitch.conf', () => {
      expect(getent('10.0.0.2 node2\n', 'hosts: files\nhosts: dns\n')).toBe('')
      expect(getent('10.0.0.2 node2\n', 'hosts: dns\nhosts: files\n')).toBe('10.0.0.2')
    })
  },
)
