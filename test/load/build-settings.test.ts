import { describe, expect, it } from 'vitest'
import { findLibrary } from '../../builder/load/library.js'
import { readRequests } from '../../builder/load/requests.js'
import { placeOf } from '../support/place.js'
import { temporaryFolder } from '../support/temporary.js'

const read = (options: Parameters<typeof readRequests>[1], cluster?: string) => {
  const files: Record<string, string> = cluster === undefined ? {} : { 'cluster.ini': cluster }
  const folder = temporaryFolder(files)
  return readRequests(placeOf(folder), options, findLibrary(folder))
}
const file = '[cluster]\nengine = loop\noutput = cards/\npackages_from = bundle\n[node2]\n'

describe('the settings of a build', () => {
  it('have defaults', () => {
    expect(read({}).settings).toMatchObject({ engine: 'auto', hasBundle: false })
    expect(read({}).settings.output).toBeUndefined()
  })

  it('are those of the section [cluster]', () => {
    const { settings, problems, nodes } = read({}, file)
    expect(problems).toEqual([])
    expect(settings).toEqual({
      engine: 'loop',
      output: expect.objectContaining({ text: 'cards/' }) as unknown,
      hasBundle: true,
      packagesFrom: { file: 'cluster.ini', line: 4, key: '[cluster] packages_from' },
    })
    expect(nodes.flatMap(({ given }) => given)).toEqual([])
  })

  it('are the defaults where a key is empty', () => {
    const sections =
      '[cluster]\nengine =\noutput =\npackages_from =\nimage = a.img\n[node2]\nimage =\nprofile =\n'
    const { settings, problems, nodes } = read({}, sections)
    expect(problems).toEqual([])
    expect(settings).toMatchObject({ engine: 'auto', hasBundle: false })
    expect(settings.output).toBeUndefined()
    expect(nodes[0]?.image).toBeUndefined()
    expect(nodes[0]?.profile?.text).toBe('worker')
  })

  it('are those of the command line before', () => {
    const { settings } = read({ engine: 'rootless', output: 'x.img', packagesFrom: 'download' }, file)
    expect(settings).toEqual({
      engine: 'rootless',
      output: { text: 'x.img', origin: { file: 'command line', key: '--output' } },
      hasBundle: false,
      packagesFrom: { file: 'command line', key: '--packages-from' },
    })
  })
})
