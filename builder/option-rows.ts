import { optionOf, settingOf, type SettingName, settings } from './model/settings.js'

/** An argument or an option, and what the help says of it. */
export interface Row {
  /** Such as `<image>`, `[node]` or `-o, --output <path>`. */
  readonly flags: string
  readonly summary: string
  /** The only values. Those of options are checked with everything else that is typed. */
  readonly words?: readonly string[]
  readonly default?: string
  readonly repeats?: boolean
  /** Not in the help: an older name, which works on. */
  readonly isHidden?: boolean
  /** The option that has its place. */
  readonly conflicts?: string
}

export const setting = (name: SettingName): Row => {
  const { short, value, summary, words, default: standard } = settingOf(name)
  const flags = `${short === undefined ? '' : `${short}, `}${optionOf(name)} <${value}>`
  const shown = standard === undefined ? summary : `${summary} (default: ${standard})`
  return { flags, summary: shown, ...(words === undefined ? {} : { words }) }
}

export const values: readonly Row[] = [
  { flags: '--set <name=value>', summary: 'give a variable; may be repeated', repeats: true },
  { flags: '--set-file <name=path>', summary: 'give a variable by a file: for secrets', repeats: true },
]
export const hostname: Row = {
  flags: '--hostname <name>',
  summary: 'its name, or node2..node9; may be repeated',
  repeats: true,
}
export const ofNodes: readonly Row[] = [
  ...values,
  {
    flags: '--node <name>',
    summary: 'only this node of cluster.ini, or a range such as node2..node9; may be repeated',
    repeats: true,
  },
  setting('image'),
  setting('packages_from'),
  {
    flags: '--packages <source>',
    summary: `the older name of ${optionOf('packages_from')}`,
    words: settings.packages_from.words,
    isHidden: true,
    conflicts: 'packagesFrom',
  },
]
export const nodes: readonly Row[] = [
  setting('profile'),
  setting('groups'),
  setting('overlays'),
  hostname,
  ...ofNodes,
]
export const secrets: Row = { flags: '--show-secrets', summary: 'do not mask passwords and hashes' }
export const image: Row = { flags: '<image>', summary: 'a card or a base image' }
export const machines = ['virt', 'pi3']
