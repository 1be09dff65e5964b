import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Script } from 'node:vm'

type Run = (
  exports: object,
  require: (name: string) => unknown,
  module: { exports: object },
  folder: string,
) => void

/**
 * A program in one file: an object with a function for each of its modules, as CommonJS runs them. What V8 has compiled
 * of it is in `FILE.compiled`.
 */
export class CompiledProgram {
  readonly #file: string
  readonly #script: Script
  readonly #modules: Readonly<Record<string, Run>>
  readonly #loaded = new Map<string, { exports: object }>()

  constructor(file: string) {
    const compiled = `${file}.compiled`
    this.#file = file
    // `scripts/bundle.ts` writes it in ASCII: as UTF-8, Node takes twice the time to read it.
    this.#script = new Script(readFileSync(file, 'latin1'), {
      filename: file,
      ...(existsSync(compiled) ? { cachedData: readFileSync(compiled) } : {}),
    })
    this.#modules = this.#script.runInThisContext() as Readonly<Record<string, Run>>
  }

  /** @param name such as `./program.cjs`; anything else is a module of Node */
  load(name: string): unknown {
    const run = this.#modules[name]
    if (run === undefined) return process.getBuiltinModule(name)
    const known = this.#loaded.get(name)
    if (known !== undefined) return known.exports
    const module = { exports: {} }
    this.#loaded.set(name, module)
    run(module.exports, (wanted) => this.load(wanted), module, dirname(this.#file))
    return module.exports
  }

  /**
   * Keeps what V8 has compiled up to now. V8 takes it only in the same version with the same flags, and for a source of
   * the same length: the program that writes a new one removes the old file.
   */
  save(): void {
    writeFileSync(`${this.#file}.compiled`, this.#script.createCachedData())
  }
}
