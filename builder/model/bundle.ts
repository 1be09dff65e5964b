import type { Content } from './content.js'

/** A package as `packages.lock` names it. */
export interface LockedPackage {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** SHA-256 of the .deb, in hex. */
  readonly sha256: string
  /** Size of the .deb, in bytes. */
  readonly size: number
}

/** A locked package with its bytes, whose hash was verified. */
export interface BundledPackage extends LockedPackage {
  /** Its control file, deb-control(5). */
  readonly control: string
  readonly deb: Content
}

/** All packages that a node installs and that its base image lacks, sorted by name. */
export type Bundle = readonly BundledPackage[]

/** The packages that a set of requested ones needs, on one base image. */
export interface LockedSet {
  /** Sorted. */
  readonly wanted: readonly string[]
  /** Sorted by name. */
  readonly packages: readonly LockedPackage[]
}

/** `packages.lock`. */
export interface PackagesLock {
  /** A hash of everything in the base image that apt's result depends on. */
  readonly base: string
  readonly sets: readonly LockedSet[]
}
