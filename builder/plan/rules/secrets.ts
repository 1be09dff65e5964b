import { memo } from '../../model/memo.js'
import type { Overlay } from '../../model/overlay.js'
import { error, type Problem } from '../../model/problem.js'
import { placeOf, textOf, type Values } from '../values.js'

interface NodeInGroups {
  readonly values: Values
  readonly overlays: readonly Overlay[]
  readonly groups: readonly string[]
}

/** Nodes that would make a secret of a group that they are not in. */
export function checkSecretGroups(nodes: readonly NodeInGroups[]): Problem[] {
  return nodes.flatMap(({ values, overlays, groups }) =>
    overlays.flatMap((overlay) =>
      groupSecrets(overlay)
        .filter(({ group, name }) => !groups.includes(group) && !values.has(name))
        .map(({ group, name }) => {
          const hostname = textOf(values, 'hostname')
          const what = `${hostname} has the overlay ${overlay.name}, and is not in the group ${group}, which shares ${name}`
          const hint = `write groups = ${group} into its section, or overlays = ~${overlay.name}`
          return error(placeOf(values, 'hostname'), what, hint)
        }),
    ),
  )
}

/** The secrets of an overlay that the nodes of a group share. */
export const groupSecrets = memo(({ variables }: Overlay): readonly { name: string; group: string }[] =>
  variables.flatMap(({ name, secret }) =>
    secret?.shared.kind === 'group' ? [{ name, group: secret.shared.group }] : [],
  ),
)
