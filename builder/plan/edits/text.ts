/** A file of one line, whatever it held: for names that a checkout on Windows could not hold in an overlay's tree. */
export function text(_: string, { text: line }: { readonly text: string }): string {
  return `${line}\n`
}
