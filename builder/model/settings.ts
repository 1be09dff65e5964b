/**
 * What shapes a build and is no variable of a node. One row each: the option, the key of `cluster.ini` with the same
 * name, the help, `piimg list variables` and the documents come from it.
 */
export interface Setting {
  /** What its value is, as the help shows it. */
  readonly value: 'file' | 'name' | 'names' | 'path' | 'source'
  /** A short option beside the long one. */
  readonly short?: string
  /** The only values, where there are few. */
  readonly words?: readonly string[]
  readonly default?: string
  readonly summary: string
  /** The sections of `cluster.ini` that it may be in: `[cluster]`, those of nodes, or all. */
  readonly sections: 'cluster' | 'nodes' | 'all'
}

export const settings = {
  engine: {
    value: 'name',
    words: ['auto', 'rootless', 'loop'],
    default: 'auto',
    summary:
      'rootless: e2fsprogs and mtools; loop: mounts in a container; auto: rootless if its tools are installed',
    sections: 'cluster',
  },
  groups: {
    value: 'names',
    summary: 'the groups of these nodes; more than one section may give some: they add up',
    sections: 'all',
  },
  image: {
    value: 'file',
    summary: 'the base image; default: PIIMG_IMAGE, or the only one in this folder',
    sections: 'all',
  },
  output: {
    value: 'path',
    short: '-o',
    default: 'out/',
    summary: 'where the cards go: a file (node3.img) or a folder',
    sections: 'cluster',
  },
  overlays: {
    value: 'names',
    summary: 'overlays besides those of the profile; ~NAME: without that one',
    sections: 'all',
  },
  packages_from: {
    value: 'source',
    words: ['download', 'bundle'],
    default: 'download',
    summary:
      'download: the first boot downloads its packages; bundle: the card brings them along, as packages.lock says',
    sections: 'cluster',
  },
  profile: {
    value: 'name',
    summary:
      'the kind of node, such as worker; default: master for the node of that name, and worker for others',
    sections: 'nodes',
  },
} as const satisfies Readonly<Record<string, Setting>>

export type SettingName = keyof typeof settings

export type EngineName = (typeof settings.engine.words)[number]

export function isSetting(name: string): name is SettingName {
  return Object.hasOwn(settings, name)
}

export function settingOf(name: SettingName): Setting {
  return settings[name]
}

/** `--packages-from` of `packages_from`. */
export function optionOf(name: SettingName): string {
  return `--${name.replaceAll('_', '-')}`
}
