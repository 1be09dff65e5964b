import type { Content } from './content.js'

/** A package as `packages.lock` names it. */
export interface LockedPackage {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** Of the .deb, in hex. */
  readonly sha256: string
  /** Of the .deb, in bytes. */
  readonly size: number
}

/** A locked package with its bytes, whose hash was looked at. */
export interface BundledPackage extends LockedPackage {
  /** Its control file, deb-control(5). */
  readonly control: string
  readonly deb: Content
}

/** All packages that one node installs and its base image has not, sorted by name. */
export type Bundle = readonly BundledPackage[]

/** Which packages follow from a set of wanted ones, on one base image. */
export interface LockedSet {
  /** Sorted. */
  readonly wanted: readonly string[]
  /** Sorted by name. */
  readonly packages: readonly LockedPackage[]
}

/** `packages.lock`. */
export interface PackagesLock {
  /** A hash of all in the base image that apt goes by. */
  readonly base: string
  readonly sets: readonly LockedSet[]
}
