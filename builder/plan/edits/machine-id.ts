/**
 * Takes the ID out of machine-id(5). `unset` is what the release ships: nothing, or `uninitialized`, with which systemd
 * treats the next boot as the first one.
 */
export function machineId(text: string, { unset = '' }: { readonly unset?: string }): string {
  const id = text.trim()
  if (id === '') return text
  if (id === 'uninitialized') return `${id}\n`
  return unset === '' ? '' : `${unset}\n`
}
