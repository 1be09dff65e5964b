import { describe, expect, it } from 'vitest'
import { UserError } from '../../builder/errors.js'
import { chooseImage } from '../../builder/load/choose-image.js'
import { placeOf } from '../support/place.js'
import { temporaryFolder } from '../support/temporary.js'

const nothing = {}
const isCard = (path: string) => path.includes('card')

function refusal(work: () => unknown): string[] {
  try {
    work()
  } catch (error) {
    if (error instanceof UserError) return error.problems.map(({ what }) => what)
    throw error
  }
  return []
}

describe('the base image', () => {
  it('is that of --image before that of PIIMG_IMAGE before that of the folder', () => {
    const folder = temporaryFolder({ 'a.img': '', 'b.img': '', 'sub/c.img': '' })
    const environment = { PIIMG_IMAGE: `${folder}/b.img` }
    expect(chooseImage(placeOf(folder, { environment }), { option: `${folder}/a.img` }, isCard)).toEqual({
      path: `${folder}/a.img`,
      origin: { file: 'command line', key: '--image' },
    })
    expect(chooseImage(placeOf(folder, { environment }), { option: undefined }, isCard)).toEqual({
      path: `${folder}/b.img`,
      origin: { file: 'environment', key: 'PIIMG_IMAGE' },
    })
  })

  it.each(['a.img', 'a.img.xz', 'a.img.zst', 'a.img.gz', 'a.zip'])(
    'is the only one in the folder: %s',
    (name) => {
      const folder = temporaryFolder({ [name]: '', 'card.img': '', 'notes.txt': '', 'a.xz': '' })
      expect(
        chooseImage(placeOf(folder, { environment: { PIIMG_IMAGE: '' } }), { option: undefined }, isCard)
          .path,
      ).toBe(`${folder}/${name}`)
    },
  )

  it('is not chosen among several', () => {
    const folder = temporaryFolder({ 'a.img': '', 'b.img.xz': '' })
    expect(
      refusal(() => chooseImage(placeOf(folder, { environment: nothing }), { option: undefined }, isCard)),
    ).toEqual(['2 base images are in this folder'])
  })

  it('has to be given where there is none', () => {
    const folder = temporaryFolder({ 'card.img': '' })
    expect(
      refusal(() => chooseImage(placeOf(folder, { environment: nothing }), { option: undefined }, isCard)),
    ).toEqual(['no base image is given, and none is in this folder'])
  })

  it.each([
    ['https://example.org/a.img.xz', 'https://example.org/a.img.xz is a URL, but piimg needs a file'],
    ['raspios-lite-arm64', 'no file "raspios-lite-arm64"; image names are not supported yet'],
    ['/no/such.img', 'no file /no/such.img'],
  ])('is not %s', (option, what) => {
    expect(
      refusal(() => chooseImage(placeOf('/', { environment: nothing }), { option: option }, isCard)),
    ).toEqual([what])
    expect(
      refusal(() =>
        chooseImage(placeOf('/', { environment: { PIIMG_IMAGE: option } }), { option: undefined }, isCard),
      ),
    ).toEqual([what])
  })
})
