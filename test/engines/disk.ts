import { posix } from 'node:path'
import { wholeOf } from '../../builder/model/content.js'
import type { placeEntries } from '../../builder/engines/placement.js'
import type { PracticeEntry } from '../../scripts/practice/tree.js'

export type Step = ReturnType<typeof placeEntries>[number]

/**
 * A root partition in memory which refuses every step that debugfs or the kernel would refuse, and every path that is
 * not real: each folder on the way has to be there, and none may be a symbolic link.
 */
export class Disk {
  readonly #entries: Map<string, PracticeEntry>

  constructor(entries: readonly PracticeEntry[]) {
    this.#entries = new Map(entries.map((entry) => [entry.path, entry]))
  }

  /** Parents before children. */
  entries(): PracticeEntry[] {
    return [...this.#entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  at(path: string): PracticeEntry | undefined {
    return this.#entries.get(path)
  }

  take(step: Step): void {
    this.#isReal(step.path)
    const present = this.at(step.path)
    switch (step.do) {
      case 'rename':
        this.#isReal(step.to)
        need(present !== undefined && this.at(step.to) === undefined, step)
        this.#move(step.path, step.to)
        break
      case 'unlink':
        need(present !== undefined && present.kind !== 'directory', step)
        this.#entries.delete(step.path)
        break
      case 'rmdir':
        need(present?.kind === 'directory' && this.#below(step.path).length === 0, step)
        this.#entries.delete(step.path)
        break
      case 'own':
        need(present?.kind === 'directory', step)
        this.#put(step.path, 'directory', step)
        break
      case 'mkdir':
        need(present === undefined, step)
        this.#put(step.path, 'directory', step)
        break
      case 'write':
        need(present === undefined, step)
        this.#put(step.path, 'file', step)
        break
      case 'symlink':
        need(present === undefined, step)
        this.#entries.set(step.path, {
          path: step.path,
          kind: 'symlink',
          mode: 0o777,
          uid: 0,
          gid: 0,
          target: step.target,
        })
    }
  }

  #put(
    path: string,
    kind: 'file' | 'directory',
    step: Step & { readonly do: 'own' | 'mkdir' | 'write' },
  ): void {
    const content = step.do === 'write' ? { content: bytesOf(step) } : {}
    this.#entries.set(path, { path, kind, mode: step.mode, ...step.owner, ...content })
  }

  #move(from: string, to: string): void {
    for (const path of [from, ...this.#below(from)]) {
      const entry = this.#entries.get(path)
      this.#entries.delete(path)
      const moved = to + path.slice(from.length)
      if (entry !== undefined) this.#entries.set(moved, { ...entry, path: moved })
    }
  }

  #below(path: string): string[] {
    return [...this.#entries.keys()].filter((other) => other.startsWith(`${path}/`))
  }

  #isReal(path: string): void {
    if (!path.startsWith('/') || path === '/' || posix.normalize(path) !== path)
      throw new Error(`${path} is not a path`)
    for (let folder = posix.dirname(path); folder !== '/'; folder = posix.dirname(folder)) {
      if (this.at(folder)?.kind !== 'directory')
        throw new Error(`${path}: ${folder} is ${this.at(folder)?.kind ?? 'nothing'}`)
    }
  }
}

function bytesOf(step: Step & { readonly do: 'write' }): Buffer {
  return wholeOf(step.content)
}

function need(isPossible: boolean, step: Step): void {
  if (!isPossible) throw new Error(`${step.do} ${step.path} is impossible here`)
}
