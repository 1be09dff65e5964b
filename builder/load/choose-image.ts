import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import type { Place } from '../model/place.js'
import { commandLine, error, type Origin } from '../model/problem.js'
import type { Placed } from './cluster-sections.js'

const imageNames = /\.(img|img\.xz|img\.zst|img\.gz|zip)$/
const page = 'https://www.raspberrypi.com/software/operating-systems/'

/** The base image of a build, and where it was set. */
export interface ChosenImage {
  readonly path: string
  readonly origin: Origin
}

/**
 * `--image`, else the cluster file's, else `PIIMG_IMAGE`, else the only base image in the folder.
 * @param isCard recognises the images that piimg built itself, which are never used
 * @throws {UserError}
 */
export function chooseImage(
  place: Place,
  { option, file }: { readonly option?: string | undefined; readonly file?: Placed | undefined },
  isCard: (path: string) => boolean,
): ChosenImage {
  const variable = place.environment['PIIMG_IMAGE']
  if (option !== undefined) return checked(option, commandLine('--image'))
  if (file !== undefined) return checked(file.text, file.origin)
  if (variable !== undefined && variable !== '')
    return checked(variable, { file: 'environment', key: 'PIIMG_IMAGE' })
  const found = readdirSync(place.folder)
    .filter((name) => imageNames.test(name))
    .map((name) => join(place.folder, name))
    .filter((path) => !isCard(path))
  const [only, ...others] = found
  if (only !== undefined && others.length === 0) return { path: only, origin: { file: only } }
  const what =
    only === undefined
      ? 'no base image is given, and none is in this folder'
      : `${found.length} base images are in this folder`
  const hint =
    only === undefined
      ? `download Raspberry Pi OS Lite from ${page} into this folder, or give --image FILE`
      : 'choose one: --image FILE'
  throw problem(commandLine('--image'), what, hint)
}

/** A path on this computer; piimg cannot download images yet. */
function checked(text: string, origin: Origin): ChosenImage {
  if (/^[a-z]+:\/\//i.test(text)) {
    throw problem(origin, `${text} is a URL, but piimg needs a file`, 'download it, then give the file')
  }
  if (existsSync(text)) return { path: text, origin }
  if (/^[a-z0-9-]+$/i.test(text)) {
    throw problem(origin, `no file "${text}"; image names are not supported yet`, `download it from ${page}`)
  }
  throw problem(
    origin,
    `no file ${text}`,
    'give the path of an .img file, or of one compressed with xz, zstd, gzip or zip',
  )
}

function problem(where: Origin, what: string, hint: string): UserError {
  return new UserError([error(where, what, hint)])
}
