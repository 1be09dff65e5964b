import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { constants, Script } from 'node:vm'

/** The bundle's files, as CommonJS loads them, each with what V8 has compiled of it (`NAME.compiled`) if it fits this Node. */
export class CompiledModules {
  readonly #folder: string
  readonly #nodeRequire: NodeJS.Require
  readonly #modules = new Map<string, { exports: unknown }>()
  readonly #scripts = new Map<string, Script>()

  constructor(folder: string) {
    this.#folder = folder
    this.#nodeRequire = createRequire(join(folder, 'main.cjs'))
  }

  /** @param name such as `./program.cjs`; anything else is a module of Node */
  load(name: string): unknown {
    if (!name.startsWith('./')) return this.#nodeRequire(name)
    const known = this.#modules.get(name)
    if (known !== undefined) return known.exports
    const module = { exports: {} }
    this.#modules.set(name, module)
    const path = join(this.#folder, name)
    const run = this.#compile(path).runInThisContext() as (...given: unknown[]) => void
    run(module.exports, (wanted: string) => this.load(wanted), module, path, dirname(path))
    return module.exports
  }

  /**
   * Keeps what V8 has compiled up to now. V8 takes it only in the same version with the same flags, and for a source of
   * the same length: the program that writes new modules removes the old files.
   */
  save(): void {
    for (const [path, script] of this.#scripts) writeFileSync(`${path}.compiled`, script.createCachedData())
  }

  #compile(path: string): Script {
    const compiled = `${path}.compiled`
    const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, 'utf8')}\n})`
    const script = new Script(source, {
      filename: path,
      // `import()` of a module of Node fails without it.
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      ...(existsSync(compiled) ? { cachedData: readFileSync(compiled) } : {}),
    })
    this.#scripts.set(path, script)
    return script
  }
}
