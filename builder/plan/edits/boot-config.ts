import { block } from './block.js'
import { closing, scopesOf } from './dtoverlay-scope.js'

const name = 'boot_config'

/**
 * Lines at the end of config.txt, under [all] and outside every dtoverlay: a filter such as [pi4] or [cm5] applies until
 * the next one, and the stock file may end inside a filter; a `dtparam` is one of the last dtoverlay, over section headers
 * too, until an empty `dtoverlay=`. Source: raspberrypi.com, "config.txt", "Conditional filters"; "Device Trees", 3.2.
 */
export function bootConfig(text: string, { lines }: { readonly lines: string }): string {
  if (lines.trim() === '') return block(text, { name, text: '' })
  const [before = ''] = text.split(`# begin piimg ${name}\n`)
  const outside = scopesOf(before)
  const inside = scopesOf(lines)
  const isAll = outside.isAll || inside.isAll
  const begin = inside.beginsWithParameter ? closing(outside) : []
  // Lines that raspi-config adds later must not be inside a filter or a dtoverlay of these lines either.
  const end = closing({ ...inside, isAll })
  const all = /^\s*\[/m.test(lines) ? ['[all]'] : []
  const body = [
    ...(outside.isAll ? ['[all]', ...begin] : [...begin, '[all]']),
    lines,
    ...(isAll ? [...all, ...end] : [...end, ...all]),
  ]
  return block(text, { name, text: body.join('\n') })
}
