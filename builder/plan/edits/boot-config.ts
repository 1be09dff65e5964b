import { block } from './block.js'

/**
 * Lines at the end of config.txt, under [all]: a filter such as [pi4] or [cm5] applies until the next one, and the
 * stock file may end inside a filter. Source: raspberrypi.com, "config.txt", "Conditional filters".
 */
export function bootConfig(text: string, { lines }: { readonly lines: string }): string {
  // Lines that raspi-config adds later must not be inside a filter of these lines either.
  const end = /^\s*\[/m.test(lines) ? '\n[all]' : ''
  return block(text, { name: 'boot_config', text: lines.trim() === '' ? '' : `[all]\n${lines}${end}` })
}
