/** Replaces a file by one line: for file names that a checkout on Windows cannot have in an overlay's tree. */
export function text(_: string, { text: line }: { readonly text: string }): string {
  return `${line}\n`
}
