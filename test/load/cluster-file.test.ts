import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readCluster } from '../../builder/load/cluster-file.js'
import { findLibrary } from '../../builder/load/library.js'
import { packageRoot } from '../../builder/load/package-root.js'

describe('the cluster file of the README', () => {
  const readme = readFileSync(join(packageRoot(), 'README.md'), 'utf8')
  const textOf = (heading: string) => {
    const [, chapter = ''] = new RegExp(`^## ${heading}\\n([^]*?)^## `, 'm').exec(readme) ?? []
    const lines = chapter.split('\n').filter((line) => /^( {4}|$)/.test(line))
    return lines.map((line) => line.slice(4)).join('\n')
  }

  it('has no problems', () => {
    const { nodes, problems } = readCluster(
      textOf('A cluster in a file'),
      'cluster.ini',
      findLibrary('/nowhere'),
    )
    expect(problems).toEqual([])
    expect(nodes.map(({ hostname }) => hostname.text)).toEqual([
      'master',
      ...[2, 3, 4, 5, 6, 7, 8].map((number) => `node${number}`),
    ])
  })
})
