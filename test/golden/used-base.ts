import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../builder/load/package-root.js'
import { file, type PracticeEntry, type Release } from '../../scripts/practice/entries.js'

const id = '0123456789abcdef0123456789abcdef\n'

/** Files that are removed for what is in them. */
const contents: Readonly<Record<string, string>> = {
  '/etc/NetworkManager/system-connections/': '[connection]\nid=old\ntype=wifi\n',
}

/** What a Raspberry Pi that ran for a year adds to a stock image, with a file for each path that `identity` removes. */
export function usedFiles(release: Release): readonly PracticeEntry[] {
  const ini = readFileSync(join(packageRoot(), 'overlays/identity/overlay.ini'), 'utf8')
  const paths = [...ini.matchAll(/^\[remove root(.+)\]$/gm)].map(([, path = '']) =>
    path.replace('{{base_user}}', 'pi').replace('*', 'old'),
  )
  const language = 'LANGUAGE=de\nLC_ALL=C\nLANG=C\n'
  return [
    ...paths.map((path) => file(path, contents[path.slice(0, path.lastIndexOf('/') + 1)] ?? 'old\n')),
    file('/etc/machine-id', id, { mode: 0o444 }),
    file('/etc/wpa_supplicant/wpa_supplicant.conf', 'country=GB\nnetwork={\n\tssid="old"\n}\n', {
      mode: 0o600,
    }),
    file('/etc/iscsi/initiatorname.iscsi', 'InitiatorName=iqn.1993-08.org.debian:01:0123456789ab\n'),
    file('/etc/environment', 'LC_ALL=C\nTZ=UTC\n'),
    file('/etc/locale.conf', language),
    ...(release === 'trixie' ? [] : [file('/etc/default/locale', language)]),
    ...dvorak(),
  ]
}

/** A layout that has variants. */
export function dvorak(): readonly PracticeEntry[] {
  return [file('/etc/default/keyboard', 'XKBMODEL="pc105"\nXKBLAYOUT="us"\nXKBVARIANT=""\nXKBOPTIONS=""\n')]
}
