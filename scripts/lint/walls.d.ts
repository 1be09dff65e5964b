export const mayImport: Readonly<Record<string, readonly string[]>>
export const doors: Readonly<Record<string, string>>
export const processModules: readonly string[]
export const impureModules: readonly string[]
export const pureFolders: readonly string[]
