import { type Facts, type Release, releases } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'

/** Older and newer releases by name, for the message. */
const others = ['wheezy', 'jessie', 'stretch', 'forky', 'sid']

/** The release and distribution, from os-release(5) and Raspberry Pi OS' own issue file. */
export function readRelease(
  root: FileTree,
  complain: (key: string, what: string, hint: string) => void,
): Pick<Facts, 'release' | 'distribution' | 'imageDate'> | undefined {
  const key = 'root/etc/os-release'
  const text = root.readFile('/etc/os-release')?.toString()
  if (text === undefined) {
    complain(key, 'the root partition holds no /etc/os-release', 'piimg builds on Raspberry Pi OS and Debian')
    return undefined
  }
  const value = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1] ?? ''
  const issue = root.readFile('/etc/rpi-issue')?.toString()
  const id = value('ID')
  if (id !== 'debian' && id !== 'raspbian') {
    complain(
      key,
      `the image holds ${value('PRETTY_NAME') || id || 'an unknown system'}`,
      'piimg builds on Raspberry Pi OS and Debian',
    )
    return undefined
  }
  const release = releaseNamed(value('VERSION_CODENAME') || /\((\w+)\)/.exec(value('VERSION'))?.[1])
  if (typeof release !== 'object') {
    complain(
      key,
      `release "${release}" is not supported`,
      `the oldest is ${releases[0]}, the newest ${releases.at(-1)}`,
    )
    return undefined
  }
  const date = /\d{4}-\d\d-\d\d/.exec(issue ?? '')?.[0]
  return {
    release: release.known,
    distribution: issue !== undefined || id === 'raspbian' ? 'raspios' : 'debian',
    ...(date === undefined ? {} : { imageDate: date }),
  }
}

function releaseNamed(name: string | undefined): { known: Release } | string {
  const known = releases.find((release) => release === name)
  return known === undefined ? (others.find((other) => other === name) ?? name ?? 'unknown') : { known }
}
