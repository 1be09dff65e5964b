/** The fields of a node that a template can print. */
export const nodeFields = [
  'hostname',
  'fqdn',
  'aliases',
  'role',
  'profile',
  'ip',
  'mac',
  'reserved',
  'serial',
  'board',
  'number',
  'index',
] as const

/** A node of a list: those fields, and what its overlays publish. */
export type NodeRecord = Readonly<Record<string, string>> & { readonly hostname: string }
