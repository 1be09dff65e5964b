import type { Origin } from './problem.js'
import type { Variable } from './variable.js'

export type PartitionName = 'boot' | 'root'

/** A condition of `overlay.ini`: a fact or variable that is (not) set, or equals a word. */
export interface Condition {
  readonly name: string
  readonly equals?: string
  readonly negated: boolean
  /** Only of `[overlay] when`, which is part of every statement. */
  readonly origin?: Origin
}

/** Conditions of which one alternative must hold, in which each must hold; without any, it always holds. */
export type When = readonly (readonly Condition[])[]

/** Text that can contain `{{variables}}`, and its place. */
export interface TemplateText {
  readonly text: string
  readonly origin: Origin
}

interface Item {
  readonly partition: PartitionName
  /** Absolute inside its partition; can contain `{{variables}}`. */
  readonly path: TemplateText
  readonly when: When
  readonly origin: Origin
}

/** `root`, `user` (the node's user) or `UID:GID`. */
export type OwnerWord = string

export interface FileItem extends Item {
  readonly kind: 'file'
  readonly mode: number
  readonly owner: OwnerWord
  /** The bytes as they are, or a template. */
  readonly content: Buffer | TemplateText
  /** Whether it can replace another overlay's file. */
  readonly replaces: boolean
}

/** A file of the base image under another name; ignored if the base image does not have it. */
export interface CopyItem extends Item {
  readonly kind: 'copy'
  readonly mode: number
  readonly owner: OwnerWord
  /** On the root partition. */
  readonly from: TemplateText
}

export interface DirectoryItem extends Item {
  readonly kind: 'directory'
  readonly mode: number
  readonly owner: OwnerWord
}

export interface LinkItem extends Item {
  readonly kind: 'link'
  readonly target: TemplateText
  readonly replaces: boolean
}

export interface RemovalItem extends Item {
  readonly kind: 'removal'
  /** Only text files with such a line. */
  readonly line?: RegExp
}

/** A new name in the same folder. */
export interface MoveItem extends Item {
  readonly kind: 'move'
  readonly to: TemplateText
}

/** A change of a text that the base image (or an earlier overlay) holds. */
export interface EditItem extends Item {
  readonly kind: 'edit'
  /** The name of a function in `plan/edits/`. */
  readonly edit: string
  readonly parameters: Readonly<Record<string, TemplateText>>
  /** Mode and owner if the file has to be made; undefined: a missing file is not created. */
  readonly create?: { readonly mode: number; readonly owner: OwnerWord }
}

export type OverlayItem = FileItem | CopyItem | DirectoryItem | LinkItem | RemovalItem | MoveItem | EditItem

/** Words or lines that an overlay adds to a list variable, such as `kernel_args`. */
export interface Append {
  readonly variable: string
  readonly value: TemplateText
  /** Whether nothing is added where no overlay of the node declares the list; otherwise that is a problem. */
  readonly isOptional: boolean
  readonly when: When
  readonly origin: Origin
}

/** Nodes of the cluster that an overlay needs to know: `[nodes NAME]`. */
export interface NodeList {
  readonly name: string
  readonly summary: string
  /** Over `overlay`, `group`, and the fields of a node. */
  readonly where: When
  /** How many there must be. */
  readonly least: number
  readonly most: number
  /** The fields that its nodes have besides those of all. */
  readonly published: readonly string[]
  readonly origin: Origin
}

/** A condition that the base image must meet for this overlay. */
export interface Requirement {
  readonly severity: 'error' | 'warning'
  readonly when: When
  /** A path of the base image that must exist; undefined: `when` alone decides. */
  readonly path?: TemplateText
  readonly what: TemplateText
  readonly hint?: TemplateText
  readonly origin: Origin
}

/** One capability as a folder: `overlay.ini`, and the trees `boot/` and `root/` (`root@FACT/` where a fact holds). */
export interface Overlay {
  readonly name: string
  readonly folder: string
  readonly summary: string
  /** Overlays that the node must have, too, each with the place that says so. */
  readonly needs: readonly { readonly text: string; readonly origin: Origin }[]
  /** Things of which a node has one, such as `dns-server`. */
  readonly provides: readonly string[]
  readonly variables: readonly Variable[]
  /** The variables that the overlays in `needs` declare open. */
  readonly opened: readonly Variable[]
  /**
   * What would have to be written for this overlay to read others' variables: `open NAME` of those that it needs,
   * `publish NAME` of those that its lists of nodes ask for.
   */
  readonly closed: ReadonlyMap<string, string>
  readonly lists: readonly NodeList[]
  readonly items: readonly OverlayItem[]
  readonly appends: readonly Append[]
  readonly requirements: readonly Requirement[]
  /** Paths on the root partition that this overlay can write, although a package may contain them. */
  readonly allowed: readonly string[]
}

/** What a kind of node is for: overlays in the order in which they apply, and values of variables. */
export interface Profile {
  readonly name: string
  readonly file: string
  readonly summary: string
  readonly extends?: string
  /** Names; with a `~` in front, of one that is taken away. */
  readonly overlays: readonly { readonly text: string; readonly origin: Origin }[]
  readonly values: readonly {
    readonly name: string
    readonly text: string
    readonly origin: Origin
  }[]
}
