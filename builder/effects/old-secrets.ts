import type { User } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'
import { memo } from '../model/memo.js'

/** A secret of the computer that a base image comes from. */
export interface OldSecret {
  readonly path: string
  readonly what: string
  readonly hint: string
}

const remove = 'remove it from the base image'

/** What programs do not make again by themselves, so that piimg does not remove it; `*` at the end matches any name. */
const system: readonly OldSecret[] = [
  {
    path: '/etc/ssl/private/ssl-cert-snakeoil.key',
    what: 'the key for TLS',
    hint: 'run make-ssl-cert generate-default-snakeoil --force-overwrite on each node',
  },
  { path: '/etc/letsencrypt/accounts', what: 'the account at the certificate authority', hint: remove },
  { path: '/etc/letsencrypt/live', what: 'the certificate', hint: remove },
  ...['/etc/dropbear', '/etc/dropbear/initramfs', '/etc/dropbear-initramfs'].map((folder) => ({
    path: `${folder}/dropbear_*`,
    what: 'the ssh host key of dropbear',
    hint: 'make new ones with dropbearkey on each node',
  })),
  { path: '/etc/webmin/miniserv.pem', what: 'the key of Webmin', hint: remove },
  { path: '/etc/xrdp/rsakeys.ini', what: 'the key of xrdp', hint: 'run xrdp-keygen xrdp auto on each node' },
  { path: '/etc/nebula/host.key', what: 'the VPN key of Nebula', hint: remove },
  { path: '/etc/cloudflared/*', what: 'the tunnel of cloudflared', hint: remove },
  { path: '/var/lib/snapd/state.json', what: 'the identity of snapd', hint: remove },
  { path: '/etc/credstore.encrypted/*', what: 'a credential, which no node can decrypt,', hint: remove },
]

/** In the home directory of a user. */
const inHome: readonly OldSecret[] = [
  { path: '.ssh/id_*', what: 'the private ssh key', hint: remove },
  { path: '.gnupg/private-keys-v1.d/*', what: 'the private GnuPG key', hint: remove },
  { path: '.config/com.raspberrypi.connect/*', what: 'the login of Raspberry Pi Connect', hint: remove },
  { path: '.config/syncthing/key.pem', what: 'the identity of Syncthing', hint: remove },
  { path: '.local/state/syncthing/key.pem', what: 'the identity of Syncthing', hint: remove },
  { path: '.cloudflared/*', what: 'the tunnel of cloudflared', hint: remove },
  { path: '.vnc/private.key', what: 'the key of RealVNC', hint: remove },
  { path: '.docker/config.json', what: 'the login at a registry of images', hint: remove },
  { path: '.kube/config', what: 'the login at Kubernetes', hint: remove },
  { path: '.aws/credentials', what: 'the login at AWS', hint: remove },
  { path: '.config/rclone/rclone.conf', what: 'the login of rclone', hint: remove },
  { path: '.git-credentials', what: 'the login of Git', hint: remove },
  { path: '.netrc', what: 'a login', hint: remove },
]

/** The secrets that a base image has, at its own paths. They are looked for once for each base image. */
export const secretsOf = memo((base: FileTree, users: readonly User[]): readonly OldSecret[] => {
  const people = users.filter(({ uid }) => uid === 0 || (uid >= 1000 && uid < 60_000))
  const homes = [...new Set(people.map(({ home }) => home))]
  const ofPeople = homes.flatMap((home) => inHome.map((row) => ({ ...row, path: `${home}/${row.path}` })))
  return [...system, ...ofPeople].flatMap((row) => pathsOf(base, row.path).map((path) => ({ ...row, path })))
})

function pathsOf(base: FileTree, path: string): string[] {
  if (!path.endsWith('*')) return base.stat(path) === undefined ? [] : [path]
  const folder = path.slice(0, path.lastIndexOf('/'))
  const start = path.slice(folder.length + 1, -1)
  return base
    .names(folder)
    .filter((name) => name.startsWith(start) && !name.endsWith('.pub'))
    .map((name) => `${folder}/${name}`)
}
