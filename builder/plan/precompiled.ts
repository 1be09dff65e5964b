/** A template that was read and compiled while piimg was bundled. */
export interface Precompiled {
  /** What `checkTemplate` looks at, as JSON: statements with their lines, without texts. */
  readonly program: string
  readonly names: readonly string[]
  readonly specification: TemplateSpecification
}

/** piimg's own templates by their text; `scripts/bundle.ts` fills this in, as reading them takes longer than a plan. */
export const precompiled: ReadonlyMap<string, Precompiled> = new Map()
