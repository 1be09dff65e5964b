import type { FinishedNode } from './finished-node.js'

/** The words of the kernel command line, in order; the firmware reads the first line of cmdline.txt only. */
export function kernelWords({ boot }: FinishedNode): readonly string[] {
  const [line = ''] = (boot.text(commandLineFile) ?? '').split('\n')
  return line.split(/\s+/).filter((word) => word !== '')
}

export const commandLineFile = '/cmdline.txt'

/** The value of a word `name=value`; of several the last one counts, for the kernel and for systemd. */
export function kernelWord(node: FinishedNode, name: string): string | undefined {
  return kernelWords(node)
    .findLast((word) => word.startsWith(`${name}=`))
    ?.slice(name.length + 1)
}
