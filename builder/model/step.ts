import type { Content } from './content.js'
import type { Owner } from './plan.js'

/** One step of writing a root partition; every path is real: no part of it is a symbolic link. */
export type Step =
  | { readonly do: 'rename'; readonly path: string; readonly to: string }
  | { readonly do: 'unlink'; readonly path: string }
  | { readonly do: 'rmdir'; readonly path: string }
  | { readonly do: 'mkdir'; readonly path: string; readonly mode: number; readonly owner: Owner }
  /** Sets mode and owner of an existing folder. */
  | { readonly do: 'own'; readonly path: string; readonly mode: number; readonly owner: Owner }
  | {
      readonly do: 'write'
      readonly path: string
      readonly mode: number
      readonly owner: Owner
      readonly content: Content
    }
  | { readonly do: 'symlink'; readonly path: string; readonly target: string }

/** One step of writing a boot partition; missing parent folders are created, and names are case-insensitive. */
export type BootStep =
  | { readonly do: 'write'; readonly path: string; readonly content: Content }
  | { readonly do: 'remove'; readonly path: string }
